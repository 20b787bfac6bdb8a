"""The honesty lab of a search: its sealed test data, luck, other seeds, other folds, and the whole search again."""

from __future__ import annotations

import streamlit as st

from components.searching.studies import FOLDS, LUCK_SEARCHES, NESTED_FOLDS, NESTED_TRIALS, REPEATS, Plan, compared
from components.searching.trials import Trials
from components.store import Run
from dashboard import backstage
from dashboard.charts import searches
from dashboard.panels.seals import is_opening, moment, offer_opening, openings_of, tell_openings
from dashboard.plotting import draw, theme
from dashboard.searching import lab_state, refuse, start_lab, stop_lab
from dashboard.texts import say


def draw_honesty(run: Run, plan: Plan, trials: Trials) -> None:
    """The sealed test data, luck, and repeats."""
    ranked = trials.ranked(plan.maximises)
    if not ranked:
        st.caption(say("The lab begins with the first complete trial."))
        return
    winner = float(ranked[0].value or 0.0)
    seal(run, plan, trials)
    luck(run, plan, trials)
    repeats(run, plan, trials, winner)
    nested(run, plan, trials, winner)


def seal(run: Run, plan: Plan, trials: Trials) -> None:
    """The test data: sealed, or opened once."""
    with st.container(border=True, key="lab_seal"):
        if trials.opened is not None:
            when = moment(trials.opened["at"])
            st.markdown(f":material/lock_open: **{say('The test data were opened on {when}', when=when)}**")
            sentence = searches.describe_curse(trials.opened, plan.maximises)
            draw(searches.figure_of_curse(trials.opened, plan.monitor, theme()), "curse", sentence)
            tell_openings(openings_of(run))
            return
        if trials.openings:
            st.markdown(f":material/lock_open: **{say('This search is over: choose no more by these test data')}**")
        else:
            st.markdown(f":material/lock: **{say('The test data are sealed: no trial has seen them')}**")
            st.caption(
                say("They are opened once, at the end, by you. After that this search is over: choose no more by them.")
            )
        tell_openings(openings_of(run))
        key = f"seal/{run.id}"
        if is_opening(key, say("Evaluating on the test data…")):
            return
        label = say("Open the seal") if trials.read_by is None else say("Judge the winner on them too")
        with st.popover(label, disabled=run.active, icon=":material/lock_open:"):
            st.markdown(say("The winner is evaluated on the test data, this once. It is recorded."))
            offer_opening(run, say("Open it now"), "seal_open", key, "components.searching.honesty.open_seal")


def luck(run: Run, plan: Plan, trials: Trials) -> None:
    """How good luck looks: the same search with shuffled labels, beside as many of this search's trials."""
    values, count = trials.lab_values("luck"), compared(plan)
    ours = trials.best_of_first(count, plan.maximises)
    with st.container(border=True, key="lab_luck"):
        lab_bar(run, "luck", say("Shuffled labels: how good would luck look?"), len(values), LUCK_SEARCHES)
        st.caption(
            say("The same search again, {count} trials of each sampler, where there is nothing to learn.", count=count)
        )
        if values and ours is not None:
            groups = {say("best of each search on shuffled labels"): values}
            sentence = searches.describe_luck(values, ours, plan.maximises, count)
            draw(searches.figure_of_spread(groups, ours, theme(), say("this search")), "luck", sentence)


def repeats(run: Run, plan: Plan, trials: Trials, winner: float) -> None:
    """The winner again: other seeds, other folds."""
    groups = {say("other seeds"): trials.lab_values("seeds"), say("other folds"): trials.lab_values("folds")}
    with st.container(border=True, key="lab_repeats"):
        lab_bar(run, "seeds", say("The winner from other seeds"), len(trials.lab_values("seeds")), REPEATS)
        lab_bar(
            run, "folds", say("The winner on five folds, each held out once"), len(trials.lab_values("folds")), FOLDS
        )
        shown = {name: values for name, values in groups.items() if values}
        if shown:
            sentences = [
                searches.describe_repeats(values, winner, name.capitalize(), plan.maximises)
                for name, values in shown.items()
            ]
            draw(searches.figure_of_spread(shown, winner, theme()), "repeats", " ".join(sentences))


def nested(run: Run, plan: Plan, trials: Trials, winner: float) -> None:
    """The whole search again inside folds: what it promises, and what that is worth outside."""
    promised, kept = trials.lab_values("promised"), trials.lab_values("nested")
    with st.container(border=True, key="lab_nested"):
        done = len(trials.lab.get("nested", {}))
        lab_bar(
            run, "nested", say("The whole search again in three folds, its winner judged outside"), done, NESTED_FOLDS
        )
        st.caption(say("Each of them is a small search of at most {count} trials.", count=NESTED_TRIALS))
        if kept and len(promised) == len(kept):
            shown = {say("where it was chosen"): promised, say("on rows it never saw"): kept}
            sentence = searches.describe_nested(promised, kept, winner, plan.maximises)
            draw(searches.figure_of_spread(shown, winner, theme()), "nested", sentence)


def lab_bar(run: Run, lab: str, title: str, done: int, wanted: int) -> None:
    """The name of a part of the lab, and its button."""
    state = lab_state(run, lab)
    going = state in ("queued", "running")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{title}**", width="stretch")
        if going:
            st.caption(say("{done} of {total}…", done=done, total=wanted), width="content")
            if st.button(say("Stop"), key=f"lab_stop_{lab}", icon=":material/stop:", help=say("What it found is kept")):
                stop_lab(run, lab)
                st.rerun()
        elif done < wanted:
            left = wanted - done
            label = (
                say("Search {count} times", count=left)
                if lab in ("nested", "luck")
                else say("Train {count}", count=left)
            )
            if st.button(label, key=f"lab_start_{lab}", icon=":material/science:", disabled=run.active):
                refuse(start_lab(run, lab, wanted))
                st.rerun()
    job = backstage.engine().job(f"{run.id}/{lab}")
    if job is not None and job.message:
        st.caption(say(job.message))
