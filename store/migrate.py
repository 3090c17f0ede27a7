"""Migrates a database to this version's schema.

Numbered SQL files, each applied once, in order, in its own transaction.

Numbers are handed out before work begins, to changes that are made side by side: 0016 was committed
before 0013. 0006 and 0015 were handed out and not used; no commit, hence no database, ever had
them. They stay unused, because a file under such a number would run last where the others have been
applied, and in the middle of them where nothing has.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from typing import Final

import psycopg

from store import locks

_TABLE: Final = """
    CREATE TABLE IF NOT EXISTS schema_migrations (
        version    integer PRIMARY KEY,
        name       text NOT NULL,
        checksum   bytea NOT NULL,
        applied_at timestamptz NOT NULL DEFAULT now()
    )
"""


class SchemaError(Exception):
    """The database and this version do not fit together; the message says how and what to do."""


@dataclass(frozen=True)
class Migration:
    """One file of ``store/migrations``, named ``NNNN_what.sql``.

    Attributes:
        version: its number, which orders the files.
        name: the file's name without its ending.
        sql: its statements.
    """

    version: int
    name: str
    sql: str

    @property
    def checksum(self) -> bytes:
        """32 bytes that change when the file does."""
        return hashlib.sha256(self.sql.encode()).digest()


Progress = Callable[[Migration, int, int], None]
"""Called before each file: the migration, how many of this run came before, how many there are."""


def migrations() -> list[Migration]:
    """Read the files that ship with this version, in order."""
    folder = resources.files("store") / "migrations"
    files = sorted(
        (file for file in folder.iterdir() if file.name.endswith(".sql")),
        key=lambda file: file.name,
    )
    return [
        Migration(int(file.name.split("_")[0]), file.name.removesuffix(".sql"), file.read_text())
        for file in files
    ]


def migrate(dsn: str, progress: Progress | None = None) -> list[Migration]:
    """Apply what is missing.

    Several processes may start at once: one works, the others wait and find it done.

    Args:
        dsn: the database.
        progress: told about each file.

    Returns:
        What was applied.

    Raises:
        SchemaError: an applied file has changed since, or the database is newer than this version.
        psycopg.Error: a file does not apply; its transaction is rolled back and the ones before it
            stay.
    """
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute("SELECT pg_advisory_lock(%s)", (locks.MIGRATION,))
        conn.execute(_TABLE)
        missing = _missing(conn)
        for done, migration in enumerate(missing):
            if progress is not None:
                progress(migration, done, len(missing))
            with conn.transaction():
                conn.execute(migration.sql.encode())
                conn.execute(
                    "INSERT INTO schema_migrations (version, name, checksum) VALUES (%s, %s, %s)",
                    (migration.version, migration.name, migration.checksum),
                )
        return missing


def _missing(conn: psycopg.Connection) -> list[Migration]:
    applied: dict[int, tuple[str, bytes]] = {
        version: (name, checksum)
        for version, name, checksum in conn.execute(
            "SELECT version, name, checksum FROM schema_migrations"
        )
    }
    known = migrations()
    ahead = sorted(applied.keys() - {migration.version for migration in known})
    if ahead:
        names = ", ".join(applied[version][0] for version in ahead)
        raise SchemaError(
            f"the database has {names}, which this version does not know: run the newer version"
        )
    changed = [
        item.name
        for item in known
        if item.version in applied and applied[item.version][1] != item.checksum
    ]
    if changed:
        raise SchemaError(
            f"{', '.join(changed)} changed after it was applied: put the file back and add a new"
            " one instead"
        )
    return [migration for migration in known if migration.version not in applied]
