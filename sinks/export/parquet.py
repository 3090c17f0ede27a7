"""Exported people as Parquet: typed columns, row groups of a bounded size.

Pure: bytes in, no files.

Instants are timestamps in UTC with milliseconds; what holds any JSON value is text, JSON where the
value is none. Format: Apache Parquet.
"""

import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from operators.export import Cells, Column, Record, json_text

_MONEY: Final = pa.list_(
    pa.struct([("currency", pa.string()), ("orders", pa.int64()), ("amount_minor", pa.int64())])
)
_TYPES: Final[Mapping[Cells, pa.DataType]] = {
    "text": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "instant": pa.timestamp("ms", tz="UTC"),
    "any": pa.string(),
    "texts": pa.list_(pa.string()),
    "lists": pa.map_(pa.string(), pa.list_(pa.string())),
    "counts": pa.map_(pa.string(), pa.int64()),
    "money": _MONEY,
}


class ParquetEncoder:
    """One Parquet file, handed out as it grows.

    Args:
        columns: of the export.
        group_rows: people per row group.
    """

    def __init__(self, columns: Sequence[Column], group_rows: int) -> None:
        self._columns = [(column.pick, _convert(column.cells)) for column in columns]
        self._schema = pa.schema([(column.name, _TYPES[column.cells]) for column in columns])
        self._group_rows = group_rows
        self._waiting: list[list[Any]] = [[] for _ in columns]
        self._out = _Drain()
        self._writer = pq.ParquetWriter(self._out, self._schema, compression="zstd")

    def head(self) -> bytes:
        """The format's mark."""
        return self._out.take()

    def page(self, records: Sequence[Record]) -> bytes:
        """Row groups that are full."""
        for values, (pick, convert) in zip(self._waiting, self._columns, strict=True):
            values += [convert(pick(record)) for record in records]
        if self._waiting and len(self._waiting[0]) >= self._group_rows:
            self._flush()
        return self._out.take()

    def tail(self) -> bytes:
        """The last row group and the directory of all."""
        if self._waiting[0]:
            self._flush()
        self._writer.close()
        return self._out.take()

    def _flush(self) -> None:
        arrays = [
            pa.array(values, field.type)
            for values, field in zip(self._waiting, self._schema, strict=True)
        ]
        self._writer.write_table(
            pa.table(arrays, schema=self._schema), row_group_size=self._group_rows
        )
        for values in self._waiting:
            values.clear()


class _Drain(io.RawIOBase):
    """A file that only counts what it was given and hands it on."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[bytes] = []
        self._size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:  # noqa: ANN401 - anything with a buffer
        part = bytes(data)
        self._parts.append(part)
        self._size += len(part)
        return len(part)

    def tell(self) -> int:
        return self._size

    def take(self) -> bytes:
        taken = b"".join(self._parts)
        self._parts.clear()
        return taken


def _convert(cells: Cells) -> Callable[[Any], Any]:
    """How a record's value becomes what Arrow takes."""
    if cells == "any":
        return lambda value: value if value is None or isinstance(value, str) else json_text(value)
    if cells in {"lists", "counts"}:
        return lambda value: None if value is None else list(value.items())
    if cells == "money":
        return lambda value: [{"currency": currency, **sums} for currency, sums in value.items()]
    if cells == "number":
        return lambda value: None if value is None else float(value)
    return lambda value: value
