"""Spells a section's rows as JSON, as CSV, and as cells of the page. Pure."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from dataflows.access.section import Row
from domain.values import Json
from sinks.export.formats import guarded

_ENCODER: Final = msgspec.json.Encoder(enc_hook=str)


def plain(row: Row) -> Row:
    """A row with its instants and ids spelled as text, for all that follows."""
    return tuple([_spelled(value) for value in row])


def _spelled(value: Json) -> Json:
    if isinstance(value, datetime):
        spelled = value.astimezone(UTC).isoformat(timespec="milliseconds")
        return spelled.removesuffix("+00:00") + "Z"
    return str(value) if isinstance(value, UUID) else value


def json_object(names: Sequence[str], row: Row) -> bytes:
    """A plain row as a JSON object on one line.

    >>> json_object(("a", "b"), (1, None))
    b'{"a":1,"b":null}'
    """
    return _ENCODER.encode(dict(zip(names, row, strict=True)))


def json_value(value: Mapping[str, Any]) -> bytes:
    """A JSON file for readers, with indents."""
    return msgspec.json.format(_ENCODER.encode(value), indent=1) + b"\n"


def csv_lines(rows: Iterable[Row]) -> bytes:
    r"""Plain rows as CSV; texts that a spreadsheet would run are defused.

    >>> csv_lines([("=1+1", None, -1, {"a": 1})])
    b'\'=1+1,,-1,"{""a"":1}"\r\n'
    """
    buffer = io.StringIO()
    csv.writer(buffer).writerows([[_safe_cell(value) for value in row] for row in rows])
    return buffer.getvalue().encode(errors="replace")


def _safe_cell(value: Json) -> str:
    if isinstance(value, str):
        return guarded(value)
    text = cell(value)
    return text if value is None or isinstance(value, int | float) else guarded(text)


def cell(value: Json) -> str:
    """A value of a plain row as text; what is no text is JSON, nothing is empty.

    >>> cell("a"), cell(None), cell(False), cell([1])
    ('a', '', 'false', '[1]')
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return bytes(value if isinstance(value, msgspec.Raw) else _ENCODER.encode(value)).decode(
        errors="replace"
    )
