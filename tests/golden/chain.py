"""A chain: a Keras model, exported from Layerloom."""

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
    y = targets["answer"]
    return x, y


def build_model():
    """Return the untrained model: text in, answer out."""
    text = keras.Input(shape=(12,), name="text")
    hidden = layers.Dense(32, activation="relu", name="hidden")(text)
    rest = layers.Dropout(0.2, name="rest")(hidden)
    answer = layers.Dense(7, activation="softmax", name="answer")(rest)

    return keras.Model(inputs=text, outputs=answer, name="a_chain")


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
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    model.fit(
        x_train,
        y_train,
        validation_data=(x_validation, y_validation),
        epochs=2,
        batch_size=32,
    )

    results = model.evaluate(x_test, y_test, verbose=0, return_dict=True)
    for name, value in results.items():
        print(f"test {name}: {value:.4f}")


if __name__ == "__main__":
    main()
