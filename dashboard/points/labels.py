"""The points' own words: every English text of the .js files, for the page to translate."""

LABELS: tuple[str, ...] = (
    "After epoch {epoch}.",
    "Arrows move, + and − zoom, 0 shows all again, Page Down goes from point to point, Enter chooses.",
    "Iteration {count}…",
    "error",
    "map {place}",
    "predicted",
    "predicted: {value}",
    "What the model says over the plane, after epoch {epoch}; the points are validation data.",
    "right",
    "true",
    "true: {value}",
    "value",
    "wrong",
    "{name}: {share} %",
)
