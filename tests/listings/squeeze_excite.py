import keras
from keras import layers

def squeeze(x, ratio=4):
    channels = keras.backend.int_shape(x)[-1] if hasattr(keras.backend, "int_shape") else x.shape[-1]
    s = layers.GlobalAveragePooling2D()(x)
    s = layers.Dense(channels // ratio, activation="relu")(s)
    s = layers.Dense(channels, activation="sigmoid")(s)
    s = layers.Reshape((1, 1, channels))(s)
    return layers.multiply([x, s])

inp = keras.Input((16, 16, 8))
out = squeeze(layers.Conv2D(32, 3, padding="same")(inp))
model = keras.Model(inp, layers.Flatten()(out))
