from keras.models import Sequential, Model
from keras.layers import Dense, Input

latent = 16
g = Sequential([Input((latent,)), Dense(32, activation="relu"), Dense(8)], name="g")
d = Sequential([Input((8,)), Dense(32, activation="relu"), Dense(1, activation="sigmoid")], name="d")
d.compile(loss="binary_crossentropy", optimizer="adam")
d.trainable = False
z = Input((latent,))
model = Model(z, d(g(z)))
model.compile(loss="binary_crossentropy", optimizer="adam")
