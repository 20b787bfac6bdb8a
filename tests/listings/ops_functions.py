import keras
from keras import layers, ops

a = keras.Input((6,))
b = keras.Input((6,))
x = ops.concatenate([layers.Dense(3)(a), layers.Dense(3)(b)], axis=-1)
x = keras.activations.relu(x)
x = ops.add(x, layers.Dense(6)(x))
model = keras.Model([a, b], layers.Dense(1)(x))
