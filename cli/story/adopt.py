"""Takes a story that was played in a database of its own into the running one, in one transaction.

Rows go as they are, so that what the engine wrote stays what it wrote: ids are apart from the start
(`set_apart`), transaction ids are the server's, and the audit log's chain comes out the same,
because it is chained again in its order. Workers see the whole week or nothing of it.
"""

from typing import Any, Final

from psycopg import Connection, sql

from store.definitions.publish import lock_definitions

_SMALL: Final = frozenset(
    {
        "workspaces",
        "sources",
        "api_keys",
        "segments",
        "traits",
        "audiences",
        "aggregates",
        "write_keys",
    }
)
"""Tables whose ids people read."""
_APART: Final = 1_000_000
_APART_SMALL: Final = 100
_LEFT: Final = frozenset(
    {"schema_migrations", "offsets", "definitions_revision", "audit_chain", "attempts",
     "log_refusals"}
)  # fmt: skip
"""Tables of the server, and the chain, which is made again."""
_SEQUENCES: Final = """
    SELECT c.relname, a.attname, pg_get_serial_sequence(c.oid::regclass::text, a.attname)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attidentity <> ''
    WHERE n.nspname = 'public' AND c.relkind = 'r' ORDER BY 1
"""
_TABLES: Final = """
    SELECT c.relname, array(
        SELECT a.attname FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0
            AND NOT a.attisdropped AND a.attgenerated = '' ORDER BY a.attnum),
        array(SELECT DISTINCT f.confrelid::regclass::text FROM pg_constraint f
            WHERE f.conrelid = c.oid AND f.contype = 'f' AND f.confrelid <> c.oid)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relkind = 'r' ORDER BY 1
"""


_IN_ORDER: Final = "COPY (SELECT {0} FROM {1} ORDER BY id) TO STDOUT"


class Table:
    """A table that goes.

    Args:
        name: of the table.
        columns: those that are stored.
    """

    def __init__(self, name: str, columns: list[str]) -> None:
        self.name = name
        self._columns = sql.SQL(", ").join(map(sql.Identifier, columns))

    def taken(self) -> sql.Composed:
        """The statement that takes its rows; the audit log in the order of its chain."""
        rows = sql.SQL(_IN_ORDER if self.name == "audit" else "COPY {1} ({0}) TO STDOUT")
        return rows.format(self._columns, sql.Identifier(self.name))

    def given(self) -> sql.Composed:
        """The statement that gives them."""
        rows = sql.SQL("COPY {} ({}) FROM STDIN")
        return rows.format(sql.Identifier(self.name), self._columns)


def set_apart(conn: Connection[Any]) -> None:
    """Let the ids of an empty, migrated database begin where no other one's have come to."""
    for table, _, sequence in conn.execute(_SEQUENCES).fetchall():
        first = _APART_SMALL if table in _SMALL else _APART
        conn.execute("SELECT setval(%s, %s)", (sequence, first))


def adopt(story: Connection[Any], live: Connection[Any]) -> None:
    """Copy every row of a story into another database of the same server and schema.

    Args:
        story: the story's database, at rest.
        live: the other one, in autocommit mode.

    Raises:
        psycopg.Error: an id is taken; nothing is copied then.
    """
    with live.transaction(), story.transaction():
        lock_definitions(live)
        for table in _in_order(story):
            with (
                story.cursor().copy(table.taken()) as rows,
                live.cursor().copy(table.given()) as into,
            ):
                for block in rows:
                    into.write(block)
        row = story.execute("SELECT max(revision) FROM definitions_revision").fetchone()
        live.execute("UPDATE definitions_revision SET revision = greatest(revision, %s) + 1", row)
        for table_name, column, sequence in live.execute(_SEQUENCES).fetchall():
            _go_on(live, table_name, column, sequence)


def _go_on(live: Connection[Any], table: str, column: str, sequence: str) -> None:
    newest = sql.SQL("SELECT setval(%s, greatest(max({}), nextval(%s))) FROM {}")
    live.execute(newest.format(sql.Identifier(column), sql.Identifier(table)), (sequence, sequence))


def _in_order(conn: Connection[Any]) -> list[Table]:
    """Tables, each after those that it refers to."""
    found = conn.execute(_TABLES).fetchall()
    left = {name: (columns, set(needs)) for name, columns, needs in found if name not in _LEFT}
    ordered: list[Table] = []
    while left:
        ready = [name for name, (_, needs) in left.items() if not needs & left.keys()]
        ordered += [Table(name, left.pop(name)[0]) for name in ready]
    return ordered
