"""Conditions of the privacy register: requests that the log does not have, or that are due."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from psycopg import Connection

from domain.alerts import Condition, Severity

_SHOWN: Final = 5
"""Ids that a summary names."""
_UNSENT: Final = "sent_at IS NULL AND kind = 'erasure'"
"""Access takes no command."""
_OPEN: Final = f"""
    SELECT id, due_at, {_UNSENT} AND requested_at < %(unsent)s
    FROM privacy_requests
    WHERE workspace_id = %(workspace)s AND completed_at IS NULL
      AND (due_at < %(due)s OR {_UNSENT})
    ORDER BY due_at, id
"""


def privacy(conn: Connection[Any], names: dict[str, Any]) -> Iterator[Condition]:
    """Requests of people that are overdue, that will be soon, or that no engine will ever see.

    Args:
        conn: any connection.
        names: parameters of the statement, and ``now``: `due` is until when a due date is told,
            `unsent` since when a request that the log has not confirmed is told.

    Raises:
        psycopg.OperationalError: the server does not answer.
    """
    found = conn.execute(_OPEN, names).fetchall()
    now, until = names["now"], names["due"]
    overdue = [(number, due) for number, due, _ in found if due < now]
    soon = [(number, due) for number, due, _ in found if now <= due < until]
    unsent = [(number, due) for number, due, is_unsent in found if is_unsent]
    if overdue:
        yield _condition("overdue", Severity.CRITICAL, "are overdue", overdue)
    if soon:
        yield _condition("due", Severity.WARNING, "are due soon and not completed", soon)
    if unsent:
        yield _condition("not_sent", Severity.WARNING, "never reached the event log", unsent)


def _condition(
    key: str, severity: Severity, state: str, requests: list[tuple[int, datetime]]
) -> Condition:
    ids = ", ".join(str(number) for number, _ in requests[:_SHOWN])
    more = f" and {len(requests) - _SHOWN} more" if len(requests) > _SHOWN else ""
    first = min(due for _, due in requests)
    summary = f"privacy requests {state}: {ids}{more}; earliest due date {first:%Y-%m-%d %H:%M} UTC"
    return Condition(f"privacy:{key}", "privacy", severity, summary)
