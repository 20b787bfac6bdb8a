"""The distribution holds every package of the tree: what is left out is missing on a fresh machine only."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_every_package_is_listed():
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    folders = ("dashboard", "components", "presets")
    found = [init.parent.relative_to(ROOT) for folder in folders for init in (ROOT / folder).rglob("__init__.py")]
    assert sorted(listed) == sorted(["layerloom", *(".".join(path.parts) for path in found)])
