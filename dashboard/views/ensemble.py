"""Ensemble: choose runs, trials and trees; weigh them on validation data; judge them once on test."""

from __future__ import annotations

import base64
from collections.abc import Callable

import streamlit as st

from components.ensembles.grounds import experiment_of, grounds_in
from components.ensembles.trees import TREES
from components.ensembles.weighing import METHODS, MOST_MEMBERS
from components.experiment import experiment_from_json
from components.exports.exporting import zip_files
from components.graph import Json, clean_name
from components.limits import LimitError
from components.searching.seals import ensembles_of
from components.searching.studies import read_study, workspace_of
from components.searching.trials import Trials
from components.store import NoSuchRun, Record, Run, StoreError
from dashboard import backstage, jobs
from dashboard.charts import ensembles
from dashboard.forms import controlled
from dashboard.frame import telling
from dashboard.panels.seals import is_opening, offer_opening, openings_of, tell_openings
from dashboard.plotting import draw, theme
from dashboard.searching import asked, forget, is_waiting
from dashboard.texts import say
from dashboard.workspace import workspace

TITLES = {name: title for name, (title, _) in METHODS.items()}
MOST_TRIALS = 5
"""Of the best trials of each study that are offered."""

VIEWS = ("scores", "weights", "diversity", "contributions", "rows")


def show() -> None:
    """The page."""
    left, right = st.columns([36, 64], gap="medium")
    with left:
        choose_members()
    with right:
        results()


def place() -> str:
    """Where this visitor's ensembles are kept."""
    return ensembles_of(workspace())


# Members


def choose_members() -> None:
    """The members that fit together, and the button that weighs them."""
    st.markdown("#### " + say("Put several answers together"))
    offered = candidates()
    if not offered:
        st.info(
            say("Train a network in the studio first, or run a search: what has finished can become a member here.")
        )
        for label, page in ((say("Choose a preset"), "gallery"), (say("Run a search"), "tune")):
            if st.button(label, key=f"ensemble_to_{page}"):
                st.switch_page(st.session_state["pages"][page])
        return
    groups = list(dict.fromkeys(one["data"] for one in offered.values()))
    data = st.selectbox(
        say("data"), groups, key="ensemble_data",
        help=say("Members answer for the same rows: the same dataset, settings and seed of the data."),
    )  # fmt: skip
    fitting = {name: one for name, one in offered.items() if one["data"] == data}
    chosen = st.multiselect(
        say("networks"), list(fitting), default=list(fitting)[:3], key=f"ensemble_networks/{data}", wrap=True,
        help=say("Finished runs and the best trials of your searches, with the weights of their best epoch."),
    )  # fmt: skip
    trees = choose_trees(data, fitting)
    broken = st.toggle(
        say("Add a broken member"), key="ensemble_broken",
        help=say("It answers as the first network does, but for another row: see what it does to the plain average."),
    )  # fmt: skip
    members = [{**fitting[name]["member"], "name": name} for name in chosen] + trees
    if broken and chosen:
        members.append({**fitting[chosen[0]]["member"], "name": say("broken"), "scrambled": True})
    sentence = complaint(chosen, members)
    if sentence:
        st.caption(sentence)
    if st.button(
        say("Find the weights"), key="ensemble_start", type="primary", width="stretch", disabled=bool(sentence),
        icon=":material/balance:",
    ):  # fmt: skip
        refused = start(members)
        if refused:
            st.error(refused)
        else:
            st.rerun()


def choose_trees(data: str, networks: dict[str, Json]) -> list[Json]:
    """The trees as members: of each chosen kind one on each chosen ground."""
    kinds = st.pills(
        say("trees"), list(TREES), selection_mode="multi", key="ensemble_trees",
        format_func=lambda name: say(TREES[name]),
    )  # fmt: skip
    if not kinds:
        return []
    flat = say("the inputs, flattened")
    grounds = st.multiselect(
        say("trees stand on"), [flat, *networks], default=[flat], key=f"ensemble_grounds/{data}", wrap=True,
        help=say("The data as they are, or what a layer of a trained network makes of them."),
    )  # fmt: skip
    members: list[Json] = []
    for ground in grounds or [flat]:
        layer = None if ground == flat else choose_layer(ground, networks[ground]["member"])
        on = {} if ground == flat else {"on": {**networks[ground]["member"], "node": layer}}
        members += [{"kind": "tree", "tree": kind, "name": tree_name(kind, layer, ground), **on} for kind in kinds]
    return members


def choose_layer(network: str, member: Json) -> str | None:
    """The layer of the network that trees stand on; the last hidden one at first."""
    offered = grounds_in(experiment_of(backstage.store(), member).graph)
    return st.selectbox(
        say("layer of {network}", network=network), offered, key=f"ensemble_layer/{member['run']}/{network}"
    )


