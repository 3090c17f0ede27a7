"""Conditions of privacy: requests that the log does not have, or that are due; late retention."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from psycopg import Connection

from domain.alerts import Condition, Severity
from domain.privacy.access import ArchiveStatus
from domain.privacy.erasure import RequestKind
from domain.privacy.retention import GONE_THROUGH

_SHOWN: Final = 5
"""Ids that a summary names."""
_UNSENT: Final = f"r.sent_at IS NULL AND e.command IS NULL AND r.kind <> '{RequestKind.ACCESS}'"
"""Neither the register nor the engine knows that the log has the command; access takes none."""
_FAILED: Final = f"a.status = '{ArchiveStatus.FAILED}'"
_OPEN: Final = f"""
    SELECT r.id, r.due_at, {_UNSENT} AND r.requested_at < %(unsent)s, coalesce({_FAILED}, false)
    FROM privacy_requests r LEFT JOIN erasures e ON e.command = r.command
        LEFT JOIN access_archives a ON a.request = r.id
    WHERE r.workspace_id = %(workspace)s AND r.completed_at IS NULL
      AND (r.due_at < %(due)s OR ({_UNSENT}) OR {_FAILED})
    ORDER BY r.due_at, r.id
"""

_LATE: Final = """
    SELECT p.class FROM retention_policies p LEFT JOIN retention_runs r USING (workspace_id, class)
    WHERE p.workspace_id = %(workspace)s AND p.class = ANY(%(classes)s)
      AND greatest(p.set_at, coalesce(r.finished_at, r.started_at, p.set_at)) < %(late)s
    ORDER BY p.class
"""


def privacy(conn: Connection[Any], names: dict[str, Any]) -> Iterator[Condition]:
    """Requests of people that are overdue, or will be soon, or that nothing moves any more.

    Args:
        conn: any connection.
        names: parameters of the statement, and ``now``: `due` is until when a due date is told,
            `unsent` since when a request that the log has not confirmed is told.

    Raises:
        psycopg.OperationalError: the server does not answer.
    """
    found = conn.execute(_OPEN, names).fetchall()
    now, until = names["now"], names["due"]
    overdue = [(number, due) for number, due, *_ in found if due < now]
    soon = [(number, due) for number, due, *_ in found if now <= due < until]
    unsent = [(number, due) for number, due, is_unsent, _ in found if is_unsent]
    failed = [(number, due) for number, due, _, has_failed in found if has_failed]
    if overdue:
        yield _condition("overdue", Severity.CRITICAL, "are overdue", overdue)
    if soon:
        yield _condition("due", Severity.WARNING, "are due soon and not completed", soon)
    if unsent:
        yield _condition("not_sent", Severity.WARNING, "never reached the event log", unsent)
    if failed:
        yield _condition("failed", Severity.WARNING, "have no archive: it failed", failed)


def _condition(
    key: str, severity: Severity, state: str, requests: list[tuple[int, datetime]]
) -> Condition:
    ids = ", ".join(str(number) for number, _ in requests[:_SHOWN])
    more = f" and {len(requests) - _SHOWN} more" if len(requests) > _SHOWN else ""
    first = min(due for _, due in requests)
    summary = f"privacy requests {state}: {ids}{more}; earliest due date {first:%Y-%m-%d %H:%M} UTC"
    return Condition(f"privacy:{key}", "privacy", severity, summary)


def late_retention(conn: Connection[Any], names: dict[str, Any]) -> Iterator[Condition]:
    """Classes of data of which what is too old does not go: nobody looks, or it takes for ever.

    Args:
        conn: any connection.
        names: parameters of the statement: `late` is since when the last look is too old.

    Raises:
        psycopg.OperationalError: the server does not answer.
    """
    classes = [name.value for name in GONE_THROUGH]
    late = [name for (name,) in conn.execute(_LATE, names | {"classes": classes})]
    if late:
        summary = f"what is older than it is kept does not go: {', '.join(late)}"
        yield Condition("privacy:retention", "privacy", Severity.WARNING, summary)
