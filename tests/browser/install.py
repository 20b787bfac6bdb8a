"""Finds a Chromium for the browser tests, and installs one where that can be done without asking.

Run as `python -m tests.browser.install`; exits 0 with one sentence when there is none, 1 when `CI` is set.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_browser() -> str | None:
    """The path of a Chromium: `LAYERLOOM_BROWSER`, one on PATH, or the one Playwright keeps."""
    installed = [os.environ.get("LAYERLOOM_BROWSER"), *(shutil.which(name) for name in NAMES)]
    found = next((path for path in installed if path), None) or playwrights_own()
    return found if Path(found).exists() else None


@cache
def playwrights_own() -> str:
    """Where Playwright's own Chromium is, or would be."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        return playwright.chromium.executable_path


def install_browser() -> None:
    """By Debian's package as root, otherwise by Playwright into the person's own cache."""
    if os.name == "posix" and shutil.which("apt-get") and os.geteuid() == 0:
        quietly("apt-get", "update")
        quietly("apt-get", "install", "--yes", "--no-install-recommends", "chromium", "fonts-dejavu-core")
    else:
        quietly(sys.executable, "-m", "playwright", "install", "chromium")


def quietly(*command: str) -> None:
    """The command, its output shown only when it fails; a failure is no exception."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, env=environment, check=False)
    if done.returncode:
        print(done.stderr[-500:], file=sys.stderr)


def main() -> int:
    """Find or install; say so in one sentence when neither worked."""
    if find_browser() is None:
        install_browser()
    if find_browser() is not None:
        return 0
    print(
        "The browser tests need Chromium and none could be installed; install it, or set LAYERLOOM_BROWSER to its path."
    )
    return 1 if os.environ.get("CI") else 0


if __name__ == "__main__":
    sys.exit(main())