def tree_name(kind: str, layer: str | None, network: str) -> str:
    """What trees are called, by what they stand on."""
    if layer is None:
        return say(TREES[kind])
    return say("{trees} on {layer} of {network}", trees=say(TREES[kind]), layer=layer, network=network)


def complaint(chosen: list[str], members: list[Json]) -> str | None:
    """What is wrong with the choice, in a sentence."""
    if not chosen:
        return say("Trees stand beside at least one network here, and none is chosen; choose one.")
    if not 2 <= len(members) <= MOST_MEMBERS:
        return say(
            "An ensemble has from 2 to {most} members, and {count} are chosen; choose more or fewer.",
            most=MOST_MEMBERS,
            count=len(members),
        )
    return None


def candidates() -> dict[str, Json]:
    """The finished runs and the best trials, by a name that tells them apart; each with its data and its member."""
    found: dict[str, Json] = {}
    store = backstage.store()
    for run in store.runs(workspace()):
        if run.state in ("finished", "stopped") and run.epoch > 0:
            member = {"kind": "run", "run": run.id}
            add(found, f"{run.name} · {run.epoch}", {"data": data_of(run), "member": member})
    for run in store.runs(workspace_of(workspace())):
        for row in best_trials(run):
            member = {"kind": "trial", "run": run.id, "sampler": row.sampler, "number": row.number}
            add(found, f"{run.name} · {row.name} · {row.value:.4g}", {"data": data_of(run), "member": member})
    return found


def add(found: dict[str, Json], name: str, one: Json) -> None:
    """Enter a candidate under a name that is still free."""
    number, free = 1, name
    while free in found:
        number += 1
        free = f"{name} ({number})"
    found[free] = one


def data_of(run: Run) -> str:
    """Which rows a run was trained on, in words."""
    experiment = experiment_from_json(run.experiment)
    settings = ", ".join(f"{name} {value}" for name, value in experiment.data.config.items())
    return f"{experiment.data.dataset}{f' ({settings})' if settings else ''} · {say('seed')} {experiment.data_seed}"


def best_trials(run: Run) -> list:
    """The best complete trials of a study."""
    trials = Trials()
    trials.take(backstage.store().records(run.id, kinds=("trial",), workspace=workspace_of(workspace())))
    _, plan = read_study(run)
    return trials.ranked(plan.maximises)[:MOST_TRIALS]


def start(members: list[Json]) -> str | None:
    """Weigh these members; a sentence when it cannot begin."""
    try:
        jobs.check_another(workspace())
        name = " + ".join(member["name"] for member in members)
        run_id = backstage.store().create_run(place(), {"members": members}, name)
        jobs.submit("components.ensembles.ensembling.ensemble_job", run_id)
    except (LimitError, StoreError, backstage.EngineError) as error:
        return say(str(error))
    st.session_state["ensemble"] = run_id
    return None


# What was found


def shown() -> Run | None:
    """The ensemble that the page shows: the chosen one, or the newest."""
    known = backstage.store().runs(place())
    chosen = st.session_state.get("ensemble")
    return next((run for run in known if run.id == chosen), known[0] if known else None)


def results() -> None:
    """The ensemble that is shown; while it works the page follows."""
    run = shown()
    if run is None:
        st.info(say("What the members are worth together appears here."))
        return
    known = backstage.store().runs(place())
    if len(known) > 1:
        names = {one.id: one.name for one in known}
        controlled(
            st.selectbox, say("ensemble"), run.id, lambda chosen: st.session_state.update(ensemble=chosen),
            "ensemble_shown", options=list(names), format_func=names.get, label_visibility="collapsed",
        )  # fmt: skip
    going = run.active or is_waiting()
    st.session_state["ensemble_going"] = going
    st.fragment(telling(live), run_every=0.7 if going else None)()


def live() -> None:
    """One refresh."""
    run = shown()
    if run is None:
        return
    if (run.active or is_waiting()) != st.session_state.get("ensemble_going"):
        st.rerun()
    if run.active:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(say("Asking the members… ({state})", state=say(run.state)), width="content")
            if st.button(say("Stop"), key="ensemble_stop", icon=":material/stop:"):
                backstage.engine().stop(run.id, patience=0)
        return
    if run.state != "finished":
        st.warning(say(run.message) or say("This ensemble ended early; find the weights again."))
        return
    records = read(run)
    told = {record.values["head"]: record.values for record in records if record.kind == "ensemble"}
    opened = next((r.values for r in records if r.kind == "seal" and r.values["event"] == "opened"), None)
    head = next(iter(told))
    if len(told) > 1:
        head = st.segmented_control(say("output"), list(told), default=head, key="ensemble_head") or head
    seal(run, opened)
    view = st.segmented_control(
        say("view"), VIEWS, default="scores", key="ensemble_view", label_visibility="collapsed",
        format_func=lambda name: say(name.capitalize()),
    )  # fmt: skip
    DRAW[view or "scores"](told[head], opened["heads"][head] if opened else None)
    take_home(run)


