"""How far a sweep is, for whoever waits at a console."""

from dataclasses import dataclass
from typing import Any, Final

from psycopg import Connection
from psycopg.rows import class_row

from domain.segments.definition import SweepStatus

_NEARLY: Final = 99.9


@dataclass(frozen=True)
class SweepProgress:
    """A sweep under way or done.

    Attributes:
        people: how many there were when it began; an estimate where they are many.
        visited: people looked at.
        changed: people written.
        stale: memberships of an old version that were left at the end; None until then.
    """

    id: int
    reason: str
    status: str
    people: int
    visited: int
    changed: int
    stale: int | None

    @property
    def done(self) -> bool:
        """Whether everybody is up to date."""
        return self.status == SweepStatus.DONE


def percent(visited: int, people: int, *, done: bool) -> float:
    """How far a sweep is, 0 to 100.

    100 only when it is done, however wrong the estimate of its people was.
    """
    return 100.0 if done else min(_NEARLY, round(100 * visited / max(1, people), 1))


def sweep_progress(conn: Connection[Any], workspace: int, sweep: int) -> SweepProgress | None:
    """One sweep; None where the workspace has no such sweep."""
    sql = (
        "SELECT id, reason, status, people, visited, changed, stale FROM sweeps WHERE workspace_id"
        " = %s AND id = %s"
    )
    with conn.cursor(row_factory=class_row(SweepProgress)) as cursor:
        return cursor.execute(sql, (workspace, sweep)).fetchone()


def newest_sweep(conn: Connection[Any], workspace: int) -> int | None:
    """The workspace's newest sweep; None where there was none."""
    row = conn.execute(
        "SELECT max(id) FROM sweeps WHERE workspace_id = %s", (workspace,)
    ).fetchone()
    return None if row is None or row[0] is None else int(row[0])
