"""Blocks: a Keras model, exported from Layerloom."""

import keras
from keras import layers

SEED = 0


def build_model():
    """Return the untrained model: series in, answer out."""
    series = keras.Input(shape=(8,), name="series")
    features = layers.Dense(8, name="features")(series)

    block = features
    for number in range(1, 7):
        block_inner = layers.Dense(8, activation="relu", name=f"block_{number}_inner")(
            block
        )
        block_outer = layers.Dense(8, name=f"block_{number}_outer")(block_inner)
        block = layers.Add(name=f"block_{number}")([block_outer, block, features])

    for number in range(7, 13):
        block_inner = layers.Dense(16, activation="relu", name=f"block_{number}_inner")(
            block
        )
        block_outer = layers.Dense(8, name=f"block_{number}_outer")(block_inner)
        block = layers.Add(name=f"block_{number}")([block_outer, block, features])

    answer = layers.Dense(1, name="answer")(block)

    return keras.Model(inputs=series, outputs=answer, name="blocks")


def main():
    """Show the model."""
    keras.utils.set_random_seed(SEED)
    model = build_model()
    model.summary()
    # Choose data in the dashboard, and compile and fit appear here.


if __name__ == "__main__":
    main()
