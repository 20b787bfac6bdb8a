"""The datasets that ship, one file each; importing this makes them known by name."""

from presets.datasets import (
    cancer,
    circles,
    clothes,
    diabetes,
    digits,
    families,
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
