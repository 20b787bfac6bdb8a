import keras
from keras.layers import Conv1D, Dense, GlobalMaxPooling1D, Embedding

PARAMS = dict(filters=32, kernel_size=7, activation="relu")
HPARAMS = {"vocab": 2000, "dim": 16, "classes": 4}

model = keras.Sequential(name="params")
model.add(keras.layers.InputLayer(shape=(100,)))
model.add(Embedding(HPARAMS["vocab"], HPARAMS["dim"]))
model.add(Conv1D(**PARAMS))
model.add(GlobalMaxPooling1D())
model.add(Dense(HPARAMS.get("classes", 2), activation="softmax"))
