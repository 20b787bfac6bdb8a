"""Siamese LSTM: a Keras model, exported from Layerloom."""

import keras
from keras import layers

SEED = 0


def build_model():
    """Return the untrained model: left, right in, related out."""
    left = keras.Input(shape=(5, 8), name="left")
    right = keras.Input(shape=(5, 8), name="right")

    shared_reader = layers.LSTM(32, name="reader")
    reader = shared_reader(left)
    reader_right = shared_reader(right)
    both = layers.Concatenate(name="both")([reader, reader_right])
    related = layers.Dense(1, activation="sigmoid", name="related")(both)

    return keras.Model(inputs=[left, right], outputs=related, name="siamese_lstm")


def main():
    """Show the model."""
    keras.utils.set_random_seed(SEED)
    model = build_model()
    model.summary()
    # Choose data in the dashboard, and compile and fit appear here.


if __name__ == "__main__":
    main()
