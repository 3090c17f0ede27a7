"""State diagrams of the docs, drawn from the tables of transitions: ``python -m
tests.docs.diagrams`` redraws them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from domain import export, gate
from domain.activation import states
from domain.intake import dead_letter
from domain.privacy import access
from domain.segments import definition
from domain.values import Transitions

DOCS: Final = Path(__file__).parents[2] / "docs"
PAGES: Final[dict[str, dict[str, Transitions]]] = {
    "activation.md": {
        "push": states.PUSH_TRANSITIONS,
        "request": states.REQUEST_TRANSITIONS,
        "row": states.ROW_TRANSITIONS,
        "audience": states.AUDIENCE_TRANSITIONS,
    },
    "segments.md": {"definition": definition.DEFINITION_TRANSITIONS},
    "gate.md": {"mode": gate.MODE_TRANSITIONS},
    "export.md": {"export": export.EXPORT_TRANSITIONS},
    "privacy.md": {"archive": access.ARCHIVE_TRANSITIONS},
    "operations.md": {
        "sweep": definition.SWEEP_TRANSITIONS,
        "dead letter": dead_letter.DEAD_LETTER_TRANSITIONS,
    },
}
"""Page → name of a diagram → its table."""


def diagram(table: Transitions) -> str:
    """Draw a table as a Mermaid state diagram; what is not there is the dot.

    >>> from domain.gate import Mode
    >>> print(diagram({(None, Mode.ENFORCE): "set"}))
    stateDiagram-v2
        [*] --> enforce: set
    """
    edges = (
        f"    {before or '[*]'} --> {after or '[*]'}: {label}"
        for (before, after), label in table.items()
    )
    return "\n".join(("stateDiagram-v2", *edges))


def drawn(text: str, tables: Mapping[str, Transitions]) -> str:
    """A page with its diagrams drawn again, each between its two markers.

    Raises:
        ValueError: a diagram has no place on the page.
    """
    for name, table in tables.items():
        begin, end = f"<!-- states: {name} -->", "<!-- end of states -->"
        before, found, rest = text.partition(begin)
        _, closed, after = rest.partition(end)
        if not found or not closed:
            raise ValueError(f"no place for the states of a {name}")
        text = f"{before}{begin}\n\n```mermaid\n{diagram(table)}\n```\n\n{end}{after}"
    return text


if __name__ == "__main__":
    for page, tables in PAGES.items():
        path = DOCS / page
        path.write_text(drawn(path.read_text(), tables))
