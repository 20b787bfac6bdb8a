"""A look at the data: samples, how often each class is, and every array's shape and range, before training."""

from __future__ import annotations

import plotly.graph_objects as go
import streamlit as st

from components.datasets import find_dataset
from components.experiment import dump
from components.graph import Json
from dashboard import backstage
from dashboard.charts import CLASS_COLOURS, FAINT, layout_of
from dashboard.frame import dialog
from dashboard.plotting import STILL, theme
from dashboard.state import Work
from dashboard.texts import number, say

SECONDS = 60
PICTURE_WIDTH = 64
SPLITS = {"train": "train", "validation": "validation", "test": "test"}


@dialog("A look at the data", width="large")
def show_look(work: Work) -> None:
    """The dialog."""
    data = work.experiment.data
    try:
        looked = look_once(data.dataset, dict(data.config), work.experiment.data_seed)
    except backstage.EngineNotReady as error:
        st.caption(str(error))
        return
    except backstage.EngineError as error:
        st.error(str(error))
        return
    rows = {split: number(count) for split, count in looked["rows"].items()}
    st.caption(say(find_dataset(data.dataset).summary))
    st.markdown(
        say("**{train}** rows to learn from, **{validation}** to watch while training, **{test}** to test with at the end.",
            **rows)
    )  # fmt: skip
    show_samples(looked["samples"])
    for target in looked["targets"]:
        st.caption(title_of(target))
        st.plotly_chart(bars_of(target, theme()), config=STILL, key=f"look_{target['name']}", alt=told(target))
    show_arrays(looked["arrays"])


def look_once(dataset: str, config: Json, seed: int) -> Json:
    """What the engine says of the data; asked again only for other data."""
    key = dump([dataset, config, seed])
    known = st.session_state.get("looked")
    if known is None or known[0] != key:
        with st.spinner(say("Making the data…")):
            answer = backstage.engine().call(
                "components.looking.look_json", dataset, config, seed, timeout=SECONDS, long=True
            )
        known = st.session_state["looked"] = (key, answer)
    return known[1]


def show_samples(samples: list[Json]) -> None:
    """The samples: pictures as pictures, all else as a table with words first."""
    pictures = [name for name, value in samples[0].items() if str(value).startswith("data:image")]
    for name in pictures:
        st.caption(name)
        st.image([sample[name] for sample in samples], width=PICTURE_WIDTH)
    rows = [{name: value for name, value in sample.items() if name not in pictures} for sample in samples]
    words = [name for name, value in rows[0].items() if isinstance(value, str)]
    st.dataframe(
        rows, hide_index=True, width="stretch", height=min(330, 35 * len(rows) + 38),
        column_order=[*words, *(name for name in rows[0] if name not in words)],
    )  # fmt: skip


def title_of(target: Json) -> str:
    """What the bars count."""
    if target["kind"] == "classes":
        return say("How many rows each class of “{name}” has", name=target["name"])
    return say("How the numbers of “{name}” are spread", name=target["name"])


def told(target: Json) -> str:
    """The bars of the training rows in words."""
    counts = zip(target["labels"], target["counts"]["train"], strict=True)
    return f"{title_of(target)}: " + ", ".join(f"{label} {count}" for label, count in list(counts)[:12])


def bars_of(target: Json, colours: str) -> go.Figure:
    """Counts by class or by range, a colour for each split."""
    figure = go.Figure(layout=layout_of(colours, 200))
    for place, split in enumerate(SPLITS):
        figure.add_bar(
            x=target["labels"], y=target["counts"][split], name=say(split),
            marker={"color": CLASS_COLOURS[colours][place], "pattern": {"shape": ("", "/", ".")[place], "size": 5}},
        )  # fmt: skip
    kind = "category" if target["kind"] == "classes" else "linear"
    figure.update_xaxes(type=kind, showgrid=False)
    figure.update_yaxes(gridcolor=FAINT[colours], rangemode="tozero")
    return figure.update_layout(barmode="group", legend={"orientation": "h", "y": 1.2}, margin={"t": 24})


def show_arrays(arrays: list[Json]) -> None:
    """Every array's shape, type, and range by split."""
    roles = {"input": say("goes in"), "target": say("is told")}
    rows = [
        {
            say("array"): array["name"],
            say("use"): roles[array["role"]],
            say("shape"): array["shape"],
            say("type"): array["dtype"],
            **{say(split): reach(array["ranges"][split]) for split in SPLITS},
        }
        for array in arrays
    ]
    st.caption(say("Arrays, with the least and the greatest value and the mean of each part"))
    st.dataframe(rows, hide_index=True, width="stretch", height=min(300, 35 * len(rows) + 38))


def reach(values: list[float]) -> str:
    """`"-1.2 … 3.4, mean 0.1"`."""
    if not values:
        return "–"
    least, greatest, mean = values
    return say("{least:.3g} … {greatest:.3g}, mean {mean:.3g}", least=least, greatest=greatest, mean=mean)
