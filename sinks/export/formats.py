"""Formats exported people as CSV, JSON and NDJSON, page by page.

`sinks.export.parquet` does Parquet. Pure: bytes in, no files.

CSV is RFC 4180 with a header. A text that a spreadsheet would run as a formula gets an apostrophe
before it (OWASP, CSV Injection), unless the export asks for texts as they are. Instants are ISO
8601 in UTC; money is in the currency's minor unit.
"""

import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol

import msgspec

from domain.export import ExportFormat, ExportSpec
from domain.instants import clamped_utc
from domain.values import Json
from operators.export import Column, Record, json_text

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_UNSEEN: Final = re.compile(r"^[\s\u200b-\u200f\u2028-\u202f\u2060-\u2069\ufeff]+")
_INSTANTS: Final = ("first_seen_at", "last_seen_at")
MEDIA_TYPES: Final[Mapping[ExportFormat, str]] = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "ndjson": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
}


class Encoder(Protocol):
    """Spells one export; called once for the head, for each page in turn, and once for the tail."""

    def head(self) -> bytes:
        """What comes before everybody."""

    def page(self, records: Sequence[Record]) -> bytes:
        """Some people; may be empty where they are held back until there are more."""

    def tail(self) -> bytes:
        """What comes after everybody."""


class JsonEncoder:
    """One JSON array."""

    def __init__(self) -> None:
        self._lead = b""

    def head(self) -> bytes:
        """Open the array."""
        return b"["

    def page(self, records: Sequence[Record]) -> bytes:
        """People with commas between them."""
        if not records:
            return b""
        lead, self._lead = self._lead, b",\n"
        return lead + b",\n".join(map(_json, records))

    def tail(self) -> bytes:
        """Close the array."""
        return b"]"


class NdjsonEncoder:
    """One JSON object per line."""

    def head(self) -> bytes:
        """Nothing."""
        return b""

    def page(self, records: Sequence[Record]) -> bytes:
        """A line each."""
        return b"".join(_json(record) + b"\n" for record in records)

    def tail(self) -> bytes:
        """Nothing."""
        return b""


class CsvEncoder:
    """CSV with a header.

    Args:
        columns: of the export.
        guard: whether formulas are defused.
    """

    def __init__(self, columns: Sequence[Column], *, guard: bool) -> None:
        self._columns = [(column.pick, _cell_formatter(column, guard=guard)) for column in columns]
        self._names = [guarded(column.name) if guard else column.name for column in columns]

    def head(self) -> bytes:
        """The header."""
        return _lines([self._names])

    def page(self, records: Sequence[Record]) -> bytes:
        """A line each."""
        return _lines(
            [[spell(pick(record)) for pick, spell in self._columns] for record in records]
        )

    def tail(self) -> bytes:
        """Nothing."""
        return b""


def encoder(spec: ExportSpec, columns: Sequence[Column], group_rows: int) -> Encoder:
    """Formats an export.

    Args:
        spec: what was asked for.
        columns: of the export.
        group_rows: people per row group of Parquet, which is what it holds in memory.
    """
    if spec.format == "parquet":
        # Imported late: the library takes 50 MB, and few exports need it.
        from sinks.export.parquet import ParquetEncoder  # noqa: PLC0415

        return ParquetEncoder(columns, group_rows)
    if spec.format == "csv":
        return CsvEncoder(columns, guard=spec.guard_formulas)
    return JsonEncoder() if spec.format == "json" else NdjsonEncoder()


def guarded(text: str) -> str:
    r"""Defuse a text that a spreadsheet would run, also one that drops what nobody sees before it.

    >>> guarded("=1+1"), guarded(" \ufeff=1+1"), guarded("1+1"), guarded(" a")
    ("'=1+1", "' \ufeff=1+1", '1+1', ' a')
    """
    if text[:1].isalnum():
        return text
    is_formula = text.startswith(_FORMULA) or _UNSEEN.sub("", text).startswith(_FORMULA)
    return f"'{text}" if is_formula else text


def instant(at_ms: int | None) -> str | None:
    """Spell an instant; one outside the years 1 to 9999 as the nearest within.

    >>> instant(1_790_000_000_123)
    '2026-09-21T14:13:20.123Z'
    """
    if at_ms is None:
        return None
    return clamped_utc(at_ms).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def _json(record: Record) -> bytes:
    told = record | {name: instant(record[name]) for name in _INSTANTS if name in record}
    if record.get("last_events") is not None:
        told["last_events"] = {
            name: instant(at_ms) for name, at_ms in record["last_events"].items()
        }
    return msgspec.json.encode(told)


def _cell_formatter(column: Column, *, guard: bool) -> Callable[[Any], Any]:
    """How a column's values become cells."""
    text: Callable[[str], str] = guarded if guard else str
    if column.cells == "instant":
        return instant
    if column.cells == "texts":
        return lambda values: text(_one_or_list(values))
    if column.cells in {"lists", "counts", "money"} or column.name == "traits":
        return json_text

    def spell(value: Json) -> Json:
        if isinstance(value, str):
            return text(value)
        return "" if value is None else json_text(value)

    return spell


def _one_or_list(values: Sequence[str] | None) -> str:
    """One value as it is, several as a JSON list.

    A cell that begins with a bracket is always a list.
    """
    if not values:
        return ""
    return values[0] if len(values) == 1 and not values[0].startswith("[") else json_text(values)


def _lines(rows: Sequence[Sequence[Any]]) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer).writerows(rows)
    return buffer.getvalue().encode(errors="surrogatepass")
