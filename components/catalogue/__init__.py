"""The catalogue of layers: one module of entries for each of Keras's groups."""

from components.catalogue import (
    activation,
    attention,
    augmentation,
    convolution,
    core,
    merging,
    normalization,
    pooling,
    preprocessing,
    recurrent,
    regularization,
    reshaping,
    wrappers,
)

KINDS = (
    *core.KINDS,
    *convolution.KINDS,
    *pooling.KINDS,
    *recurrent.KINDS,
    *wrappers.KINDS,
    *normalization.KINDS,
    *regularization.KINDS,
    *attention.KINDS,
    *reshaping.KINDS,
    *merging.KINDS,
    *activation.KINDS,
    *preprocessing.KINDS,
    *augmentation.KINDS,
)
"""Every layer that can be placed, in the order of the palette."""
