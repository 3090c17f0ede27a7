"""One instant of the database, read row by row: memory holds some rows, whatever there is."""

from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any, Final, LiteralString

from psycopg import Connection
from psycopg.rows import TupleRow

_ROWS_AT_A_TIME: Final = 500


class Snapshot:
    """Reads a snapshot that has begun.

    Args:
        conn: inside a read-only transaction whose statements see one instant.
    """

    def __init__(self, conn: Connection[Any]) -> None:
        self.conn = conn
        self._numbers = count(1)
        # Everything is read: a plan must not be chosen for its first rows.
        conn.execute("SET LOCAL cursor_tuple_fraction = 1")

    def rows(self, sql: LiteralString, params: Mapping[str, Any]) -> Iterator[TupleRow]:
        """Run a statement with a cursor of the server's.

        Raises:
            psycopg.OperationalError: the server does not answer.
        """
        with self.conn.cursor(f"held_{next(self._numbers)}") as cursor:
            cursor.itersize = _ROWS_AT_A_TIME
            yield from cursor.execute(sql, params)

    def all(self, sql: LiteralString, params: Mapping[str, Any]) -> list[TupleRow]:
        """Run a statement whose rows are few.

        Raises:
            psycopg.OperationalError: the server does not answer.
        """
        return self.conn.execute(sql, params).fetchall()
