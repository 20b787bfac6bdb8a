"""The training form's choices are Keras's own, with Keras's own arguments and defaults."""

import inspect

import keras
import numpy as np
import pytest

from components.parameters import check_value, check_values
from components.settings import CALLBACKS, LOSSES, METRICS, OPTIMIZERS, default_loss

NO_OPTIMIZERS_OF_A_FORM = {"Optimizer", "LossScaleOptimizer", "MultiOptimizer", "OptimizerMap"}
"""A base class, and those that hold others."""

OMITTED = {
    "self": "",
    "kwargs": "",
    "name": "not of interest",
    "exclude_layers": "a list of patterns",
    "embeddings_metadata": "a file's path by layer",
}


def assert_agrees(setting, keras_class):
    """Names, order, defaults and what is required are those of the signature."""
    theirs = {n: a for n, a in inspect.signature(keras_class.__init__).parameters.items() if n not in OMITTED}
    assert [parameter.name for parameter in setting.parameters] == list(theirs)
    for parameter in setting.parameters:
        required = theirs[parameter.name].default is inspect.Parameter.empty
        assert parameter.required == required, parameter.name
        assert required or theirs[parameter.name].default == parameter.default, parameter.name
        assert required or check_value(parameter, parameter.default) is None
        assert parameter.help.endswith(".")


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizers(name):
    assert_agrees(OPTIMIZERS[name], getattr(keras.optimizers, name))
    assert OPTIMIZERS[name].parameters[0].name == "learning_rate"


def test_no_optimizer_is_missing():
    theirs = {name for name, value in vars(keras.optimizers).items() if inspect.isclass(value)}
    assert theirs - set(OPTIMIZERS) == NO_OPTIMIZERS_OF_A_FORM


@pytest.mark.parametrize("name", CALLBACKS)
def test_callbacks(name):
    assert_agrees(CALLBACKS[name], getattr(keras.callbacks, name))
    getattr(keras.callbacks, name)(**CALLBACKS[name].start)
    assert check_values(name, CALLBACKS[name].parameters, CALLBACKS[name].start) == []


@pytest.mark.parametrize("name", LOSSES)
def test_losses(name):
    target = np.arange(3) if name.startswith("sparse") else np.eye(3, dtype="float32")
    assert np.all(np.isfinite(keras.losses.get(name)(target, np.full((3, 3), 0.3, "float32"))))


@pytest.mark.parametrize("name", [name for name in METRICS if name != "accuracy"])
def test_metrics(name):
    assert keras.metrics.get(name) is not None


@pytest.mark.parametrize("group", [OPTIMIZERS, LOSSES, METRICS, CALLBACKS])
def test_every_choice_says_what_it_is(group):
    for name, setting in group.items():
        assert setting.name == name
        assert setting.title
        assert setting.summary.endswith(".")


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ((1, "sigmoid", 2), "binary_crossentropy"),
        ((1, "sigmoid"), "binary_crossentropy"),
        ((10, "softmax", 10), "sparse_categorical_crossentropy"),
        ((10, None, 10), "sparse_categorical_crossentropy"),
        ((1, None), "mean_squared_error"),
        ((3, "linear"), "mean_squared_error"),
    ],
)
def test_the_usual_loss_of_a_head(head, expected):
    loss, metric = default_loss(*head)
    assert loss == expected
    assert loss in LOSSES
    assert metric in METRICS
