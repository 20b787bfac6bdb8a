from __future__ import annotations

import keras


def build(units: list[int], classes: int = 3, *, rate: float = 0.2) -> keras.Model:
    """A stack of dense layers."""
    inputs: keras.KerasTensor = keras.Input(shape=(9,))
    x = inputs
    for index, size in enumerate(units, start=1):
        x = keras.layers.Dense(size, activation="relu", name=f"hidden_{index:02d}")(x)
        x = keras.layers.Dropout(rate=rate)(x)
    return keras.Model(inputs=[inputs], outputs=[keras.layers.Dense(classes)(x)])


model = build([18, 9], rate=0.1)
