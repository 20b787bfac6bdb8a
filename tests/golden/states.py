"""States: a Keras model, exported from Layerloom."""

import keras
from keras import layers

SEED = 0


def build_model():
    """Return the untrained model: series in, flat out."""
    series = keras.Input(shape=(None, 4), name="series")
    rnn, _, rnn_2 = layers.LSTM(
        8, recurrent_dropout=0.1, return_state=True, name="rnn"
    )(series)
    merged = layers.Average(name="merged")([rnn, rnn_2])
    norm = layers.LayerNormalization(axis=(-1,), epsilon=1e-06, name="norm")(merged)
    wide = layers.Reshape((-1, 2), name="wide")(norm)
    scaled = layers.Rescaling(0.00392156862745098, name="scaled")(wide)
    flat = layers.Flatten(name="flat")(scaled)

    return keras.Model(inputs=series, outputs=flat, name="states")


def main():
    """Show the model."""
    keras.utils.set_random_seed(SEED)
    model = build_model()
    model.summary()
    # Choose data in the dashboard, and compile and fit appear here.


if __name__ == "__main__":
    main()
