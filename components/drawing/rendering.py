"""Rendering: DOT source to SVG or PNG through Graphviz, the installed one or the one inside the pygraphviz wheel."""

from __future__ import annotations

import re
import shutil
import subprocess
import threading
from collections.abc import Iterator

SPLINES = ("ortho", "spline", "polyline")
"""How edges may run, in the order in which they are tried: right angles crash some versions of Graphviz."""

SECONDS = 60
"""The longest that one drawing may take before it is given up."""

MOST_PIXELS = 40_000_000
MOST_PIXELS_ACROSS = 16_000
"""Of a bitmap: larger ones are drawn at a lower resolution."""

POINTS_PER_INCH = 72

_drawing = threading.Lock()
"""Graphviz in the same process draws one graph at a time."""


class RenderError(ValueError):
    """A graph that Graphviz could not draw."""


def render_svg(dot: str) -> tuple[str, str]:
    """The drawing as SVG, and the source that it could be drawn from.

    The SVG fills the width it is given: it has a viewBox and no size of its own.
    """
    drawing, source = render(dot, "svg")
    svg = drawing.decode()
    return re.sub(r'^<svg width="[^"]*" height="[^"]*"', "<svg", svg[svg.index("<svg") :]), source


def render_png(dot: str, dpi: int) -> bytes:
    """The drawing as PNG at that many dots per inch, fewer when it would grow too large."""
    return render(with_attribute(dot, "dpi", str(affordable_dpi(dot, dpi))), "png")[0]


def affordable_dpi(dot: str, dpi: int) -> int:
    """The wanted resolution, or the highest one at which the picture has no more than `MOST_PIXELS`."""
    width, height = size_in_inches(render(with_attribute(dot, "dpi", str(POINTS_PER_INCH)), "svg")[0].decode())
    by_area = (MOST_PIXELS / (width * height)) ** 0.5
    return max(1, int(min(dpi, by_area, MOST_PIXELS_ACROSS / max(width, height))))


def size_in_inches(svg: str) -> tuple[float, float]:
    """Width and height of a drawing made at 72 dots per inch."""
    found = re.search(r'<svg width="([\d.]+)pt" height="([\d.]+)pt"', svg)
    if found is None:
        raise RenderError("Graphviz drew a picture without a size; draw it as SVG instead.")
    return max(1.0, float(found[1])) / POINTS_PER_INCH, max(1.0, float(found[2])) / POINTS_PER_INCH


def with_attribute(dot: str, name: str, value: str) -> str:
    """The source with an attribute of the whole graph set; the last one in the source holds."""
    return f'{dot[: dot.rindex("}")]}\ngraph [{name}="{value}"];\n{name}="{value}";\n}}\n'


def drawn_splines(dot: str) -> str:
    """How the source wants its edges to run: the last that is said of it."""
    said = re.findall(r'\bsplines="?(\w+)', dot)
    return said[-1] if said else ""


def render(dot: str, form: str) -> tuple[bytes, str]:
    """The drawing in that form, and its source, with other edges when Graphviz fails at the wanted ones.

    Raises RenderError when it fails at all of them.
    """
    for source in (dot, *(with_attribute(dot, "splines", splines) for splines in SPLINES[1:])):
        for drawing in attempts(source, form):
            if drawing:
                return drawing, source
    raise RenderError("Graphviz could not draw this graph in any way; group some of its nodes into a model.")


def attempts(dot: str, form: str) -> Iterator[bytes]:
    """What each Graphviz at hand makes of the source; empty where it fails."""
    program = shutil.which("dot")
    if program:
        yield run_program(program, dot, form)
    yield draw_in_process(dot, form)


def run_program(program: str, dot: str, form: str) -> bytes:
    """The installed Graphviz, in a process of its own: its crash is no crash of ours."""
    try:
        done = subprocess.run([program, f"-T{form}"], input=dot.encode(), capture_output=True, timeout=SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return b""
    return done.stdout if done.returncode == 0 else b""


def draw_in_process(dot: str, form: str) -> bytes:
    """The Graphviz that the pygraphviz wheel carries."""
    # Only here, so that a machine without the wheel can still draw with an installed Graphviz.
    import pygraphviz

    with _drawing:
        try:
            with pygraphviz.AGraph(string=dot) as graph:
                return graph.draw(format=form, prog="dot")
        except (ValueError, OSError):
            return b""
