import keras
from keras import layers

whole_in = keras.Input((10,), name="whole_in")
h = layers.Dense(20, name="first")(whole_in)
h = layers.Dense(30, name="second")(h)
whole = keras.Model(whole_in, layers.Dense(2)(h))
model = keras.Model(whole.input, whole.get_layer("second").output)
