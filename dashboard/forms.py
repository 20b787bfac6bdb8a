"""Forms: typed fields made from the catalogue's parameters, their values always those of the experiment."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from inspect import signature
from typing import Any

import streamlit as st

from components.layers import Parameter, check_config, find_layer
from components.parameters import class_named, in_short, spelled_out
from dashboard.texts import say

Change = Callable[[Any], str | None]
"""Takes what a person entered; the sentence says why it cannot be taken."""

CONTROLS = "controls"


@dataclass
class Control:
    """What is known of the widgets that show one value, one after the other."""

    key: str
    generation: int = 0
    value: Any = None
    shown: Any = None
    refusal: str | None = None
    """Why what the person entered last was not taken; it stays in the widget, to be mended there."""

    @property
    def widget(self) -> str:
        """The key of the present one."""
        return f"{self.key}~{self.generation}" if self.generation else self.key


def controlled(widget: Callable[..., Any], label: str, value: Any, change: Change, key: str, **options: Any) -> None:
    """A widget that shows `value`, whoever changed it last, and hands what a person enters to `change`.

    It is never set: what is set arrives in the browser while the person chooses something else there, and either of the
    two may travel back with the next click as if it had been chosen anew. A widget whose value was changed elsewhere
    gives way to another one instead. What the browser still says of the first, or of one that has gone altogether, is
    no news: Streamlit takes it for a choice, since it has forgotten what that widget showed.

    What `change` refuses stays in the widget with the reason below it, until it is mended or the value is changed elsewhere.
    """
    control = st.session_state.setdefault(CONTROLS, {}).setdefault(key, Control(key))
    if control.widget not in st.session_state or control.value != value:
        control.refusal = None
    control.value = value
    if not control.refusal:
        if control.widget in st.session_state and st.session_state[control.widget] != value:
            control.generation += 1
        control.shown = value
    present = control.widget

    def enter() -> None:
        entered = st.session_state[present]
        if present == control.widget and entered != control.shown:
            control.shown = entered
            control.refusal = change(entered)

    widget(label, key=present, on_change=enter, **beginning_with(widget, value, options), **options)
    if control.refusal:
        st.caption(f":red[:material/error: {control.refusal}]")


def beginning_with(widget: Callable[..., Any], value: Any, options: Mapping[str, Any]) -> dict[str, Any]:
    """The value as the option with which that kind of widget is told what it shows at first."""
    names = signature(widget).parameters
    if "index" in names:
        return {"index": list(options["options"]).index(value)}
    return {"value" if "value" in names else "default": value}


def parameter_form(
    parameters: Iterable[Parameter], config: Mapping[str, Any], change: Callable[[str, Any], str | None], key: str
) -> None:
    """Fields for the parameters: those that were set or must be first, the rest folded away."""
    parameters = list(parameters)
    shown = [parameter for parameter in parameters if parameter.required or parameter.name in config]
    folded = [parameter for parameter in parameters if parameter not in shown]
    if not config and not shown:
        shown, folded = folded[:3], folded[3:]
    for parameter in shown:
        parameter_field(parameter, config, change, key)
    if folded:
        with st.expander(say("{count} more, at their defaults", count=len(folded)), key=f"{key}/more"):
            for parameter in folded:
                parameter_field(parameter, config, change, key)


def parameter_field(
    parameter: Parameter, config: Mapping[str, Any], change: Callable[[str, Any], str | None], key: str
) -> None:
    """One field, by the parameter's type."""
    value = config.get(parameter.name, parameter.default)
    field = object_field if parameter.objects else FIELDS.get(parameter.type, json_field)
    field(parameter, value, lambda entered: change(parameter.name, entered), f"{key}/{parameter.name}")


def integer_field(parameter: Parameter, value: Any, change: Change, key: str) -> None:
    """A whole number in its range."""
    number_field(parameter, value if value is None else int(value), change, key, step=1)


def real_field(parameter: Parameter, value: Any, change: Change, key: str) -> None:
    """A number in its range, as short as it can be written."""
    number_field(parameter, value if value is None else float(value), change, key, step=None, format="%g")


def number_field(parameter: Parameter, value: Any, change: Change, key: str, **options: Any) -> None:
    """A number; one that is out of range already (from a file, say) widens the range rather than fail."""
    kind = int if options.get("step") == 1 else float
    least = None if parameter.least is None else kind(parameter.least)
    most = None if parameter.most is None else kind(parameter.most)
    if value is not None:
        least = least if least is None else min(least, value)
        most = most if most is None else max(most, value)
    options = {name: option for name, option in options.items() if option is not None}
    controlled(
        st.number_input,
        parameter.name,
        value,
        change,
        key,
        min_value=least,
        max_value=most,
        help=say(parameter.help) or None,
        placeholder=say("Keras's default"),
        **options,
    )


def boolean_field(parameter: Parameter, value: Any, change: Change, key: str) -> None:
    """Yes or no."""
    controlled(st.toggle, parameter.name, bool(value), change, key, help=say(parameter.help) or None)


def choice_field(parameter: Parameter, value: Any, change: Change, key: str) -> None:
    """One of several; a value that is not among them (from a file, say) is offered too."""
    choices = list(parameter.choices)
    if value not in choices:
        choices.insert(0, value)
    controlled(
        st.selectbox,
        parameter.name,
        value,
        change,
        key,
        options=choices,
        format_func=lambda choice: say("none") if choice is None else str(choice),
        help=say(parameter.help) or None,
    )


