"""Question answering: a Keras model, exported from Layerloom."""

import keras
from keras import layers

SEED = 7


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
    x = [inputs["text"], inputs["question"]]
    y = targets["answer"]
    return x, y


def build_model():
    """Return the untrained model: text, question in, answer out."""
    text = keras.Input(shape=(None,), dtype="int32", name="text")
    embedded_text = layers.Embedding(50, 64, name="embedded_text")(text)
    encoded_text = layers.LSTM(32, name="encoded_text")(embedded_text)

    question = keras.Input(shape=(None,), dtype="int32", name="question")
    embedded_question = layers.Embedding(50, 32, name="embedded_question")(question)
    encoded_question = layers.LSTM(16, name="encoded_question")(embedded_question)

    both = layers.Concatenate(name="both")([encoded_text, encoded_question])
    answer = layers.Dense(7, activation="softmax", name="answer")(both)

    return keras.Model(
        inputs=[text, question], outputs=answer, name="question_answering"
    )


def main():
    """Train the model and print how it does on data that it has not seen."""
    data = make_words(seed=SEED, words=50, rows=64)
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
        epochs=3,
        batch_size=32,
        callbacks=[
            keras.callbacks.EarlyStopping(
                monitor="val_loss", patience=3, restore_best_weights=True
            ),
            keras.callbacks.ModelCheckpoint(filepath="best.keras", save_best_only=True),
        ],
    )

    results = model.evaluate(x_test, y_test, verbose=0, return_dict=True)
    for name, value in results.items():
        print(f"test {name}: {value:.4f}")

    # Inputs can be fed by name, as a dict, just as well.
    inputs, _ = data["test"]
    x_test = {"text": inputs["text"], "question": inputs["question"]}
    predictions = model.predict(x_test, verbose=0)
    print("predictions:", predictions.shape)


if __name__ == "__main__":
    main()
