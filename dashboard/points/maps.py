"""Maps as the element draws them: the film that holds them by epoch, and a page of it."""

from __future__ import annotations

import base64
from collections.abc import Sequence

import numpy as np

from components.graph import Json
from dashboard.points.asked import AskedFilm
from dashboard.texts import say


class MapsFilm(AskedFilm):
    """`sample` is the row that is looked at: the same at every epoch, so that no page holds it."""

    sample: Json = None

    def take(self, answer: Json) -> Json:
        self.sample = answer["sample"]
        return super().take(answer)


def page_of(answer: Json, layer: str) -> Json:
    """A sentence, and the pictures in blocks: what comes in, what comes of it, and the filters."""
    terms, whole = answer["terms"], sum(term["size"] for term in answer["terms"])
    blocks = [
        (
            say(
                "Term {place}: {layer}, {share} % of what comes in",
                place=place,
                layer=term["layer"],
                share=f"{100 * term['size'] / whole:.0f}" if whole else "0",
            ),
            term["maps"],
        )
        for place, term in enumerate(terms, 1)
    ]
    blocks.append((say("Together: {layer}", layer=layer) if terms else "", answer["maps"]))
    if answer["filters"]:
        averaged = len(answer["shape"]) == 3
        title = say("Its filters, averaged over what comes in") if averaged else say("Its filters")
        blocks.append((title, answer["filters"]))
    return {"sentence": describe(answer, layer), "blocks": [packed(title, pictures) for title, pictures in blocks]}


def packed(title: str, pictures: Sequence[Sequence[Sequence[float]]]) -> Json:
    """Pictures of one size as base 64 of a byte for each pixel, each on its own scale; a constant one is all 0."""
    values = np.asarray(pictures, float)
    low, high = (function(values, axis=(1, 2), keepdims=True) for function in (np.min, np.max))
    steps = ((values - low) / np.where(high > low, high - low, 1.0) * 255).round().astype(np.uint8)
    count, height, width = steps.shape
    sizes = {"count": count, "height": height, "width": width}
    return {"title": title, **sizes, "values": base64.b64encode(steps.tobytes()).decode()}


def describe(answer: Json, layer: str) -> str:
    """What the maps are, in a sentence."""
    place = {"layer": layer, "epoch": answer["epoch"], "row": answer["row"], "rows": answer["rows"]}
    if len(answer["shape"]) == 3:
        height, width, channels = answer["shape"]
        return say(
            "{layer} after epoch {epoch}: {shown} of {channels} maps of {height}×{width}, row {row} of {rows}.",
            shown=len(answer["maps"]), channels=channels, height=height, width=width, **place,
        )  # fmt: skip
    if len(answer["shape"]) == 2:
        steps, channels = answer["shape"]
        return say(
            "{layer} after epoch {epoch}: {steps} steps from left to right, {channels} channels down, row {row} of {rows}.",
            steps=steps, channels=channels, **place,
        )  # fmt: skip
    return say(
        "{layer} after epoch {epoch}: {units} numbers from left to right, row {row} of {rows}.",
        units=answer["shape"][0], **place,
    )  # fmt: skip
