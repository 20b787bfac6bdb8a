"""Learn: the lessons of the syllabus; each is an idea, a prediction, a proof computed live, and a way on."""

from __future__ import annotations

import base64
from concurrent.futures import Future

import streamlit as st

from components.codegen import Style, generate_code
from components.drawing.layout import layout_graph
from components.drawing.thumbnails import thumbnail_svg
from components.experiment import experiment_to_json
from components.graph import Json
from dashboard import backstage, exhibits
from dashboard.frame import telling
from dashboard.plotting import PLAIN, theme
from dashboard.state import open_experiment
from dashboard.texts import say
from presets import ARCHITECTURES, LESSONS
from presets.lessons.material import experiments_of
from presets.preset import Architecture, Lesson

STYLES: dict[Style, str] = {"sequential": "Sequential", "functional": "Functional API"}
"""In which code is shown, and what a person calls it."""

SHARES = [68, 32]
"""Of the page's width: the words, and the graphs beside them."""

WIDTH, LEAST_HEIGHT, ROW_HEIGHT, MOST_HEIGHT = 300, 150, 15, 330
"""Of a graph's picture, in pixels: how wide, how high at least, for each row of calls, and at most."""

LOOK_EVERY = 0.7
"""Seconds between two looks at a claim that is being computed."""


def show() -> None:
    """The page: the lesson that the address names, or the first, under the list of all."""
    with st.container(key="lesson"):
        lesson_page(LESSONS[choose()])


def choose() -> str:
    """The list of lessons, and the ways to the one before and the next."""
    names = list(LESSONS)
    asked = st.query_params.get("lesson", names[0])
    with st.container(horizontal=True, vertical_alignment="center", key="lesson_bar"):
        chosen = st.selectbox(
            say("Lesson"), names, index=names.index(asked) if asked in names else 0, key="lesson_name", width=520,
            format_func=lambda name: f"{LESSONS[name].rows[0]}  {say(LESSONS[name].title)}", label_visibility="collapsed",
        )  # fmt: skip
        at = names.index(chosen)
        before, after = names[max(0, at - 1)], names[min(at + 1, len(names) - 1)]
        st.button(say("Before"), disabled=chosen == before, on_click=turn_to, args=(before,), key="lesson_before")
        st.button(say("Next"), disabled=chosen == after, on_click=turn_to, args=(after,), key="lesson_next")
        st.caption(say("{place} of {count}", place=at + 1, count=len(names)), width="content")
    st.query_params["lesson"] = chosen
    return chosen


def turn_to(name: str) -> None:
    """Another lesson."""
    st.session_state["lesson_name"] = name


def lesson_page(lesson: Lesson) -> None:
    """One lesson: the words and what proves them, the graphs beside."""
    words, graph = st.columns(SHARES, gap="large")
    with words:
        st.markdown(f"### {say(lesson.title)}")
        st.markdown(say(lesson.text))
    with graph:
        graph_of(lesson)
    if lesson.styles:  # over the whole width: half of it holds a line of code
        side_by_side(lesson)
        words, _ = st.columns(SHARES, gap="large")
    with words:
        predict(lesson)
        if lesson.correction:
            st.info(f"**{say('Put right')}.** {say(lesson.correction)}", icon=":material/edit_note:")


def graph_of(lesson: Lesson) -> None:
    """The lesson's graphs, drawn small, each with its way into the studio."""
    for name in lesson.shown:
        architecture = ARCHITECTURES[name]
        with st.container(border=True, key=f"lesson_graph_{name}"):
            drawn, height = picture(name, lesson.nodes)
            st.html(
                f'<div class="thumbnail" style="height: {height}px">'
                f'<img alt="{say("Graph")}" src="data:image/svg+xml;base64,{drawn}"></div>'
            )
            st.caption(" · ".join([say(architecture.title), *framed(architecture, lesson)]))
            opened = st.button(
                say("Open in the studio"), key=f"lesson_open_{name}", icon=":material/open_in_new:",
                help=say("{name}, with the nodes of this lesson selected", name=say(architecture.title)),
            )  # fmt: skip
        if opened:
            work = open_experiment(architecture.experiment)
            work.chosen = tuple(lesson.nodes)
            st.switch_page(st.session_state["pages"]["studio"])
    if lesson.beside:
        offer_comparison(lesson.architecture, lesson.beside[0])


