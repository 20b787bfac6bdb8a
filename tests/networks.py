"""Well-known networks as graphs, with the layer counts and parameters of the originals; for tests and benchmarks."""

from __future__ import annotations

from components.graph import Graph
from components.weaving import Loom


def inception_v3() -> Graph:
    """InceptionV3 with its top: 313 calls, 23,851,784 parameters.

    C. Szegedy et al., "Rethinking the Inception Architecture for Computer Vision", CVPR 2016.
    """
    loom = Loom()
    x = loom.input("image", [299, 299, 3])
    x = convolve(loom, x, 32, 3, strides=2, padding="valid")
    x = convolve(loom, x, 32, 3, padding="valid")
    x = convolve(loom, x, 64, 3)
    x = loom("MaxPooling2D", x, pool_size=3, strides=2)
    x = convolve(loom, x, 80, 1, padding="valid")
    x = convolve(loom, x, 192, 3, padding="valid")
    x = loom("MaxPooling2D", x, pool_size=3, strides=2)
    for pooled in (32, 64, 64):
        x = module_35(loom, x, pooled)
    x = reduce_17(loom, x)
    for width in (128, 160, 160, 192):
        x = module_17(loom, x, width)
    x = reduce_8(loom, x)
    for number in range(2):
        x = module_8(loom, x, number)
    x = loom("GlobalAveragePooling2D", x, name="avg_pool")
    return loom.graph(loom("Dense", x, name="predictions", units=1000, activation="softmax"))


def convolve(loom: Loom, x: str, filters: int, size: int | list[int], **more: object) -> str:
    """Convolution, normalisation, activation."""
    more = {"strides": 1, "padding": "same", **more}
    x = loom("Conv2D", x, filters=filters, kernel_size=size, use_bias=False, **more)
    return loom("ReLU", loom("BatchNormalization", x, scale=False))


def module_35(loom: Loom, x: str, pooled: int) -> str:
    one = convolve(loom, x, 64, 1)
    five = convolve(loom, convolve(loom, x, 48, 1), 64, 5)
    three = convolve(loom, convolve(loom, convolve(loom, x, 64, 1), 96, 3), 96, 3)
    pool = convolve(loom, average(loom, x), pooled, 1)
    return loom("Concatenate", one, five, three, pool)


def average(loom: Loom, x: str) -> str:
    return loom("AveragePooling2D", x, pool_size=3, strides=1, padding="same")


def reduce_17(loom: Loom, x: str) -> str:
    three = convolve(loom, x, 384, 3, strides=2, padding="valid")
    double = convolve(loom, convolve(loom, x, 64, 1), 96, 3)
    double = convolve(loom, double, 96, 3, strides=2, padding="valid")
    return loom("Concatenate", three, double, loom("MaxPooling2D", x, pool_size=3, strides=2))


def module_17(loom: Loom, x: str, width: int) -> str:
    one = convolve(loom, x, 192, 1)
    seven = convolve(loom, convolve(loom, convolve(loom, x, width, 1), width, [1, 7]), 192, [7, 1])
    double = convolve(loom, x, width, 1)
    for filters, size in ((width, [7, 1]), (width, [1, 7]), (width, [7, 1]), (192, [1, 7])):
        double = convolve(loom, double, filters, size)
    return loom("Concatenate", one, seven, double, convolve(loom, average(loom, x), 192, 1))


def reduce_8(loom: Loom, x: str) -> str:
    three = convolve(loom, convolve(loom, x, 192, 1), 320, 3, strides=2, padding="valid")
    seven = convolve(loom, convolve(loom, convolve(loom, x, 192, 1), 192, [1, 7]), 192, [7, 1])
    seven = convolve(loom, seven, 192, 3, strides=2, padding="valid")
    return loom("Concatenate", three, seven, loom("MaxPooling2D", x, pool_size=3, strides=2))


def module_8(loom: Loom, x: str, number: int) -> str:
    one = convolve(loom, x, 320, 1)
    three = convolve(loom, x, 384, 1)
    three = loom("Concatenate", convolve(loom, three, 384, [1, 3]), convolve(loom, three, 384, [3, 1]))
    double = convolve(loom, convolve(loom, x, 448, 1), 384, 3)
    double = loom("Concatenate", convolve(loom, double, 384, [1, 3]), convolve(loom, double, 384, [3, 1]))
    return loom("Concatenate", one, three, double, convolve(loom, average(loom, x), 192, 1))


def xception() -> Graph:
    """Xception with its top: 22,910,480 parameters.

    F. Chollet, "Xception: Deep Learning with Depthwise Separable Convolutions", CVPR 2017.
    """
    loom = Loom()
    x = loom.input("image", [299, 299, 3])
    x = convolve_with_scale(loom, x, 32, strides=2)
    x = convolve_with_scale(loom, x, 64)
    for number, filters in enumerate((128, 256, 728)):
        x = entry_block(loom, x, filters, activate=number > 0)
    for _ in range(8):
        shortcut = x
        for _ in range(3):
            x = separate(loom, loom("ReLU", x), 728)
        x = loom("Add", x, shortcut)
    shortcut = project(loom, x, 1024)
    x = separate(loom, loom("ReLU", separate(loom, loom("ReLU", x), 728)), 1024)
    x = loom("Add", loom("MaxPooling2D", x, pool_size=3, strides=2, padding="same"), shortcut)
    x = loom("ReLU", separate(loom, x, 1536))
    x = loom("ReLU", separate(loom, x, 2048))
    x = loom("GlobalAveragePooling2D", x)
    return loom.graph(loom("Dense", x, name="predictions", units=1000, activation="softmax"))


def convolve_with_scale(loom: Loom, x: str, filters: int, strides: int = 1) -> str:
    x = loom("Conv2D", x, filters=filters, kernel_size=3, strides=strides, use_bias=False)
    return loom("ReLU", loom("BatchNormalization", x))


def entry_block(loom: Loom, x: str, filters: int, activate: bool) -> str:
    shortcut = project(loom, x, filters)
    x = separate(loom, loom("ReLU", x) if activate else x, filters)
    x = separate(loom, loom("ReLU", x), filters)
    return loom("Add", loom("MaxPooling2D", x, pool_size=3, strides=2, padding="same"), shortcut)


def project(loom: Loom, x: str, filters: int) -> str:
    x = loom("Conv2D", x, filters=filters, kernel_size=1, strides=2, padding="same", use_bias=False)
    return loom("BatchNormalization", x)


def separate(loom: Loom, x: str, filters: int) -> str:
    x = loom("SeparableConv2D", x, filters=filters, kernel_size=3, padding="same", use_bias=False)
    return loom("BatchNormalization", x)


def residual_tower(nodes: int) -> Graph:
    """A chain of dense residual blocks with about so many calls, every fourth a shortcut over three."""
    loom = Loom()
    x = loom.input("features", [8])
    for _ in range(max(1, (nodes - 2) // 4)):
        inner = loom("Dense", x, units=8, activation="relu")
        inner = loom("Dropout", inner, rate=0.1)
        x = loom("Add", loom("Dense", inner, units=8), x)
    return loom.graph(loom("Dense", x, units=1))
