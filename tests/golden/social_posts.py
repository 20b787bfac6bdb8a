"""Social posts: a Keras model, exported from Layerloom."""

import keras
from keras import layers

SEED = 0


def make_words(seed=0, rows=48, words=50):
    """Texts and questions of random words, and what could be asked of them."""
    import numpy as np

    random = np.random.default_rng(seed)

    def split(count):
        text = random.integers(1, words, (count, 12), dtype="int32")
        question = random.integers(1, words, (count, 5), dtype="int32")
        targets = {"answer": text[:, 0] % 7, "share": (text[:, 1] / words)[:, None]}
        targets["yes"] = (text[:, 2] > question[:, 0]).astype("float32")[:, None]
        return {"text": text, "question": question}, targets

    return {"train": split(rows), "validation": split(16), "test": split(16)}


def select_arrays(inputs, targets):
    """Pick the arrays that the model takes in and those that it is to answer."""
    x = inputs["text"]
    y = {"age": targets["share"], "income": targets["answer"], "gender": targets["yes"]}
    return x, y


def build_model():
    """Return the untrained model: posts in, age, income, gender out."""
    posts = keras.Input(shape=(12,), dtype="int32", name="posts")
    embedded = layers.Embedding(50, 16, name="embedded")(posts)
    features = layers.Conv1D(16, 5, padding="same", activation="relu", name="features")(
        embedded
    )
    strongest = layers.GlobalMaxPooling1D(name="strongest")(features)
    age = layers.Dense(1, name="age")(strongest)
    income = layers.Dense(7, activation="softmax", name="income")(strongest)
    gender = layers.Dense(1, activation="sigmoid", name="gender")(strongest)

    return keras.Model(inputs=posts, outputs=[age, income, gender], name="social_posts")


def main():
    """Train the model and print how it does on data that it has not seen."""
    data = make_words(seed=SEED, words=50)
    x_train, y_train = select_arrays(*data["train"])
    x_validation, y_validation = select_arrays(*data["validation"])
    x_test, y_test = select_arrays(*data["test"])

    keras.utils.set_random_seed(SEED)
    model = build_model()
    model.summary()
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate=0.001),
        loss={
            "age": "mse",
            "income": "sparse_categorical_crossentropy",
            "gender": "binary_crossentropy",
        },
        loss_weights={"age": 0.25, "income": 1.0, "gender": 10.0},
        metrics={"income": ["accuracy"]},
    )
    model.fit(
        x_train,
        y_train,
        validation_data=(x_validation, y_validation),
        epochs=1,
        batch_size=32,
    )

    results = model.evaluate(x_test, y_test, verbose=0, return_dict=True)
    for name, value in results.items():
        print(f"test {name}: {value:.4f}")


if __name__ == "__main__":
    main()
