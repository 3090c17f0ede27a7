"""People whose evaluation raised: the clock skips them for a while, so that others proceed."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from psycopg import Connection

from domain.ids import ProfileId

_REST: Final = """
    INSERT INTO resting_people (profile_id, workspace_id, failure, failed_at, until_at)
    SELECT p.id, p.workspace_id, %(failure)s, %(now)s, %(until)s FROM profiles p
        WHERE p.id = %(profile)s
    ON CONFLICT (profile_id) DO UPDATE
        SET failure = excluded.failure, failed_at = excluded.failed_at, until_at = excluded.until_at
"""
_TIDY: Final = "DELETE FROM resting_people WHERE until_at < %(now)s - interval '7 days'"


def suspend_person(
    conn: Connection[Any], profile: ProfileId, failure: str, now: datetime, until: datetime
) -> None:
    """Suspend the evaluation of one person; does nothing where they are gone.

    Args:
        conn: any connection.
        profile: who.
        failure: exception and place.
        now: when it failed.
        until: when they are evaluated again.
    """
    conn.execute(_TIDY, {"now": now})
    conn.execute(
        _REST, {"profile": UUID(bytes=profile), "failure": failure, "now": now, "until": until}
    )
