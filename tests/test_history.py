"""Undo and redo: nothing is lost on the way back and forth."""

from hypothesis import given
from hypothesis import strategies as st

from dashboard.history import History


@given(st.lists(st.integers(), max_size=600))
def test_undoing_everything_returns_the_start_and_redoing_the_end(states):
    history = History(None)
    for state in states:
        history = history.then(state)
    end = history.present
    steps = len(history.past)
    for _ in range(steps):
        history = history.undone()
    assert history.present is None
    for _ in range(steps):
        history = history.redone()
    assert history.present == end


def test_a_new_step_forgets_what_was_undone():
    history = History(0).then(1).then(2).undone().then(3)
    assert history.redone().present == 3
    assert history.undone().present == 1


def test_the_same_state_again_is_no_step():
    assert History(0).then(0).past == ()


def test_nothing_to_undo_changes_nothing():
    assert History(0).undone() == History(0).redone() == History(0)


def test_five_hundred_steps_can_be_undone():
    history = History(0)
    for state in range(1, 501):
        history = history.then(state)
    for _ in range(500):
        history = history.undone()
    assert history.present == 0
