"""The packages: all of them are in the distribution, and none brings Keras into the server."""

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_every_package_is_listed():
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    folders = ("dashboard", "components", "presets")
    found = [init.parent.relative_to(ROOT) for folder in folders for init in (ROOT / folder).rglob("__init__.py")]
    assert sorted(listed) == sorted(["layerloom", *(".".join(path.parts) for path in found)])


def test_no_page_brings_keras_into_the_server():
    """An import of a module runs its package first, which import-linter does not follow."""
    pages = sorted(path.stem for path in (ROOT / "dashboard/views").glob("*.py") if path.stem != "__init__")
    source = "\n".join(f"import dashboard.views.{page}" for page in pages)
    source += "\nimport sys, dashboard.app\nprint(sorted({'tensorflow', 'keras', 'openTSNE'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", source], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "[]", done.stderr[-2000:]
