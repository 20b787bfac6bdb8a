import keras
from keras import layers

z_in = keras.Input((12,))
mean = layers.Dense(3, name="mean")(z_in)
spread = layers.Dense(3, name="spread")(z_in)
encoder = keras.Model(z_in, [mean, spread], name="encoder")
x_in = keras.Input((12,))
m, s = encoder(x_in)
model = keras.Model(x_in, layers.Dense(12)(layers.Concatenate()([m, s])))
