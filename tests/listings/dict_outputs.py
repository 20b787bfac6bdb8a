from keras import Input, Model
from keras.layers import Dense

x_in = Input(shape=(8,))
body = Dense(16, activation="tanh")(x_in)
model = Model(x_in, {"score": Dense(1, name="score")(body), "kind": Dense(3, activation="softmax", name="kind")(body)})
