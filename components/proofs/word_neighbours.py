"""Whether words that do the same work are neighbours in an embedding, before training and after."""

from __future__ import annotations

import numpy as np

from components.building import build_model
from components.datasets import load_dataset, named_dataset
from components.experiment import Experiment
from components.graph import Json
from components.proofs.exhibit import bars, exhibit
from components.proofs.fitting import fit, read_all


def prove_json(experiments: list[Json], options: Json) -> Json:
    """Of the option `layer`: the share of words whose nearest neighbour tells of the same class.

    A word tells of the class in whose texts it stands most often; words that stand in all alike are left out.
    """
    experiment, layer = read_all(experiments)[0], str(options["layer"])
    words, classes = telling_words(experiment)
    fitted = fit(experiment, epochs=int(options.get("epochs", 10)))
    models = {"before training": build_model(experiment.graph, seed=experiment.seed), "after training": fitted.model}
    near = {when: neighbours(model.get_layer(layer).get_weights()[0][words]) for when, model in models.items()}
    shares = {when: float(np.mean(classes[found] == classes)) for when, found in near.items()}
    before, after = shares.values()
    vocabulary = named_dataset(experiment.data.dataset, experiment.data.config).vocabulary
    assert vocabulary is not None
    names = next(iter(vocabulary().values()))
    shown = np.random.default_rng(0).permutation(len(words))[:8]
    return exhibit(
        after > 0.8 and after > before + 0.3,
        "The nearest neighbour is a word of the same family for {before:.0%} of {count} words before training, and for "
        "{after:.0%} after it.",
        {"before": before, "after": after, "count": len(words)},
        charts=[bars("Nearest neighbours of the same family", "", "share", list(shares), {"share": list(shares.values())})],
        columns=("word", "nearest before training", "nearest after training"),
        rows=[(names[words[n]], *(names[words[found[n]]] for found in near.values())) for n in shown],
    )  # fmt: skip


def telling_words(experiment: Experiment) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of the words that stand in the texts of one class above all, and that class."""
    data = experiment.data
    inputs, targets = load_dataset(data.dataset, data.config, experiment.data_seed)["train"]
    texts, labels = next(iter(inputs.values())), np.ravel(next(iter(targets.values())))
    counts = np.zeros((int(texts.max()) + 1, int(labels.max()) + 1))
    np.add.at(counts, (texts, labels[:, None]), 1)
    counts[0] = 0  # the padding
    most = counts.max(axis=1)
    words = np.flatnonzero(most > 0.5 * np.maximum(counts.sum(axis=1), 1))
    return words, counts[words].argmax(axis=1)


def neighbours(vectors: np.ndarray) -> np.ndarray:
    """The place of the nearest other vector, by cosine."""
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    likeness = unit @ unit.T
    np.fill_diagonal(likeness, -2)
    return likeness.argmax(axis=1)
