"""Every advisory lock that the code takes, so that no two share a number.

The audit chain's trigger takes one of its own, with the class ``hashtext('audit_chain')``.

A key is one 64-bit number. A class is the first half of a key whose second half is an id;
PostgreSQL keeps the two kinds apart. Source: PostgreSQL documentation, section "Advisory Lock
Functions".
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final

import psycopg
from psycopg.errors import LockNotAvailable

from domain.instants import MS

MIGRATION: Final = 0x5374726174756D
"""Key: one migration at a time."""
FIRST_WORKSPACE: Final = 0x5374726174756E
"""Key: two first starts at once make one workspace."""
DEFINITIONS: Final = 0x5374726174446566
"""Key: commits of people hold it shared, publishing exclusively, until they end."""
CONTENTION: Final = int.from_bytes(b"contend", "big")
"""Key: workers whose batches keep conflicting commit one after the other."""
WAKES: Final = int.from_bytes(b"wakes", "big")
"""Key: one process at a time takes the people who are due."""
SWEEPS: Final = int.from_bytes(b"sweeps", "big")
"""Key: one process at a time takes the next pages of sweeps."""
RFM_REFRESH: Final = int.from_bytes(b"rfmtake", "big")
"""Key: one process at a time takes RFM bounds."""
ALERTS: Final = 0x5374726174416C
"""Key: one process at a time evaluates the alert conditions."""
REPAIR: Final = int.from_bytes(b"repair", "big")
"""Key: one repair at a time."""
AUDIENCE: Final = 0x5374
"""Class, by audience: one process at a time works on an audience."""
ERASURES: Final = int.from_bytes(b"erasing", "big")
"""Key: one process at a time takes erasures a step further."""
ACCESS: Final = int.from_bytes(b"access", "big")
"""Key: one process at a time writes archives of access."""
WORKSPACE_DELETIONS: Final = int.from_bytes(b"tenants", "big")
"""Key: one process at a time deletes workspaces."""
EXPORT_FILES: Final = 0x5478
"""Class, by workspace: writers that begin, erasures that revoke files; shared: withdrawals."""
GATE_INPUTS: Final = 0x5361
"""Class, by workspace: what people say about its pushes."""
AUDIT_CHECK: Final = 0x4143
"""Class, by workspace: one verification of its audit log at a time."""
READINGS: Final = 0x5265
"""Class, by workspace: its readings."""

PRIVACY: Final = 0x5072
"""Class, by workspace: one request of a person at a time enters the register."""
RETENTION: Final = int.from_bytes(b"keeping", "big")
"""Key: one process at a time removes what is older than it is kept."""
RETENTION_OF: Final = 0x4B65
"""Class, by workspace: one change of how long it keeps what."""


@contextmanager
def held(
    conn: psycopg.Connection[Any], *key: int, patience: timedelta = timedelta()
) -> Iterator[bool]:
    """Hold an advisory lock for the duration.

    Args:
        conn: connection in autocommit mode; its end is the end of the lock.
        key: a key, or a class and an id.
        patience: how long to wait for the lock; waiters get it in order.

    Yields:
        Whether it is held; False where somebody else holds it.

    Raises:
        psycopg.OperationalError: the server does not answer.
    """
    taken = _waited(conn, key, patience) if patience else _ask(conn, "pg_try_advisory_lock", key)
    try:
        yield taken
    finally:
        if taken and not conn.closed:
            try:
                _ask(conn, "pg_advisory_unlock", key)
            except psycopg.OperationalError:
                if not conn.closed:
                    raise


def _waited(conn: psycopg.Connection[Any], key: tuple[int, ...], patience: timedelta) -> bool:
    conn.execute("SELECT set_config('lock_timeout', %s, false)", (f"{max(1, patience // MS)}ms",))
    try:
        _ask(conn, "pg_advisory_lock", key)
    except LockNotAvailable:
        return False
    finally:
        if not conn.closed:
            conn.execute("RESET lock_timeout")
    return True


def _ask(conn: psycopg.Connection[Any], function: str, key: tuple[int, ...]) -> bool:
    row = conn.execute(
        f"SELECT {function}({', '.join(['%s'] * len(key))})".encode(), key
    ).fetchone()
    return row is not None and bool(row[0])
