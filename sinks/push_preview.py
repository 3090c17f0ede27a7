"""What the next push of an audience would do: planned as it would be, and never recorded."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg import Connection

from operators.net_change import net_change
from sinks.ads.platform import Matchable, Platform
from store import activation, audiences, withdrawals


@dataclass(frozen=True)
class PushPreview:
    """How much a push would change.

    Attributes:
        members: people in the segment.
        held_out: of these, who are withheld.
        listed: people on the platform's list, as far as we know.
        requests: that it would send, the audience's creation aside.
        skipped: reason → changed members who would be left out.
    """

    members: int
    held_out: int
    listed: int
    adds: int
    removes: int
    requests: int
    skipped: dict[str, int]


def preview_push(conn: Connection[Any], audience_id: int, platform: Platform) -> PushPreview | None:
    """Plan and throw the plan away; None where there is no such audience. The caller's transaction changes nothing."""
    horizon = withdrawals.horizon(conn)
    audience = activation.read_audience(conn, audience_id)
    if audience is None:
        return None
    people = activation.changed_people(conn, audience, horizon)
    concerned = activation.concerned(conn, audience, people, platform.purpose, platform.kinds)
    known = concerned.identifiers
    desired = {person: platform.row(Matchable(str(UUID(bytes=person)), known.get(person, {}))) for person in concerned.members}
    change = net_change(desired, concerned.confirmed, concerned.refused)
    most = platform.limits.max_rows
    requests = -(-len(change.adds) // most) - (-len(change.removes) // most)
    return PushPreview(*audiences.counted(conn, audience_id), len(change.adds), len(change.removes), requests, change.skipped)
