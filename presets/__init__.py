"""What ships to start from; importing it enters the datasets in the list where every module finds them."""

from presets.architectures import ARCHITECTURES
from presets.blocks import BLOCKS
from presets.datasets import DATASETS
from presets.lessons import LESSONS

__all__ = ["ARCHITECTURES", "BLOCKS", "DATASETS", "LESSONS"]
