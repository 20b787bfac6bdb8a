from keras import layers, Model, Input

inp = Input(shape=(20,))
x = inp
for i in range(5):
    x = layers.Dense(2 ** (i + 3), activation="relu", name=f"dense_{i}")(x)
    if i % 2 == 0:
        x = layers.Dropout(0.1 * (i + 1))(x)
model = Model(inp, layers.Dense(1)(x))
