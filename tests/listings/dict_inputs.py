import keras
from keras import layers

inputs = {
    "age": keras.Input(shape=(1,), name="age"),
    "income": keras.Input(shape=(1,), name="income"),
    "city": keras.Input(shape=(1,), name="city", dtype="int64"),
}
city = layers.Flatten()(layers.Embedding(50, 8)(inputs["city"]))
x = layers.concatenate([inputs["age"], inputs["income"], city])
x = layers.Dense(16, activation="relu")(x)
model = keras.Model(inputs=inputs, outputs=layers.Dense(1)(x))
