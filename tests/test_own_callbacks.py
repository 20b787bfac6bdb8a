"""A person's own callbacks: found by reading their files, offered in the form, checked, run, and exported with the code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from streamlit.testing.v1 import AppTest

from components.checks import check_training
from components.codegen import CodeError, generate_code
from components.codegen.script import generate_script
from components.experiment import Callback, Experiment
from components.exports.notebooks import generate_notebook
from components.own_callbacks import known_callbacks, own_callbacks
from components.training.callbacks import CallbackError, build_callbacks
from presets import ARCHITECTURES

OWN = '''"""Callbacks of mine."""

from pathlib import Path

import keras
from keras import callbacks as kc
from keras.callbacks import EarlyStopping as Stopper

Path(__file__).with_suffix(".ran").touch()
LEAST = 0.25


class EndSoon(keras.callbacks.Callback):
    """Ends the fit after some epochs."""

    def __init__(self, after=1, loud: bool = False, name: str | None = None, share=0.5, places=(1, 2), label=LEAST):
        super().__init__()
        self.after, self.share = after, share

    def on_epoch_end(self, epoch, logs=None):
        print("ends", LEAST)
        self.model.stop_training = epoch + 1 >= self.after


class EndLater(EndSoon):
    pass


class Patient(Stopper):
    """Stops late."""

    def __init__(self, extra: int, **kwargs):
        super().__init__(**kwargs)
        self.patience += extra


class Plateau(kc.ReduceLROnPlateau):
    pass


class _Hidden(keras.callbacks.Callback):
    pass


class EarlyStopping(keras.callbacks.EarlyStopping):
    pass


class NoCallback:
    pass


if __name__ == "__main__":
    print("a program")
'''


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """A folder with a file of callbacks and one that is no Python."""
    (tmp_path / "mine.py").write_text(OWN)
    (tmp_path / "broken.py").write_text("class (")
    monkeypatch.setenv("LAYERLOOM_CALLBACKS", str(tmp_path))
    return tmp_path


def experiment(*callbacks: Callback) -> Experiment:
    chosen = ARCHITECTURES["spirals"].experiment
    data = replace(chosen.data, config={**chosen.data.config, "rows": 60})
    return replace(chosen, data=data, training=replace(chosen.training, epochs=3, callbacks=callbacks))


def test_classes_are_found_through_their_bases_and_nothing_runs(folder):
    assert list(own_callbacks()) == ["EndSoon", "EndLater", "Patient", "Plateau"]
    assert not (folder / "mine.ran").exists()


def test_without_a_name_the_folder_is_that_in_the_home(tmp_path, monkeypatch):
    monkeypatch.delenv("LAYERLOOM_CALLBACKS", raising=False)
    monkeypatch.setenv("LAYERLOOM_HOME", str(tmp_path))
    assert own_callbacks() == {}
    (tmp_path / "callbacks").mkdir()
    (tmp_path / "callbacks/a.py").write_text("import keras\nclass A(keras.callbacks.Callback): pass\n")
    assert list(own_callbacks()) == ["A"]


def test_arguments_become_parameters(folder):
    known = known_callbacks()
    asked = [(p.name, p.type, p.default, p.required) for p in known["EndSoon"].parameters]
    assert asked == [
        ("after", "integer", 1, False),
        ("loud", "boolean", False, False),
        ("name", "text", None, False),
        ("share", "number", 0.5, False),
    ]
    assert known["EndSoon"].summary == "Ends the fit after some epochs."
    assert known["EndLater"].parameters == known["EndSoon"].parameters
    inherited = known["EarlyStopping"].parameters
    assert known["Patient"].parameters[0].required
    assert known["Patient"].parameters[1:] == inherited
    assert known["Plateau"].start == known["ReduceLROnPlateau"].start


def test_a_file_that_changes_is_read_again(folder):
    assert "Later" not in own_callbacks()
    (folder / "mine.py").write_text("from keras.callbacks import Callback\nclass Later(Callback):\n    pass\n")
    assert list(own_callbacks()) == ["Later"]


@pytest.mark.parametrize(
    ("callback", "words"),
    [
        (Callback("Patient"), "Patient needs extra"),
        (Callback("EndSoon", {"after": "soon"}), "after is a whole number"),
        (Callback("EndSoon", {"afer": 2}), "did you mean “after”?"),
        (Callback("Plateau", {"monitor": "val_acc"}), "“val_acc” will not exist"),
    ],
)
def test_what_does_not_fit_is_a_sentence_before_training(folder, callback, words):
    (sentence,) = check_training(experiment(callback))
    assert words in sentence


def test_the_worker_makes_them_and_names_a_file_that_fails(folder):
    chosen = [Callback("EndSoon", {"after": 2}), Callback("Patient", {"extra": 3, "patience": 1})]
    first, second = build_callbacks(chosen, folder)
    assert (first.after, second.patience) == (2, 4)
    (folder / "mine.py").write_text("import keras\nclass A(keras.callbacks.Callback): pass\nimport no_such_module\n")
    with pytest.raises(CallbackError, match=r"mine\.py cannot be imported \(No module named"):
        build_callbacks([Callback("A")], folder)


# The form


FORM = "from dashboard.panels.train import callbacks_form\nfrom dashboard.state import current_work\ncallbacks_form(current_work())"


def test_the_form_offers_them_with_their_arguments(folder):
    app = AppTest.from_string(FORM, default_timeout=60).run()
    work = app.session_state["work"]
    (chooser,) = app.multiselect
    assert {"EndSoon", "Patient", "Plateau"} <= set(chooser.options)
    chooser.set_value(["ReduceLROnPlateau", "EndSoon"]).run()
    assert not app.exception
    plateau, ends = work.experiment.training.callbacks
    assert plateau.config == {"factor": 0.5, "patience": 3}  # what a freshly chosen one begins with
    assert ends == Callback("EndSoon")
    (after,) = [field for field in app.number_input if field.label == "after"]
    after.set_value(4).run()
    assert not app.exception
    assert work.experiment.training.callbacks[1] == Callback("EndSoon", {"after": 4})
    assert not (folder / "mine.ran").exists()


# The code that goes home


def test_exported_code_carries_them_and_they_act(folder):
    chosen = experiment(Callback("EndSoon", {"after": 2}))
    source = generate_code(chosen)
    assert "callbacks=[EndSoon(after=2)]" in source
    assert "a program" not in source
    file = folder / "exported" / "network.py"
    file.parent.mkdir()
    file.write_text(source)
    run = subprocess.run(
        [sys.executable, file.name],
        cwd=file.parent, capture_output=True, text=True, check=False, env={**os.environ, "CUDA_VISIBLE_DEVICES": ""},
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert run.stdout.count("ends 0.25") == 2
    compile(generate_script(chosen), "script.py", "exec")
    notebook = nbformat.reads(generate_notebook(chosen), as_version=4)
    assert any("class EndSoon(" in cell.source for cell in notebook.cells)
    assert "class EndSoon" not in json.dumps(generate_code(experiment()))


def test_a_name_that_the_exported_file_needs_is_refused(folder):
    (folder / "mine.py").write_text("import keras\nmodel = 1\nclass A(keras.callbacks.Callback): pass\n")
    with pytest.raises(CodeError, match="calls something “model”"):
        generate_code(experiment(Callback("A")))
