"""Pages lead where they say, and fit a screen beside the code."""

import re
from pathlib import Path
from typing import Final

import pytest

_ROOT: Final = Path(__file__).parents[2]
_PAGES: Final = sorted(
    page
    for folder, pattern in ((_ROOT, "*.md"), (_ROOT / "docs", "**/*.md"))
    for page in folder.glob(pattern)
)
_WIDTH: Final = 100
_FENCE: Final = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)
_LINK: Final = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING: Final = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)


def _name(page: Path) -> str:
    return str(page.relative_to(_ROOT))


def _anchor(heading: str) -> str:
    """The name of a heading in links: small letters, no punctuation, dashes for spaces.

    >>> _anchor("Why `it` holds – and what then?")
    'why-it-holds--and-what-then'
    """
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def test_there_are_pages() -> None:
    assert {"README.md", "docs/architecture.md", "docs/glossary.md"} <= {*map(_name, _PAGES)}


@pytest.mark.parametrize("page", _PAGES, ids=_name)
def test_links_lead_to_pages_and_headings_that_are_there(page: Path) -> None:
    for target in _LINK.findall(_FENCE.sub("", page.read_text())):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        leads_to = (page.parent / path).resolve() if path else page
        assert leads_to.exists(), target
        if anchor and leads_to.suffix == ".md":
            headings = _HEADING.findall(_FENCE.sub("", leads_to.read_text()))
            assert anchor in map(_anchor, headings), target


@pytest.mark.parametrize("page", _PAGES, ids=_name)
def test_prose_is_no_wider_than_code(page: Path) -> None:
    prose = _FENCE.sub("", page.read_text()).splitlines()
    wide = [
        line
        for line in prose
        if len(line) > _WIDTH and " " in line.strip() and not line.lstrip().startswith("|")
    ]
    assert wide == []
