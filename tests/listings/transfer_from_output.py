from tensorflow.keras.applications import MobileNet
from tensorflow.keras.layers import Dense, GlobalAveragePooling2D
from tensorflow.keras.models import Model

base = MobileNet(weights=None, include_top=False, input_shape=(64, 64, 3), alpha=0.25)
for layer in base.layers[:-6]:
    layer.trainable = False

x = base.output
x = GlobalAveragePooling2D()(x)
x = Dense(128, activation="relu")(x)
predictions = Dense(5, activation="softmax")(x)
model = Model(inputs=base.input, outputs=predictions)