def object_field(parameter: Parameter, value: Any, change: Change, key: str) -> None:
    """An initialiser, a regulariser or a constraint: which one, and behind a button its numbers."""
    title, config = spelled_out(parameter, value) or (None, {})
    facts = (parameter.objects or {}).get(title or "", ())
    plain = parameter.but(objects=None, choices=(*parameter.choices, *unnamed_classes(parameter)))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        choice_field(plain, name_shown(parameter, title, value), lambda name: change(chosen(parameter, name)), key)
        if title is None or not facts:
            return

        def set_number(name: str, entered: Any) -> None:
            change(in_short(parameter, title, {**config, name: entered}))

        with st.popover(say("Numbers"), icon=":material/tune:", help=say("The numbers of {kind}", kind=title)):
            for fact in facts:
                parameter_field(fact, config, set_number, f"{key}/{title}")


def unnamed_classes(parameter: Parameter) -> list[str]:
    """Classes that no name among the choices stands for."""
    named = {class_named(parameter, name) for name in parameter.choices}
    return [title for title in parameter.objects or () if title not in named]


def name_shown(parameter: Parameter, title: str | None, value: Any) -> Any:
    """The choice that stands for a value, whatever its numbers."""
    if title is None or not isinstance(value, Mapping):
        return value
    short = in_short(parameter, title, {})
    return title if isinstance(short, Mapping) else short


def chosen(parameter: Parameter, name: Any) -> Any:
    """A choice as the config has it: a class without a name spelled out."""
    return in_short(parameter, name, {}) if name in (parameter.objects or ()) else name


def layer_field(parameter: Parameter, value: Any, change: Change, key: str) -> None:
    """The layer that a wrapper holds: its kind, and the fields of that."""
    held = value if isinstance(value, Mapping) and value.get("kind") in parameter.choices else {}
    kind, config = held.get("kind", parameter.choices[0]), held.get("config", {})
    choice_field(parameter, kind, lambda other: change({"kind": other, "config": carried_over(other, config)}), key)

    def set_inner(name: str, entered: Any) -> None:
        change({"kind": kind, "config": with_setting(find_layer(kind).parameters, config, name, entered)})

    with st.container(border=True):
        parameter_form(find_layer(kind).parameters, config, set_inner, f"{key}/{kind}")


def carried_over(kind: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a layer of another kind that this kind has too, on top of what it begins with."""
    entry = find_layer(kind)
    kept = {name: item for name, item in config.items() if entry.parameter(name)}
    both = {**entry.start, **kept}
    return dict(entry.start) if check_config(kind, both) else both


def with_setting(
    parameters: Iterable[Parameter], config: Mapping[str, Any], name: str, value: Any
) -> Mapping[str, Any]:
    """The config with one argument set, or left out where that is its default."""
    fact = next(parameter for parameter in parameters if parameter.name == name)
    kept = {key: item for key, item in config.items() if key != name}
    return kept if value == fact.default and not fact.required else {**config, name: value}


def text_field(parameter: Parameter, value: Any, change: Change, key: str) -> None:
    """Free text, empty for none."""
    controlled(
        st.text_input,
        parameter.name,
        value or "",
        lambda text: change(text or None),
        key,
        help=say(parameter.help) or None,
    )


def numbers_field(parameter: Parameter, value: Any, change: Change, key: str) -> None:
    """Numbers separated by commas, `None` among them meaning any size."""
    controlled(
        st.text_input,
        parameter.name,
        numbers_to_text(value),
        lambda text: change(text_to_numbers(text)),
        key,
        help=say(parameter.help) or None,
    )


def numbers_to_text(value: Any) -> str:
    """`[None, 64]` → `None, 64`; a nested list as JSON."""
    if value is None:
        return ""
    if isinstance(value, (list, tuple)):
        if any(isinstance(item, (list, tuple)) for item in value):
            return json.dumps(value)
        return ", ".join(str(item) for item in value)
    return str(value)


def text_to_numbers(text: str) -> Any:
    """The inverse of `numbers_to_text`; a single number stays single, and what is no number stays text."""
    text = text.strip().strip("()").strip()
    if text.startswith("["):
        try:
            return json.loads(text)
        except ValueError:
            return text
    parts = [part.strip() for part in text.replace("×", ",").replace(" x ", ",").split(",") if part.strip()]
    try:
        numbers = [None if part.lower() in {"none", "?", "any"} else int(part) for part in parts]
    except ValueError:
        return text
    if not numbers:
        return None
    return numbers if len(numbers) > 1 or "," in text else numbers[0]


def shape_field(parameter: Parameter, value: Any, change: Change, key: str) -> None:
    """A shape without its batch axis."""

    def as_shape(numbers: Any) -> str | None:
        return change([numbers] if isinstance(numbers, int) else numbers)

    numbers_field(parameter, value, as_shape, key)


def json_field(parameter: Parameter, value: Any, change: Change, key: str) -> None:
    """Lists of numbers or words, and whatever has no field of its own, as JSON."""
    controlled(
        st.text_input,
        parameter.name,
        "" if value is None else json.dumps(value, ensure_ascii=False),
        lambda text: change(read_json(text)),
        key,
        help=say(parameter.help) or None,
    )


def read_json(text: str) -> Any:
    """The value that the text writes; what is no JSON stays text, for the check to name."""
    try:
        return json.loads(text) if text.strip() else None
    except ValueError:
        return text


FIELDS: dict[str, Callable[[Parameter, Any, Change, str], None]] = {
    "integer": integer_field,
    "number": real_field,
    "boolean": boolean_field,
    "choice": choice_field,
    "text": text_field,
    "integers": numbers_field,
    "layer": layer_field,
    "shape": shape_field,
}
