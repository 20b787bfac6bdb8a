"""The width of each layer's histogram of gradients, from the probe that the page's histograms come from."""

from __future__ import annotations

from components.graph import Json
from components.inside.histograms import LayerProbe
from components.proofs.exhibit import exhibit, lines
from components.proofs.fitting import prepared, read_all
from components.training.feeding import first_rows

ROWS = 64


def prove_json(experiments: list[Json], options: Json) -> Json:
    """Before the first step, from the lowest to the highest gradient of every kernel between the options `first` and `last`."""
    model, splits = prepared(read_all(experiments)[0])
    (_, found), *_ = LayerProbe(model, first_rows(splits["train"], ROWS))(0, True)
    gradients = {name.partition("/")[0]: h for name, h in found["gradients"].items() if name.endswith("/kernel")}
    names = list(gradients)
    names = names[names.index(str(options["first"])) : names.index(str(options["last"])) + 1]
    widths = [float(gradients[name]["high"] - gradients[name]["low"]) for name in names]
    return exhibit(
        widths[-1] == max(widths) and widths[0] < 1e-3 * widths[-1],
        "The gradients of “{first}” lie within {small:.0e} of each other, those of “{last}” within {large:.0e}; the widest "
        "histogram is that of “{widest}”.",
        {"first": names[0], "last": names[-1], "small": widths[0], "large": widths[-1], "widest": names[widths.index(max(widths))]},
        charts=[lines("Width of the histogram of gradients", "layer, from the input", "width", {"gradient": widths}, log=True)],
    )  # fmt: skip
