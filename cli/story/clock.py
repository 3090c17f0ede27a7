"""The clock of a database that lives through a week in half a minute.

While a story is played, the sessions of its database read the story's time wherever a statement
asks for the time: functions of the usual names stand before PostgreSQL's own in their search path,
and columns that are dated by default are dated by them. At the end all of it is taken away; the
schema is as migrations leave it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

import psycopg
from psycopg import Connection, sql
from psycopg.conninfo import make_conninfo

from domain.instants import to_ms

_SCHEMA: Final = "story_clock"
_FUNCTIONS: Final = ("now", "clock_timestamp", "statement_timestamp", "transaction_timestamp")
_HAND: Final = """
    CREATE SCHEMA story_clock;
    CREATE TABLE story_clock.hand (at timestamptz NOT NULL);
    INSERT INTO story_clock.hand VALUES (now())
"""
_FUNCTION: Final = """
    CREATE FUNCTION story_clock.{}() RETURNS timestamptz LANGUAGE sql STABLE
    AS 'SELECT at FROM story_clock.hand'
"""
_TURN: Final = "UPDATE story_clock.hand SET at = %s"
_TAKEN_AWAY: Final = "DROP SCHEMA story_clock CASCADE"
_DATED: Final = """
    SELECT c.relname, a.attname FROM pg_attrdef d
    JOIN pg_class c ON c.oid = d.adrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.adnum
    WHERE n.nspname = 'public' AND pg_get_expr(d.adbin, d.adrelid) = %s ORDER BY 1, 2
"""


class StoryClock:
    """The hand of the clock.

    Args:
        conn: a connection in autocommit mode to the story's database.
        at: the first instant.

    Attributes:
        at: the instant.
    """

    def __init__(self, conn: Connection[Any], at: datetime) -> None:
        self._conn = conn
        self.at = at
        self.move(at)

    def move(self, at: datetime) -> None:
        """Turn the hand."""
        self.at = at
        self._conn.execute(_TURN, (at,))

    def now(self) -> datetime:
        """The instant."""
        return self.at

    def now_ms(self) -> int:
        """The instant, ms since 1970."""
        return to_ms(self.at)


@contextmanager
def story_time(dsn: str, at: datetime) -> Iterator[tuple[str, StoryClock]]:
    """Let a database live by a story's clock for as long as the block runs.

    Args:
        dsn: of a database that nobody else uses.
        at: the first instant.

    Yields:
        How to connect to it meanwhile, and the clock.
    """
    with psycopg.connect(dsn, autocommit=True) as conn:
        dated = conn.execute(_DATED, ("now()",)).fetchall()
        conn.execute(_HAND)
        for name in _FUNCTIONS:
            conn.execute(sql.SQL(_FUNCTION).format(sql.Identifier(name)))
        _date_by(conn, dated, f"{_SCHEMA}.now()")
        try:
            inside = make_conninfo(dsn, options=f"-c search_path={_SCHEMA},public,pg_catalog")
            yield inside, StoryClock(conn, at)
        finally:
            _date_by(conn, dated, "now()")
            conn.execute(_TAKEN_AWAY)


def _date_by(conn: Connection[Any], columns: list[tuple[str, str]], expression: str) -> None:
    for table, column in columns:
        conn.execute(
            sql.SQL("ALTER TABLE {} ALTER COLUMN {} SET DEFAULT " + expression).format(
                sql.Identifier(table), sql.Identifier(column)
            )
        )
