"""What a lesson's proof is given: the experiments that the lesson names, and its first one with each block inserted."""

from __future__ import annotations

from dataclasses import replace

from components.edits import apply_edit
from components.experiment import Experiment
from presets.architectures import ARCHITECTURES
from presets.blocks import BLOCKS
from presets.preset import Lesson


def experiments_of(lesson: Lesson) -> list[Experiment]:
    """In the lesson's order."""
    named = [ARCHITECTURES[name].experiment for name in (lesson.architecture, *lesson.beside)]
    return [*named, *(with_block(named[0], name, lesson) for name in lesson.blocks)]


def with_block(experiment: Experiment, name: str, lesson: Lesson) -> Experiment:
    """The experiment under the block's title, with the block after the option `after`, where `flows` is the shape."""
    block, graph = BLOCKS[name], experiment.graph
    shape = [None, *map(int, lesson.options["flows"].split("x"))]
    for edit in block.insert(graph, source=lesson.options["after"], shape=shape):
        graph = apply_edit(graph, edit)
    return replace(experiment, name=block.title, graph=graph)
