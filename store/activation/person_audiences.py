"""Reads on which platforms' lists one person is, as last confirmed, and why."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from domain.activation.states import AudienceStatus
from store.fetch import Pool, fetch


@dataclass(frozen=True)
class PersonAudience:
    """One person and one audience.

    Attributes:
        status: of the audience.
        member: in its segment.
        held_out: belongs to the part that is never sent.
        state: of the person's row on the list (`store.activation.pushes`); None where there is
            none.
        pushed_at: when the platform confirmed it.
    """

    audience_id: int
    platform: str
    name: str
    segment_id: int
    status: str
    member: bool
    held_out: bool
    state: str | None
    pushed_at: datetime | None


_OF_PERSON: Final = f"""
    SELECT a.id, a.platform, a.name, a.segment_id, a.status,
           EXISTS (SELECT 1 FROM memberships s WHERE s.segment_id = a.segment_id
               AND s.profile_id = %(profile)s),
           held_out(%(profile)s, coalesce(a.intent, ''), a.holdout_percent), m.state, m.pushed_at
    FROM audiences a LEFT JOIN audience_members m ON m.audience_id = a.id
      AND m.profile_id = %(profile)s
    WHERE a.workspace_id = %(workspace)s AND (a.status <> '{AudienceStatus.DELETED}'
      OR m.state IS NOT NULL)
    ORDER BY a.id
"""


async def of_person(pool: Pool, workspace: int, profile: UUID) -> list[PersonAudience]:
    """Every audience of the workspace, with what is known of one person there."""
    return await fetch(
        pool, PersonAudience, _OF_PERSON, {"workspace": workspace, "profile": profile}
    )
