"""The training form's choices are Keras's own, with Keras's own arguments and defaults."""

import inspect

import keras
import pytest

from components.parameters import check_values
from components.settings import CALLBACKS, LOSSES, METRICS, OPTIMIZERS, STARTS


def assert_agrees(setting, keras_class):
    theirs = inspect.signature(keras_class.__init__).parameters
    for parameter in setting.parameters:
        required = theirs[parameter.name].default is inspect.Parameter.empty
        assert parameter.required == required
        assert required or theirs[parameter.name].default == parameter.default


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizers(name):
    assert_agrees(OPTIMIZERS[name], getattr(keras.optimizers, name))


@pytest.mark.parametrize("name", CALLBACKS)
def test_callbacks(name):
    assert_agrees(CALLBACKS[name], getattr(keras.callbacks, name))
    getattr(keras.callbacks, name)(**STARTS.get(name, {}))
    assert check_values(name, CALLBACKS[name].parameters, STARTS.get(name, {})) == []


@pytest.mark.parametrize("name", LOSSES)
def test_losses(name):
    assert keras.losses.get(name) is not None


@pytest.mark.parametrize("name", [name for name in METRICS if name != "accuracy"])
def test_metrics(name):
    assert keras.metrics.get(name) is not None
