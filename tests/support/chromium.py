"""A real chromium for tests, or the reason why there is none."""

import os
import shutil
from pathlib import Path
from typing import Final

from tests.support.requirements import missing

_NAMES: Final = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The shell is the same engine without windows of its own, and loads pages in 60 % of the time."""
FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""What keeps chromium to itself: it asks no other host for anything."""
DIST: Final = Path(__file__).parents[2] / "dashboard" / "dist"
"""Where `make dashboard` writes the page."""


def chromium() -> str:
    """Return the path of chromium; skip where there is none."""
    named = os.environ.get("STRATUM_TEST_CHROMIUM")
    found = named or next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        missing(
            "browser",
            "chromium is not on the path: install Debian's package chromium-headless-shell",
        )
    return str(found)


def built_page() -> Path:
    """Return the folder of the built dashboard; skip where it is not built."""
    if not (DIST / "index.html").exists():
        missing("browser", "the dashboard is not built: make dashboard")
    return DIST
