"""Sprites: the pictures that rows of the data are, made small: each by itself, or all of them on one sheet."""

from __future__ import annotations

import base64
import math

import numpy as np
import tensorflow as tf

from components.inside.layer_points import OpenRun, is_image, to_pixels

SPRITE = 32
"""Pixels of a picture's side."""


def pictures_of(opened: OpenRun, rows: np.ndarray, split: str = "validation") -> np.ndarray | None:
    """The pictures that these rows are, uint8 [rows, side, side, channels]; None where data are no pictures."""
    x = opened.splits[split][0]
    images = next((array for array in (x if isinstance(x, list) else [x]) if is_image(array)), None)
    if images is None or not len(rows):
        return None
    pixels = to_pixels(images[rows])
    small = tf.image.resize(pixels, [SPRITE, SPRITE], "area" if pixels.shape[1] > SPRITE else "nearest")
    return np.asarray(small).round().astype(np.uint8)


def sheet_of(pictures: np.ndarray) -> bytes:
    """A PNG of all pictures row by row, on a square sheet of SPRITE pixels each."""
    side = math.ceil(math.sqrt(len(pictures)))
    sheet = np.zeros((side * SPRITE, side * SPRITE, pictures.shape[-1]), np.uint8)
    for place, picture in enumerate(pictures):
        top, left = (place // side) * SPRITE, (place % side) * SPRITE
        sheet[top : top + SPRITE, left : left + SPRITE] = picture
    return bytes(tf.io.encode_png(sheet).numpy())


def png_of(picture: np.ndarray) -> str:
    """A picture, uint8 [height, width, channels], as an address that carries it."""
    return "data:image/png;base64," + base64.b64encode(tf.io.encode_png(picture).numpy()).decode()
