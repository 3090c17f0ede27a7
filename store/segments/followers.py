"""What publishing a rule would change on the lists of the audiences that follow its segment.

People are the ones whom a preview evaluates anyway; of a page of them one statement says who is on
which list.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from psycopg import Connection

from domain.activation.states import TAKEN_IN, AudienceStatus
from domain.profiles.profile import Person
from operators.profiles.consent import consents
from operators.segments.sampling import Estimate, estimate
from store.connection import Keys, one_of

LIMIT: Final = 50
"""Audiences looked at, the oldest first."""

_FOLLOWERS: Final = f"""
    SELECT a.id, a.name, a.platform, s.purpose FROM audiences a JOIN segments s
        ON s.id = a.segment_id
    WHERE a.workspace_id = %s AND a.segment_id = %s
      AND a.status IN {one_of((AudienceStatus.ACTIVE, AudienceStatus.PAUSED))}
    ORDER BY a.id LIMIT {LIMIT}
"""
_LISTED: Final = f"""
    SELECT * FROM (
        SELECT a.id, p.id AS person, m.profile_id IS NOT NULL AS listed,
               held_out(p.id, coalesce(a.intent, ''), a.holdout_percent) AS held_out
        FROM audiences a CROSS JOIN unnest(%s) AS p(id)
        LEFT JOIN audience_members m ON m.audience_id = a.id AND m.profile_id = p.id
            AND m.state IN {one_of(TAKEN_IN)}
        WHERE a.id = ANY(%s)
    ) known WHERE listed OR held_out
"""


class FollowerTurn(NamedTuple):
    """An audience, and how many people its next push would add and remove.

    Attributes:
        adds: people who would belong on the list and are not on it.
        removes: people on it who would not belong there, without those who withdrew consent.
    """

    id: int
    name: str
    platform: str
    adds: Estimate
    removes: Estimate


class Followers:
    """Counts for the audiences of one segment.

    Args:
        conn: within the preview's snapshot.
        workspace: tenant.
        segment: whose; None: there are none.
    """

    def __init__(self, conn: Connection[Any], workspace: int, segment: int | None) -> None:
        self._audiences: list[tuple[int, str, str, str]] = (
            [] if segment is None else conn.execute(_FOLLOWERS, (workspace, segment)).fetchall()
        )
        self._adds: Counter[int] = Counter()
        self._removes: Counter[int] = Counter()

    def add(self, conn: Connection[Any], people: Sequence[tuple[Person, bool]]) -> None:
        """Count a page of people.

        Args:
            conn: within the preview's snapshot, with `store.connection.adapt`.
            people: each with whether the rule holds.
        """
        if not self._audiences or not people:
            return
        keys = Keys([person.id for person, _ in people])
        known = {
            (audience, person): (listed, held_out)
            for audience, person, listed, held_out in conn.cursor(binary=True).execute(
                _LISTED, (keys, [audience for audience, *_ in self._audiences])
            )
        }
        for audience, _, _, purpose in self._audiences:
            for person, holds in people:
                listed, held_out = known.get((audience, person.id), (False, False))
                belongs = holds and not held_out
                if belongs is listed or not consents(person.view, purpose):
                    continue
                (self._adds if belongs else self._removes)[audience] += 1

    def turns(self, evaluated: int, people: int) -> Iterator[FollowerTurn]:
        """What was counted, for everybody.

        Args:
            evaluated: people who were counted.
            people: how many there are.
        """
        for audience, name, platform, _ in self._audiences:
            yield FollowerTurn(
                audience,
                name,
                platform,
                estimate(self._adds[audience], evaluated, people),
                estimate(self._removes[audience], evaluated, people),
            )
