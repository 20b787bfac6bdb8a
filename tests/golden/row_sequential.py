"""Row: a Keras model, exported from Layerloom."""

import keras
from keras import layers

SEED = 0


def build_model():
    """Return the untrained model: series in, rest_3 out."""
    return keras.Sequential(
        [
            keras.Input(shape=(8,), name="series"),
            *[
                layers.Dense(
                    8,
                    activation="sigmoid",
                    bias_initializer="ones",
                    name=f"deep_{number}",
                )
                for number in range(10)
            ],
            *[layers.ReLU(name=f"bend{number}") for number in range(1, 10)],
            layers.Dropout(0.5, name="rest_1"),
            layers.Dropout(0.5, name="rest_2"),
            layers.Dropout(0.5, name="rest_3"),
        ],
        name="row",
    )


def main():
    """Show the model."""
    keras.utils.set_random_seed(SEED)
    model = build_model()
    model.summary()
    # Choose data in the dashboard, and compile and fit appear here.


if __name__ == "__main__":
    main()
