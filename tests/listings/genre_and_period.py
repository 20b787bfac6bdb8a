from keras import Input, Model, layers

novel = Input(shape=(None,), dtype="int32", name="novel")
x = layers.Embedding(5000, 48)(novel)
x = layers.Conv1D(48, 7, activation="relu")(x)
x = layers.GlobalMaxPooling1D()(x)
genre = layers.Dense(7, activation="softmax", name="genre")(x)
period = layers.Dense(1, name="period")(x)
model = Model(novel, [genre, period])
model.compile("adam", loss={"genre": "sparse_categorical_crossentropy", "period": "mae"}, loss_weights={"genre": 1.0, "period": 0.1}, metrics={"genre": ["accuracy"]})
