"""Engine connections: ids travel as 16 bytes, arrays and rows in binary formats.

Formats: PostgreSQL documentation, "Frontend/Backend Protocol" and "COPY, Binary Format".
"""

import struct
from collections.abc import Collection, Iterable, Sequence
from itertools import chain, repeat
from typing import Final

import psycopg
from psycopg.abc import AdaptContext
from psycopg.adapt import Dumper
from psycopg.pq import Format
from psycopg.types.string import ByteaBinaryLoader

_UUID_OID: Final = 2950
_UUID_ARRAY_OID: Final = 2951
_INTEGER_OID: Final = 23
_INTEGER_ARRAY_OID: Final = 1007
_LENGTH_16: Final = b"\0\0\0\x10"
_ARRAY_HEAD: Final = struct.Struct(">iiiii")


def one_of(states: Iterable[str]) -> str:
    """Return a list of constants for a statement, to be put after ``IN``.

    Never for values that come from outside: those are parameters.

    >>> from domain.gate import Verdict
    >>> one_of((Verdict.PASS, Verdict.HOLD))
    "('pass', 'hold')"
    """
    return "(" + ", ".join(f"'{state}'" for state in states) + ")"


class Keys:
    """A parameter of type ``uuid[]``: 16-byte keys.

    Args:
        keys: any number of 16-byte strings.
    """

    __slots__ = ("packed",)

    def __init__(self, keys: Collection[bytes]) -> None:
        head = (
            _ARRAY_HEAD.pack(1, 0, _UUID_OID, len(keys), 1)
            if keys
            else _ARRAY_HEAD.pack(0, 0, _UUID_OID, 0, 0)[:12]
        )
        self.packed = head + (_LENGTH_16 + _LENGTH_16.join(keys) if keys else b"")

    @classmethod
    def of_column(cls, count: int, elements: bytes) -> "Keys":
        """Build from packed elements: before each key its length, 16, as four bytes."""
        keys = cls(())
        if count:
            keys.packed = _ARRAY_HEAD.pack(1, 0, _UUID_OID, count, 1) + elements
        return keys


class Integers:
    """A parameter of type ``integer[]``.

    Args:
        numbers: any number of integers that fit into four bytes.
    """

    __slots__ = ("packed",)

    def __init__(self, numbers: Sequence[int]) -> None:
        count = len(numbers)
        head = (
            _ARRAY_HEAD.pack(1, 0, _INTEGER_OID, count, 1)
            if count
            else _ARRAY_HEAD.pack(0, 0, _INTEGER_OID, 0, 0)[:12]
        )
        self.packed = head + struct.pack(
            f">{2 * count}i", *chain.from_iterable(zip(repeat(4, count), numbers, strict=True))
        )


class _KeysDumper(Dumper):
    format = Format.BINARY
    oid = _UUID_ARRAY_OID

    def dump(self, obj: Keys) -> bytes:
        return obj.packed


class _IntegersDumper(Dumper):
    format = Format.BINARY
    oid = _INTEGER_ARRAY_OID

    def dump(self, obj: Integers) -> bytes:
        return obj.packed


def connect_engine(dsn: str) -> psycopg.Connection:
    """Open a connection for UNIFY.

    Commits do not wait for the disk: a crash loses the last transactions whole, offsets included,
    and they are processed again. Joins run as index lookups, because the temporary tables that rows
    are staged in have no statistics.

    Raises:
        psycopg.OperationalError: the server does not answer.
    """
    connection = psycopg.connect(dsn, autocommit=True, prepare_threshold=1)
    for setting in (
        "synchronous_commit",
        "enable_hashjoin",
        "enable_mergejoin",
        "enable_seqscan",
        "jit",
    ):
        connection.execute(f"SET {setting} = off")
    connection.execute("SET application_name = 'stratum-engine'")
    adapt(connection)
    return connection


def adapt(context: AdaptContext) -> None:
    """Configure a connection or cursor for binary ids.

    It reads uuids as 16 bytes in binary results, and takes `Keys` and `Integers` as parameters.
    """
    context.adapters.register_loader("uuid", ByteaBinaryLoader)
    context.adapters.register_dumper(Keys, _KeysDumper)
    context.adapters.register_dumper(Integers, _IntegersDumper)
