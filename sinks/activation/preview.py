"""What the next push of an audience would do: planned as it would be, and never recorded.

Where there are very many people, a sample of them is planned. Ids are keyed digests, so those who
come first in id order are no different from the rest.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from psycopg import Connection

from operators.gate.params import GateParams
from operators.segments.sampling import estimate
from sinks.activation.planning import Changed, changes
from sinks.ads.platform import Platform
from sinks.gate import PendingDecision, TrustGate
from store.activation import audiences, concerned, due, withdrawals
from store.activation.commands import UnknownAudienceError
from store.activation.due import Audience, AudienceDraft

EXACT_PEOPLE: Final = 50_000
"""Up to so many people, everybody is looked at."""
SAMPLE_PEOPLE: Final = 20_000
"""Sample of a larger population.

Its share is known to within 0.7 per cent points of everybody, 19 times out of 20.
"""


@dataclass(frozen=True)
class PushPreview:
    """How much a push would change.

    What is counted after `concerned` is scaled from `examined` to `concerned` people.

    Attributes:
        members: people in the segment.
        held_out: of these, who are withheld.
        listed: people on the platform's list, as far as we know.
        concerned: people that the push examines.
        examined: of these, who were looked at now; all of them where the numbers are exact.
        adds: rows that it would add, including people whose rows are formatted differently now.
        removes: rows that it would remove.
        come: people who are not on the list yet, of these.
        go: people who would be on it no more, of these, without those who withdrew consent.
        requests: that it would send, the audience's creation aside.
        skipped: reason → changed members who would be left out.
        by_chance: whether chance still decides who is held out.
    """

    members: int
    held_out: int
    listed: int
    concerned: int
    examined: int
    adds: int
    removes: int
    come: int
    go: int
    requests: int
    skipped: dict[str, int]
    by_chance: bool = False

    @property
    def exact(self) -> bool:
        """Whether everybody was looked at, and the numbers are those that the push will have."""
        return self.examined == self.concerned and not self.by_chance


def preview_push(
    conn: Connection[Any],
    audience_id: int,
    platform: Platform,
    exact_people: int = EXACT_PEOPLE,
    sample_people: int = SAMPLE_PEOPLE,
) -> PushPreview | None:
    """Plan and throw the plan away.

    Args:
        conn: any connection; nothing is changed.
        audience_id: whose push.
        platform: how rows are formatted.
        exact_people: up to so many people, everybody is looked at.
        sample_people: of more, at least so many.

    Returns:
        The numbers; None where there is no such audience.
    """
    audience = due.read_audience(conn, audience_id)
    if audience is None:
        return None
    return _planned(conn, audience, platform, exact_people, sample_people)


def _planned(
    conn: Connection[Any],
    audience: Audience,
    platform: Platform,
    exact_people: int = EXACT_PEOPLE,
    sample_people: int = SAMPLE_PEOPLE,
) -> PushPreview:
    """Plan an audience's push, one that does not exist yet included, and throw the plan away."""
    xmin = withdrawals.horizon(conn)
    people = concerned.count(conn, audience, xmin)
    wanted = people if people <= exact_people else sample_people
    looked = _looked_at(conn, wanted, changes(conn, audience, xmin, platform))
    most = platform.params.max_rows
    adds, removes = looked.scaled(looked.adds, people), looked.scaled(looked.removes, people)
    return PushPreview(
        *audiences.counted(conn, audience),
        concerned=people,
        examined=looked.people,
        adds=adds,
        removes=removes,
        come=looked.scaled(looked.come, people),
        go=looked.scaled(looked.go, people),
        requests=-(-adds // most) - (-removes // most),
        skipped={
            reason: looked.scaled(found, people) for reason, found in sorted(looked.skipped.items())
        },
    )


@dataclass
class _Looked:
    """What was found among the people who were looked at."""

    people: int = 0
    adds: int = 0
    removes: int = 0
    come: int = 0
    go: int = 0
    skipped: Counter[str] = field(default_factory=Counter)

    def scaled(self, found: int, concerned: int) -> int:
        """As many as that makes of all who are concerned."""
        if self.people >= concerned:
            return found
        return estimate(min(found, self.people), self.people, concerned).value


def _looked_at(conn: Connection[Any], wanted: int, pages: Iterator[Changed]) -> _Looked:
    """Plan page by page until so many people were looked at."""
    looked = _Looked()
    with conn.transaction():
        for page in pages:
            looked.people += page.people
            looked.adds += len(page.change.adds)
            looked.removes += len(page.change.removes)
            looked.come += page.come
            looked.go += page.go
            looked.skipped.update(page.change.skipped)
            if looked.people >= wanted:
                break
    return looked


def preview_judged(
    conn: Connection[Any], audience_id: int, platform: Platform, params: GateParams, now: datetime
) -> tuple[PushPreview, PendingDecision] | None:
    """Like `preview_push`, with the gate's decision on such a push now.

    Args:
        conn: in autocommit mode.
        audience_id: which.
        platform: encodes its rows.
        params: thresholds of the gate.
        now: clock.

    Returns:
        The preview and the decision; None where there is no such audience.
    """
    audience = due.read_audience(conn, audience_id)
    return None if audience is None else _judged(conn, audience, platform, params, now)


def preview_first(
    conn: Connection[Any],
    workspace: int,
    draft: AudienceDraft,
    platform: Platform,
    params: GateParams,
    now: datetime,
) -> tuple[PushPreview, PendingDecision]:
    """Preview the first push of an audience that nobody has created yet.

    Who would be held out is decided by a mark that the audience gets when it is created: the number
    is as it will be to within chance, the people are others.

    Args:
        conn: any connection; nothing is changed.
        workspace: tenant.
        draft: the audience.
        platform: encodes its rows.
        params: thresholds of the gate.
        now: clock.

    Raises:
        UnknownAudienceError: the workspace has no such segment.
    """
    audience = due.drafted(conn, workspace, draft, platform.name)
    if audience is None:
        raise UnknownAudienceError("segment")
    preview, judged = _judged(conn, audience, platform, params, now)
    return replace(preview, by_chance=draft.holdout_percent > 0), judged


def _judged(
    conn: Connection[Any],
    audience: Audience,
    platform: Platform,
    params: GateParams,
    now: datetime,
) -> tuple[PushPreview, PendingDecision]:
    preview = _planned(conn, audience, platform)
    judged = TrustGate(conn, params).judge(
        audience.workspace_id, audience.platform, audience.id, "push", now
    )
    return preview, judged.sized(preview.come, preview.go)
