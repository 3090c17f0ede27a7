"""What the built page weighs, gzipped, in kB of 1,000 bytes; and which hosts it names: none."""

import json
import re
from pathlib import Path
from typing import Any, Final

import pytest

from tests.support.chromium import built_page

FIRST_KB: Final = 170.0  # the overview with everything it needs
TWO_KB: Final = 220.0  # the overview and any one further view
VIEW_KB: Final = 40.0  # what a view adds
EDITOR_KB: Final = 80.0  # what the segment editor adds
CSS_KB: Final = 25.0
_OVERVIEW: Final = "src/views/cdp/CDPDashboard.tsx"
_MESSAGES: Final = re.compile(
    rb"https?://(?!www\.w3\.org/|react\.dev/errors/|tailwindcss\.com|localhost)"
)
"""Addresses, but for names of XML, what errors and a licence cite, and a base to parse by."""


@pytest.fixture(scope="module")
def dist() -> Path:
    return built_page()


@pytest.fixture(scope="module")
def manifest(dist: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((dist / ".vite" / "manifest.json").read_text())
    return found


def _needed(manifest: dict[str, Any], key: str, found: set[str]) -> set[str]:
    """A chunk and all that it needs before it runs."""
    if key not in found:
        found.add(key)
        for other in manifest[key].get("imports", []):
            _needed(manifest, other, found)
    return found


def _weight(dist: Path, files: set[str], suffix: str) -> float:
    return sum(
        (dist / f"{name}.gz").stat().st_size / 1000 for name in files if name.endswith(suffix)
    )


def _scripts(dist: Path, manifest: dict[str, Any], keys: set[str]) -> float:
    return _weight(dist, {manifest[key]["file"] for key in keys}, ".js")


def test_no_view_weighs_more_than_its_budget(dist: Path, manifest: dict[str, Any]) -> None:
    entry = next(key for key, chunk in manifest.items() if chunk.get("isEntry"))
    first = _needed(manifest, entry, set()) | _needed(manifest, _OVERVIEW, set())
    views = [key for key in manifest if key.startswith("src/views/") and key != _OVERVIEW]
    assert len(views) > 20
    assert _scripts(dist, manifest, first) <= FIRST_KB
    heavy = {}
    for view in views:
        both = first | _needed(manifest, view, set())
        added = _scripts(dist, manifest, both - first)
        limit = EDITOR_KB if "SegmentEditor" in view else VIEW_KB
        if added > limit or _scripts(dist, manifest, both) > TWO_KB:
            heavy[view] = round(added, 1)
    assert heavy == {}


def test_the_style_sheet_weighs_no_more_than_its_budget(dist: Path) -> None:
    sheets = {str(path.relative_to(dist)) for path in dist.rglob("*.css")}
    assert 0 < _weight(dist, sheets, ".css") <= CSS_KB


def test_the_built_page_names_no_other_host(dist: Path) -> None:
    named = {
        path.name: _MESSAGES.findall(path.read_bytes())
        for path in dist.rglob("*")
        if path.suffix in {".js", ".css", ".html", ".svg"} and _MESSAGES.search(path.read_bytes())
    }
    assert named == {}
