import keras
from keras import layers

x = inp = keras.Input((8, 6))
x = layers.Permute((2, 1))(x)
x = layers.Reshape((6, 4, 2))(x)
x = layers.ZeroPadding2D(1)(x)
x = layers.Cropping2D(((1, 0), (0, 1)))(x)
x = layers.UpSampling2D((2, 2))(x)
x = layers.SpatialDropout2D(0.1)(x)
x = layers.Conv2D(4, (3, 3), strides=(2, 2))(x)
model = keras.Model(inp, layers.Flatten()(x))
