from keras import Input, Model, layers

x = inputs = Input((128,))
units = 64
while units >= 8:
    x = layers.Dense(units, activation="gelu")(x)
    units //= 2
model = Model(inputs, x)
