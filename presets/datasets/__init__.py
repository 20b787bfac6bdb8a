"""The datasets that ship, one file each; importing this makes them known by name."""

from presets.datasets import (
    cancer,
    circles,
    clothes,
    diabetes,
    digits,
    downloaded,
    families,
    images,
    moons,
    novels,
    pictures,
    posts,
    quadrants,
    questions,
    reviews,
    sentences,
    spirals,
    stereo,
    table,
    wine,
)

DATASETS = {
    dataset.name: dataset
    for dataset in (
        spirals.DATASET,
        moons.DATASET,
        circles.DATASET,
        quadrants.DATASET,
        digits.DATASET,
        pictures.DATASET,
        stereo.DATASET,
        questions.DATASET,
        posts.DATASET,
        sentences.DATASET,
        novels.DATASET,
        families.DATASET,
        reviews.DATASET,
        clothes.DATASET,
        wine.DATASET,
        cancer.DATASET,
        diabetes.DATASET,
    )
}

OWN = {dataset.name: dataset for dataset in (table.DATASET, images.DATASET)}
"""What a person brings; these need a file, so no list offers them before there is one."""

DOWNLOADED = downloaded.DOWNLOADED
"""What Keras downloads; offered where it is chosen, for not every machine is online."""
