"""Reads on which platforms' lists one person is, as last confirmed, and why."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from psycopg import Connection
from psycopg.rows import args_row

from domain.activation.states import AudienceStatus
from domain.ids import ProfileId


@dataclass(frozen=True)
class PersonAudience:
    """One person and one audience.

    Attributes:
        status: of the audience.
        member_since: since when in its segment; None where they are not.
        held_out: belongs to the part that is never sent.
        too_long: a member for longer than the audience keeps anybody.
        state: of the person's row on the list (`store.activation.pushes`); None where there is
            none.
        pushed_at: when the platform confirmed it.
    """

    audience_id: int
    platform: str
    name: str
    segment_id: int
    status: str
    member_since: datetime | None
    held_out: bool
    too_long: bool
    state: str | None
    pushed_at: datetime | None


_OF_PERSON: Final = f"""
    SELECT a.id, a.platform, a.name, a.segment_id, a.status,
           s.since_at, held_out(%(profile)s, coalesce(a.intent, ''), a.holdout_percent),
           coalesce(s.since_at <= now() - make_interval(secs => a.ttl_s), false),
           m.state, m.pushed_at
    FROM audiences a
    LEFT JOIN memberships s ON s.segment_id = a.segment_id AND s.profile_id = %(profile)s
    LEFT JOIN audience_members m ON m.audience_id = a.id AND m.profile_id = %(profile)s
    WHERE a.workspace_id = %(workspace)s AND (a.status <> '{AudienceStatus.DELETED}'
      OR m.state IS NOT NULL)
    ORDER BY a.id
"""


def of_person(conn: Connection[Any], workspace: int, person: ProfileId) -> list[PersonAudience]:
    """Read every audience of a workspace, with what is known of one person there.

    Args:
        conn: any connection.
        workspace: tenant.
        person: who.

    Returns:
        In order of the audiences' ids; deleted ones only while the person has a row there.

    Raises:
        psycopg.OperationalError: the server does not answer.
    """
    names = {"workspace": workspace, "profile": UUID(bytes=person)}
    with conn.cursor(row_factory=args_row(PersonAudience)) as cursor:
        return cursor.execute(_OF_PERSON, names).fetchall()
