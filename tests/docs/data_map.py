"""The data map as the page for privacy officers shows it: ``python -m tests.docs.data_map`` writes
it again."""

from pathlib import Path
from typing import Final

from domain.privacy.data_map import PLACES, Place

PAGE: Final = Path(__file__).parents[2] / "docs" / "privacy.md"
_BEGIN: Final = "<!-- data map -->"
_END: Final = "<!-- end of data map -->"
_HEAD: Final = """\
| store | place | what rests there | why | personal | kept | leaves by | access |
|---|---|---|---|---|---|---|---|"""


def row(place: Place) -> str:
    """A place as a row of the table."""
    name = f"`{place.name}`"
    if place.parts:
        name += ": " + ", ".join(f"`{part}`" for part in place.parts)
    access = f"`{place.access}`" if place.access else place.withheld
    cells = (
        place.store, name, place.what, place.why, place.personal, place.kept, place.leaves, access
    )  # fmt: skip
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def drawn(text: str) -> str:
    """The page with its table written again, between its two markers.

    Raises:
        ValueError: the page has no place for it.
    """
    before, found, rest = text.partition(_BEGIN)
    _, closed, after = rest.partition(_END)
    if not found or not closed:
        raise ValueError("no place for the data map")
    table = "\n".join((_HEAD, *map(row, PLACES)))
    return f"{before}{_BEGIN}\n\n{table}\n\n{_END}{after}"


if __name__ == "__main__":
    PAGE.write_text(drawn(PAGE.read_text()))
