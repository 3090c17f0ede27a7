"""A section of an access archive: its table, explained column by column, and what fills it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from dataflows.access.gathering import Gathering
from domain.values import Json

Row = tuple[Json, ...]
"""Values in the order of a section's columns: what JSON can say, instants, ids, `msgspec.Raw`."""

SOMEBODY_ELSE: Final = "somebody else"
"""In place of what is about another person."""
WITHHELD: Final = "[withheld]"
"""In place of what may name another person."""


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        name: in headers and as key in JSON.
        what: it says, for whoever the archive is about.
        origin: places that it is taken from, as ``table.column``, with blanks between them; empty
            where it is computed.
    """

    name: str
    what: str
    origin: str = ""


@dataclass(frozen=True)
class Section:
    """One table of an archive; its files, its page and its part of the dictionary follow from it.

    Attributes:
        name: of its files.
        title: of its part of the page.
        what: it holds, for whoever the archive is about.
        rows: reads them, in order.
        lines: whether the JSON file has a value per line, as long lists need; else it is a list.
    """

    name: str
    title: str
    what: str
    columns: tuple[Column, ...]
    rows: Callable[[Gathering], Iterator[Row]]
    lines: bool = False

    @property
    def json_name(self) -> str:
        """Name of the JSON file."""
        return f"{self.name}.ndjson" if self.lines else f"{self.name}.json"

    @property
    def csv_name(self) -> str:
        """Name of the CSV file."""
        return f"{self.name}.csv"

    @property
    def origins(self) -> frozenset[str]:
        """Every place that it is taken from."""
        return frozenset(place for column in self.columns for place in column.origin.split())