def read(run: Run) -> list[Record]:
    """What was found; nothing when it was deleted meanwhile."""
    try:
        return backstage.store().records(run.id, kinds=("ensemble", "seal"), workspace=place())
    except NoSuchRun:
        return []


def seal(run: Run, opened: Json | None) -> None:
    """The test data: sealed, or opened once."""
    tell_openings(openings_of(run))
    if opened is not None:
        st.caption(f":material/lock_open: {say('Judged on test data, once. Choose no more by them.')}")
        return
    key = f"judge/{run.id}"
    if is_opening(key, say("Judging on the test data…")):
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f":material/lock: {say('Weights are found on validation data; the test data are still sealed.')}")
        with st.popover(say("Judge on test"), icon=":material/gavel:"):
            st.markdown(say("Every member and every way to put them together is judged on test, this once."))
            offer_opening(run, say("Judge now"), "ensemble_judge", key, "components.ensembles.ensembling.judge")


# Taking it home


def take_home(run: Run) -> None:
    """The ensemble's files, by one way to put its members together, made when they are asked for."""
    with st.container(border=True, key="ensemble_files"):
        st.markdown(f"**{say('Take it home')}**")
        method = st.selectbox(
            say("put together by"), list(TITLES), index=list(TITLES).index("stacking"), key="ensemble_method",
            format_func=lambda name: say(TITLES[name]),
        )  # fmt: skip
        key = f"ensemble_files/{run.id}/{method}"
        answer = st.session_state.get("search_answers", {}).get(key)
        if answer is None:
            st.caption(say("A Python file that runs, its trained weights, and a Keras model of models."))
            if st.button(say("Make the files"), key="ensemble_make", icon=":material/download:"):
                asked(key, "components.ensembles.files.save_ensemble_json", backstage.store().url, run.id, method)
                st.rerun()
        elif not answer.done():
            st.caption(say("Making the files…"))
        elif answer.exception() is not None:
            st.warning(say(str(answer.exception())))
            forget(key)
        else:
            offer(run, answer.result())


def offer(run: Run, made: Json) -> None:
    """The downloads, and a sentence for each file that could not be."""
    name = clean_name(run.name.lower())[:40].rstrip("_")
    files = {name + ending: base64.b64decode(content) for ending, content in made["files"].items()}
    both = {path: content for path, content in files.items() if not path.endswith(".keras")}
    offered = [
        (say("Python"), f"{name}.py", files.get(f"{name}.py")),
        (say("Python and weights"), f"{name}.zip", zip_files(both) if len(both) == 2 else None),
        (say("Keras model"), f"{name}.keras", files.get(f"{name}.keras")),
    ]
    with st.container(horizontal=True):
        for label, path, content in offered:
            if content is not None:
                st.download_button(
                    label, content, path, key=f"ensemble_download_{path}", on_click="ignore", icon=":material/download:"
                )
    if f"{name}.npz" in files:
        st.caption(
            say("Alone, the Python file trains its members anew; with the weights beside it, it says the same as here.")
        )
    if made["left_out"]:
        st.caption(say("Left out, since they count for nothing here: {names}.", names=", ".join(made["left_out"])))
    for sentence in made["refused"]:
        st.caption(sentence)


def draw_scores(told: Json, judged: Json | None) -> None:
    """Members and methods."""
    sentence = ensembles.describe_scores(told, TITLES, judged)
    draw(ensembles.figure_of_scores(told, TITLES, judged, theme()), "scores", sentence)


def draw_weights(told: Json, judged: Json | None) -> None:
    """How much each member counts."""
    sentence = say("Weights are never negative and add up to 1; they are found on validation data.")
    draw(ensembles.figure_of_weights(told, TITLES, theme()), "weights", sentence)


def draw_diversity(told: Json, judged: Json | None) -> None:
    """Correlation and disagreement."""
    left, right = st.columns(2)
    with left:
        sentence = ensembles.describe_pairs(told)
        st.caption(say("Correlation of errors"))
        draw(ensembles.figure_of_pairs(told, "correlation", theme()), "correlation", sentence)
    with right:
        st.caption(say("Disagreement"))
        sentence = say("The share of rows in which two name another class, or the mean distance of their numbers.")
        draw(ensembles.figure_of_pairs(told, "disagreement", theme()), "disagreement", sentence)


def draw_contributions(told: Json, judged: Json | None) -> None:
    """Leave one out."""
    sentence = ensembles.describe_contributions(told)
    draw(ensembles.figure_of_contributions(told, theme()), "contributions", sentence)


def draw_rows(told: Json, judged: Json | None) -> None:
    """Who is wrong where."""
    draw(ensembles.figure_of_wrong(told, theme()), "rows", ensembles.describe_wrong(told))


DRAW: dict[str, Callable[[Json, Json | None], None]] = {
    "scores": draw_scores,
    "weights": draw_weights,
    "diversity": draw_diversity,
    "contributions": draw_contributions,
    "rows": draw_rows,
}