@st.cache_data
def picture(name: str, nodes: tuple[str, ...]) -> tuple[str, int]:
    """A preset's graph with those of the nodes that are in it framed, in base 64, and its height.

    A deep graph is drawn taller, so that its calls can be told apart.
    """
    graph = ARCHITECTURES[name].experiment.graph
    places = layout_graph(graph)
    rows = len({y for _, y in places.values()})
    height = min(max(LEAST_HEIGHT, ROW_HEIGHT * rows), MOST_HEIGHT)
    svg = thumbnail_svg(graph, WIDTH, height, places, [node.id for node in graph.nodes if node.id in nodes])
    return base64.b64encode(svg.encode()).decode(), height


def framed(architecture: Architecture, lesson: Lesson) -> list[str]:
    """What the frames in the picture say, in words."""
    names = [node.id for node in architecture.experiment.graph.nodes if node.id in lesson.nodes]
    return [say("framed: {nodes}", nodes=", ".join(f"`{name}`" for name in names))] if names else []


def offer_comparison(left: str, right: str) -> None:
    """The way to both, side by side."""
    if st.button(say("Compare the two"), key="lesson_compare", icon=":material/compare:"):
        st.session_state["compare_a"], st.session_state["compare_b"] = f"preset:{left}", f"preset:{right}"
        st.switch_page(st.session_state["pages"]["compare"])


def side_by_side(lesson: Lesson) -> None:
    """The lesson's network as code in each of its styles: the lines that build it."""
    experiment = ARCHITECTURES[lesson.architecture].experiment
    shown = {style: title for style, title in STYLES.items() if style in lesson.styles}
    for column, (style, title) in zip(st.columns(len(shown)), shown.items(), strict=True):
        with column:
            st.caption(say(title))
            st.code(builder_of(generate_code(experiment, style)), language="python", wrap_lines=True)


def builder_of(source: str) -> str:
    """The function that builds the model."""
    return source[source.index("def build_model") :].partition("\n\n\n")[0]


def predict(lesson: Lesson) -> None:
    """The question; once it is answered, the claim is computed and the rest can be read."""
    st.markdown(f"##### {say('Predict')}")
    chosen = st.radio(
        say(lesson.question), range(len(lesson.choices)), index=None, key=f"predicted_{lesson.name}",
        format_func=lambda place: say(lesson.choices[place]),
    )  # fmt: skip
    if chosen is None:
        st.caption(say("Choose what you expect; then it is computed here, on your machine."))
        return
    st.markdown(f"##### {say('See')}")
    right = chosen == lesson.right
    said = say("You predicted it.") if right else say("Not so: {answer}", answer=say(lesson.choices[lesson.right]))
    st.markdown(f":material/{'check_circle' if right else 'lightbulb'}: {said}")
    if lesson.claim:
        asked = ask(lesson)
        st.fragment(telling(lambda: claim(lesson)), run_every=None if asked.done() else LOOK_EVERY)()
    st.markdown(say(lesson.see))
    st.markdown(f"##### {say('Try next')}")
    st.markdown(say(lesson.next))


# Claims


def ask(lesson: Lesson) -> Future[Json]:
    """The claim's future, one for all who read this lesson."""
    arguments = request_of(lesson)
    return backstage.remembered_later(
        "proof", [lesson.claim, *arguments], f"components.proofs.{lesson.claim}.prove_json", *arguments
    )


def request_of(lesson: Lesson) -> list[Json]:
    """The experiments and options that the proof is given."""
    return [[experiment_to_json(experiment) for experiment in experiments_of(lesson)], dict(lesson.options)]


def claim(lesson: Lesson) -> None:
    """What the proof found, or a calm line while it is being computed."""
    asked = ask(lesson)
    if not asked.done():
        with st.container(height=120, border=True, key="claim_waiting"):
            st.markdown(f":material/hourglass_empty: {say('Computing this now, with Keras; it takes up to a minute.')}")
        st.session_state[f"waited_{lesson.name}"] = True
        return
    if st.session_state.pop(f"waited_{lesson.name}", False):
        st.rerun()
    error = asked.exception()
    if error is not None:
        st.warning(say(str(error)) if isinstance(error, backstage.EngineError) else say("This could not be computed."))
        st.button(say("Try again"), key="claim_again")
        return
    draw(asked.result())


def draw(exhibit: Json) -> None:
    """Sentence, charts and table."""
    sentence = exhibits.sentence_of(exhibit)
    st.markdown(f"**{sentence}**")
    if not exhibit["holds"]:
        st.warning(say("On this machine, this time, the claim did not hold. Try it in the studio with another seed."))
    for place, chart in enumerate(exhibit["charts"]):
        st.caption(say(chart["title"]))
        st.plotly_chart(exhibits.figure_of(chart, theme()), key=f"claim_chart_{place}", config=PLAIN, alt=sentence)
    if exhibit["rows"]:
        st.table(exhibits.table_of(exhibit))
