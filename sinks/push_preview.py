"""What the next push of an audience would do: planned as it would be, and never recorded."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection

from operators.gate_params import GateParams
from operators.net_change import net_change
from sinks.ads.platform import Platform
from sinks.planning import come_and_go, desired_rows
from sinks.trust import Judged, TrustGate
from store import activation, audiences, withdrawals


@dataclass(frozen=True)
class PushPreview:
    """How much a push would change.

    Attributes:
        members: people in the segment.
        held_out: of these, who are withheld.
        listed: people on the platform's list, as far as we know.
        adds: rows that it would add, those of people who are spelled anew among them.
        removes: rows that it would remove.
        come: people who are not on the list yet, of these.
        go: people who would be on it no more, of these, without those who withdrew consent.
        requests: that it would send, the audience's creation aside.
        skipped: reason → changed members who would be left out.
    """

    members: int
    held_out: int
    listed: int
    adds: int
    removes: int
    come: int
    go: int
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
    change = net_change(desired_rows(concerned, platform), concerned.confirmed, concerned.refused)
    most = platform.limits.max_rows
    requests = -(-len(change.adds) // most) - (-len(change.removes) // most)
    come, go = come_and_go(change, concerned)
    return PushPreview(*audiences.counted(conn, audience_id), len(change.adds), len(change.removes), come, go, requests, change.skipped)


def preview_judged(
    conn: Connection[Any], audience_id: int, platform: Platform, params: GateParams, now: datetime
) -> tuple[PushPreview, Judged] | None:
    """Like `preview_push`, with what the gate would say of such a push now."""
    preview, audience = preview_push(conn, audience_id, platform), activation.read_audience(conn, audience_id)
    if preview is None or audience is None:
        return None
    judged = TrustGate(conn, params).judge(audience.workspace_id, audience.platform, audience_id, "push", now)
    return preview, judged.sized(preview.come, preview.go)
