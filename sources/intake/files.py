"""Files of events as Segment records: JSONL as it is, CSV through a column map.

Streaming; a bad row is reported and nothing is lost.

A record without ``messageId`` is given one: a digest of the file's base name, the line's number and
the line. So the same file sent again, from the beginning or from the middle, adds nothing.

A column map (YAML or JSON)::

    columns:                      # CSV column → path in the record
      customer: userId
      amount: properties.revenue
      when: timestamp
    constants:                    # path → value for every row
      type: track
      event: Order Completed
    types:                        # path → text (default), number, integer or boolean
      properties.revenue: number
    templates:                    # path → text with {column} in it
      messageId: "order-{order_id}"

An empty cell is left out.
"""

import csv
import gzip
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import IO, Any, Final, Literal, cast

import msgspec
import yaml

from domain.values import Json

_DIGEST_BYTES: Final = 16
_TRUE: Final = frozenset({"1", "true", "t", "yes", "y"})
_FALSE: Final = frozenset({"0", "false", "f", "no", "n"})

CellType = Literal["text", "number", "integer", "boolean"]


class MapError(ValueError):
    """The column map cannot be used; the message says why."""


class ColumnMap(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a CSV row becomes a Segment record. Paths name nested fields with dots.

    Attributes:
        columns: column → path.
        constants: path → JSON value.
        types: path → type of its cells.
        templates: path → text with ``{column}`` in it.
        delimiter: between cells.
    """

    columns: dict[str, str]
    constants: dict[str, Any] = {}
    types: dict[str, CellType] = {}
    templates: dict[str, str] = {}
    delimiter: str = ","


@dataclass(frozen=True)
class Row:
    """One record of a file: its line number from 1, and its JSON."""

    line: int
    value: bytes


@dataclass(frozen=True)
class BadRow:
    """One row that is no record.

    Attributes:
        line: its number from 1.
        reason: what is wrong, without its values.
        text: the row as it stands in the file.
    """

    line: int
    reason: str
    text: bytes


def read_map(path: Path) -> ColumnMap:
    """Read a column map.

    Raises:
        MapError: not readable, or not a map.
    """
    try:
        return msgspec.convert(yaml.safe_load(path.read_text()), ColumnMap)
    except (OSError, yaml.YAMLError, msgspec.ValidationError) as error:
        raise MapError(f"{path}: {error}") from error


def read_records(path: Path, columns: ColumnMap | None = None) -> Iterator[Row | BadRow]:
    """Read a file's records in order. ``.gz`` is unpacked on the way.

    Args:
        path: JSONL, or CSV with a header line where `columns` is given.
        columns: how CSV rows are read.

    Raises:
        OSError: the file cannot be read.
        MapError: a column that the map names is not in the header.
    """
    with _open(path) as stream:
        yield from (
            _csv_records(path.name, stream, columns)
            if columns
            else _json_records(path.name, stream)
        )


def _open(path: Path) -> IO[bytes]:
    return cast("IO[bytes]", gzip.open(path, "rb")) if path.suffix == ".gz" else path.open("rb")


def _message_id(name: str, line: int, text: bytes) -> str:
    digest = blake2b(
        text, digest_size=_DIGEST_BYTES, key=f"{line}:{name}".encode()[:64], person=b"file"
    )
    return f"file-{digest.hexdigest()}"


def _json_records(name: str, stream: Iterable[bytes]) -> Iterator[Row | BadRow]:
    for line, raw in enumerate(stream, 1):
        text = raw.strip()
        if not text:
            continue
        try:
            record = msgspec.json.decode(text)
        except (msgspec.DecodeError, RecursionError):
            yield BadRow(line, "not valid JSON", text)
            continue
        if not isinstance(record, dict):
            yield BadRow(line, "not a JSON object", text)
        elif record.get("messageId"):
            yield Row(line, text)
        else:
            yield Row(
                line, msgspec.json.encode({**record, "messageId": _message_id(name, line, text)})
            )


class _Lines:
    """Text lines of a stream, which remember the bytes that the newest CSV row was made of."""

    def __init__(self, stream: Iterable[bytes]) -> None:
        self._stream = iter(stream)
        self._taken: list[bytes] = []

    def __iter__(self) -> Iterator[str]:
        for raw in self._stream:
            self._taken.append(raw)
            # surrogates keep bytes that are not UTF-8 apart until the row is judged
            yield raw.decode(
                "utf-8-sig" if raw.startswith(b"\xef\xbb\xbf") else "utf-8",
                errors="surrogateescape",
            )

    def take(self) -> bytes:
        text, self._taken = b"".join(self._taken), []
        return text


def _csv_records(name: str, stream: Iterable[bytes], columns: ColumnMap) -> Iterator[Row | BadRow]:
    lines = _Lines(stream)
    rows = csv.reader(lines, delimiter=columns.delimiter, strict=True)
    header = next(rows, [])
    lines.take()
    missing = set(columns.columns) - set(header)
    if missing:
        raise MapError(f"{name}: no column {', '.join(sorted(missing))} in its header")
    while True:
        line = rows.line_num + 1
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield BadRow(line, f"not valid CSV: {error}", lines.take())
            continue
        text = lines.take()
        if cells:
            yield _csv_record(
                name,
                line,
                text,
                dict(zip(header, cells, strict=False)) if len(cells) == len(header) else None,
                columns,
            )


def _csv_record(
    name: str, line: int, text: bytes, cells: dict[str, str] | None, columns: ColumnMap
) -> Row | BadRow:
    if cells is None:
        return BadRow(line, "another number of cells than the header has", text)
    record: dict[str, Any] = {}
    try:
        for path, value in columns.constants.items():
            _place(record, path, value)
        for column, path in columns.columns.items():
            if cells[column] != "":
                _place(record, path, _cell(cells[column], columns.types.get(path, "text"), path))
        for path, template in columns.templates.items():
            _place(record, path, template.format_map(cells))
        if not record.get("messageId"):
            record["messageId"] = _message_id(name, line, text)
        return Row(line, msgspec.json.encode(record))
    except UnicodeEncodeError:
        return BadRow(line, "not valid UTF-8", text)
    except (ValueError, KeyError, IndexError, AttributeError) as error:
        return BadRow(
            line,
            str(error) if isinstance(error, _CellError) else "a template does not fit the header",
            text,
        )


class _CellError(ValueError):
    """A cell that does not read as its type; the message names the path only."""


def _cell(text: str, kind: CellType, path: str) -> Json:
    folded = text.strip().lower()
    try:
        if kind == "number":
            return msgspec.json.decode(folded.lstrip("+"), type=int | float)
        if kind == "integer":
            return int(folded)
    except ValueError:
        raise _CellError(f"{path} is not a {kind}") from None
    if kind == "boolean":
        if folded not in _TRUE | _FALSE:
            raise _CellError(f"{path} is not a boolean")
        return folded in _TRUE
    return text


def _place(record: dict[str, Any], path: str, value: Json) -> None:
    *parents, last = path.split(".")
    for parent in parents:
        child = record.setdefault(parent, {})
        if not isinstance(child, dict):
            raise _CellError(f"{path} lies below a value")
        record = child
    record[last] = value


def count_lines(path: Path) -> int:
    """Number of lines of a file, for showing progress."""
    with _open(path) as stream:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: stream.read(1 << 20), b""))
