import keras
from keras import layers

image = keras.Input((28, 28, 1))
x = image / 255.0
x = layers.Conv2D(8, 3)(x)
x = layers.Flatten()(x) * 0.5 + 1.0
model = keras.Model(image, layers.Dense(10)(x))
