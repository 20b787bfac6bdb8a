"""Stereo: a Keras model, exported from Layerloom."""

import keras
from keras import layers

SEED = 0


def build_eye():
    """Return the untrained model: image in, flat out."""
    image = keras.Input(shape=(16, 16, 3), name="image")
    edges = layers.Conv2D(8, (3, 3), strides=(2, 2), padding="same", name="edges")(
        image
    )
    flat = layers.Flatten(name="flat")(edges)

    return keras.Model(inputs=image, outputs=flat, name="eye")


def build_up(name="up"):
    """Return the untrained model: features in, small, large out."""
    features = keras.Input(shape=(512,), name="features")
    small = layers.Dense(4, name="small")(features)
    large = layers.Dense(6, name="large")(features)

    return keras.Model(inputs=features, outputs=[small, large], name=name)


def build_model():
    """Return the untrained model: left, right in, depth, up out."""
    left = keras.Input(shape=(16, 16, 3), name="left")
    right = keras.Input(shape=(16, 16, 3), name="right")

    shared_eye = build_eye()
    eye = shared_eye(left)
    eye_right = shared_eye(right)
    up, up_1 = build_up()(eye)
    down, down_1 = build_up(name="down")(eye_right)
    near = layers.Concatenate(name="near")([up, down, down_1])
    depth = layers.Dense(1, name="depth")(near)

    return keras.Model(inputs=[left, right], outputs=[depth, up_1], name="stereo")


def main():
    """Show the model."""
    keras.utils.set_random_seed(SEED)
    model = build_model()
    model.summary()
    # Choose data in the dashboard, and compile and fit appear here.


if __name__ == "__main__":
    main()
