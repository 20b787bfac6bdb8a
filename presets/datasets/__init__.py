"""The datasets that ship, one file each; importing this enters them in the list of datasets."""

from presets.datasets import digits, moons, posts, questions, sentences, spirals

DATASETS = {
    dataset.name: dataset
    for dataset in (
        spirals.DATASET,
        moons.DATASET,
        digits.DATASET,
        questions.DATASET,
        posts.DATASET,
        sentences.DATASET,
    )
}
