"""The parallel coordinates' own words: every English text of the .js files, for the page to translate."""

LABELS: tuple[str, ...] = (
    "Left and right choose an axis, up and down narrow its range, 0 shows all again, Page Down goes from trial to trial, Enter opens one.",
    "Parallel coordinates of {count} trials over {names}. The best is {best}.",
    "not there",
    "{count} trials",
    "{kept} of {count} trials are in the range.",
    "{name} from {low} to {high}",
)
