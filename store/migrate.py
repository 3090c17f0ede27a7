"""Migrates a database to this version's schema.

Numbered SQL files, each applied once, in order, in its own transaction. A file that begins with
`OUTSIDE` builds indexes ``CONCURRENTLY``, which no transaction may contain: its statements are
applied one by one, and all of them again where one failed, so each says ``IF NOT EXISTS``. Writers
go on meanwhile.

A transaction waits for a lock only briefly, because whoever comes after it waits behind it; then it
lets them pass and tries again.

Numbers are handed out before work begins, to changes that are made side by side: 0016 was committed
before 0013. 0006 and 0015 were handed out and not used; no commit, hence no database, ever had
them. They stay unused, because a file under such a number would run last where the others have been
applied, and in the middle of them where nothing has.
"""

import hashlib
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from importlib import resources
from typing import Final

import psycopg
from psycopg.errors import DeadlockDetected, LockNotAvailable

from domain.instants import MS
from store import locks

_TABLE: Final = """
    CREATE TABLE IF NOT EXISTS schema_migrations (
        version    integer PRIMARY KEY,
        name       text NOT NULL,
        checksum   bytea NOT NULL,
        applied_at timestamptz NOT NULL DEFAULT now()
    )
"""


OUTSIDE: Final = "-- Outside a transaction."
"""First line of a file whose statements are applied one by one."""
_POLL_S: Final = 0.1
_INVALID: Final = """
    SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE NOT i.indisvalid AND c.relname = ANY(%s)
"""


@dataclass(frozen=True)
class LockPatience:
    """How long a migration waits for locks.

    Attributes:
        timeout: one attempt; others wait behind it.
        pause: between attempts, for others to pass.
        attempts: how many.
    """

    timeout: timedelta = timedelta(seconds=3)
    pause: timedelta = timedelta(seconds=2)
    attempts: int = 60


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


def migrate(
    dsn: str, progress: Progress | None = None, patience: LockPatience | None = None
) -> list[Migration]:
    """Apply what is missing.

    Several processes may start at once: one works, the others wait and find it done.

    Args:
        dsn: the database.
        progress: told about each file.
        patience: with locks that others hold; None for the usual.

    Returns:
        What was applied.

    Raises:
        SchemaError: an applied file has changed since, the database is newer than this version, or
            a table stays locked by others.
        psycopg.Error: a file does not apply; its transaction is rolled back and the ones before it
            stay.
    """
    with psycopg.connect(dsn, autocommit=True) as conn:
        # Asked again and again: an index built concurrently waits for every statement under way,
        # also for one that waits for this lock.
        while not _locked(conn):
            time.sleep(_POLL_S)
        conn.execute(_TABLE)
        missing = _missing(conn)
        for done, migration in enumerate(missing):
            if progress is not None:
                progress(migration, done, len(missing))
            if migration.sql.startswith(OUTSIDE):
                _apply_outside(conn, migration)
            else:
                _apply(conn, migration, patience or LockPatience())
        return missing


def _locked(conn: psycopg.Connection) -> bool:
    row = conn.execute("SELECT pg_try_advisory_lock(%s)", (locks.MIGRATION,)).fetchone()
    return row is not None and bool(row[0])


def _apply(conn: psycopg.Connection, migration: Migration, patience: LockPatience) -> None:
    for _ in range(patience.attempts):
        try:
            with conn.transaction():
                conn.execute(f"SET LOCAL lock_timeout = {patience.timeout // MS}".encode())
                conn.execute(migration.sql.encode())
                _note(conn, migration)
        except (LockNotAvailable, DeadlockDetected):
            time.sleep(patience.pause.total_seconds())
        else:
            return
    raise SchemaError(
        f"{migration.name} finds its tables locked by others: stop the processes, or whatever holds"
        " a transaction open, and migrate again"
    )


def _apply_outside(conn: psycopg.Connection, migration: Migration) -> None:
    # An index whose building broke off stays, is used by nobody, and has to be built anew.
    names = re.findall(r"INDEX CONCURRENTLY IF NOT EXISTS (\w+)", migration.sql)
    for (name,) in conn.execute(_INVALID, (names,)).fetchall():
        conn.execute(f"DROP INDEX CONCURRENTLY {name}".encode())
    for statement in migration.sql.split(";\n"):
        if statement.strip():
            conn.execute(statement.encode())
    _note(conn, migration)


def _note(conn: psycopg.Connection, migration: Migration) -> None:
    conn.execute(
        "INSERT INTO schema_migrations (version, name, checksum) VALUES (%s, %s, %s)",
        (migration.version, migration.name, migration.checksum),
    )


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
