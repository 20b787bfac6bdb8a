import keras
from keras import layers

a = keras.Input((16,))
b = keras.Input((16,))
p = layers.Dense(16)(a)
q = layers.Dense(16)(b)
r = p + q
s = p * q
d = p - q
model = keras.Model([a, b], layers.Dense(2)(layers.concatenate([r, s, d])))
