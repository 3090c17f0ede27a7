"""Finds people on a platform's list who no longer consent.

They are removed at once, whatever the gate says.

Every change of a person who is on a list is looked at once, soon after it commits, whether it is
flagged urgent or not: a merge with somebody who refused withdraws just the same. Removals that were
planned and never confirmed are looked at again, and so is whoever left the segment and was not
taken off yet: nothing is recorded of their consent from then on, and they may refuse until a push
removes them. Nor is anything told of a purpose that the segment does not serve: where the platform
asks for another one, everybody on the list is looked at.

Whoever was erased is looked at until their lists have forgotten them, whatever else is told; and so
is everybody of whom an earlier row may still be there, because its removal was not done.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, LiteralString
from uuid import UUID

from psycopg import Connection

from domain.activation.states import GOING, LIVING, PushKind, PushStatus, RequestStatus, RowState
from domain.ids import ProfileId
from store.activation.concerned import PAGE, refusing
from store.connection import one_of

_TOUCHED: Final = f"""
    SELECT a.workspace_id, a.id, a.platform, m.profile_id
    FROM audiences a
    JOIN changes c ON c.segment_id = a.segment_id
      AND c.tx >= greatest(coalesce(a.cursor_tx, '0'::xid8), %s::xid8)
    JOIN audience_members m ON m.audience_id = a.id AND m.profile_id = c.profile_id
         AND m.state NOT IN {one_of(GOING)}
    WHERE a.status IN {one_of(LIVING)} AND a.platform = ANY(%s)
    GROUP BY a.workspace_id, a.id, a.platform, m.profile_id
"""
_RESTED: Final = f"""
    AND a.status IN {one_of(LIVING)} AND a.platform = ANY(%s)
    AND NOT EXISTS (SELECT 1 FROM pushes p WHERE p.audience_id = a.id
      AND p.status = '{PushStatus.RUNNING}')
    AND NOT EXISTS (
        SELECT 1 FROM pushes p WHERE p.audience_id = a.id AND p.kind = '{PushKind.URGENT}'
            AND p.status = '{PushStatus.FAILED}'
        AND p.ended_at > now() - make_interval(secs => %s))
"""
_OUTSTANDING: Final = f"""
    SELECT a.workspace_id, a.id, a.platform, m.profile_id
    FROM audience_members m JOIN audiences a ON a.id = m.audience_id
    WHERE m.state = '{RowState.REMOVING}' {_RESTED}
"""
_UNDONE: Final = f"""
    SELECT DISTINCT a.workspace_id, a.id, a.platform, (pair->>0)::uuid
    FROM push_requests r JOIN pushes u ON u.id = r.push_id JOIN audiences a ON a.id = u.audience_id
    CROSS JOIN LATERAL jsonb_array_elements(r.rows) AS pair
    WHERE r.status = '{RequestStatus.UNDONE}' {_RESTED}
"""
_ERASED: Final = f"""
    SELECT a.workspace_id, a.id, a.platform, m.profile_id
    FROM erasure_recipients r JOIN erasures e USING (command)
    JOIN audiences a ON a.id = r.audience_id
    JOIN audience_members m ON m.audience_id = a.id AND m.profile_id = ANY(e.ids)
         AND m.state NOT IN {one_of(GOING)}
    WHERE r.confirmed_at IS NULL AND e.completed_at IS NULL
      AND a.status IN {one_of(LIVING)} AND a.platform = ANY(%s)
    GROUP BY a.workspace_id, a.id, a.platform, m.profile_id
"""
_LEFT: Final = f"""
    SELECT a.workspace_id, a.id, a.platform, m.profile_id
    FROM audiences a
    JOIN changes c ON c.segment_id = a.segment_id AND c.tx >= coalesce(a.cursor_tx, '0')
      AND c.delta < 0
    JOIN audience_members m ON m.audience_id = a.id AND m.profile_id = c.profile_id
         AND m.state NOT IN {one_of(GOING)}
    WHERE a.status IN {one_of(LIVING)} AND a.platform = ANY(%s)
      AND NOT EXISTS (SELECT 1 FROM memberships s WHERE s.segment_id = a.segment_id
        AND s.profile_id = m.profile_id)
    GROUP BY a.workspace_id, a.id, a.platform, m.profile_id
"""
_OF_ANOTHER_PURPOSE: Final = f"""
    SELECT a.workspace_id, a.id, a.platform, m.profile_id
    FROM audiences a
    JOIN unnest(%s::text[], %s::text[]) AS asked (platform, purpose) ON asked.platform = a.platform
    JOIN segments s ON s.id = a.segment_id AND s.purpose <> asked.purpose
    JOIN audience_members m ON m.audience_id = a.id AND m.state NOT IN {one_of(GOING)}
    WHERE a.status IN {one_of(LIVING)}
"""


@dataclass
class Withdrawn:
    """People of one audience who must come off its list.

    Attributes:
        people: profile ids with rows there, in order: the same people are equal again.
    """

    workspace_id: int
    audience_id: int
    platform: str
    people: list[ProfileId] = field(default_factory=list)


def horizon(conn: Connection[Any]) -> str:
    """Transactions below it have ended: what `touched` has to look at next time starts here.

    Call it before `touched`.
    """
    row = conn.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text").fetchone()
    return str(row[0]) if row else "0"


def touched(conn: Connection[Any], since: str, purposes: Mapping[str, str]) -> list[Withdrawn]:
    """Find withdrawals among changes of transactions from `since` on.

    Args:
        conn: any connection.
        since: an earlier `horizon`, ``"0"`` after a start.
        purposes: platform → consent purpose, for the platforms that are looked at.
    """
    return _withdrawn(conn, purposes, (_TOUCHED, (since, list(purposes))))


def outstanding(
    conn: Connection[Any], purposes: Mapping[str, str], failed_wait_s: float
) -> list[Withdrawn]:
    """Find withdrawals that no change announces.

    Those planned and never confirmed, of people who had left the segment before, of people who
    were erased, and of another purpose.

    Args:
        conn: any connection.
        purposes: platform → consent purpose, for the platforms that are looked at.
        failed_wait_s: rest after an attempt to remove somebody failed for good.
    """
    platforms = list(purposes)
    return _withdrawn(
        conn,
        purposes,
        (_OUTSTANDING, (platforms, failed_wait_s)),
        (_UNDONE, (platforms, failed_wait_s)),
        (_ERASED, (platforms,)),
        (_LEFT, (platforms,)),
        (_OF_ANOTHER_PURPOSE, (platforms, list(purposes.values()))),
    )


def _withdrawn(
    conn: Connection[Any],
    purposes: Mapping[str, str],
    *asked: tuple[LiteralString, tuple[object, ...]],
) -> list[Withdrawn]:
    """Those of the people that statements find who refuse.

    They alone are kept in memory, and one page of the others.
    """
    audiences: dict[int, Withdrawn] = {}
    found: dict[int, dict[ProfileId, None]] = {}
    with conn.transaction():
        for page in (page for sql, values in asked for page in _pages(conn, sql, values)):
            people: dict[int, list[ProfileId]] = {}
            for workspace_id, audience_id, platform, profile_id in page:
                audiences.setdefault(audience_id, Withdrawn(workspace_id, audience_id, platform))
                people.setdefault(audience_id, []).append(ProfileId(profile_id.bytes))
            for audience_id, some in people.items():
                one = audiences[audience_id]
                purpose = purposes[one.platform]
                refused = refusing(conn, one.workspace_id, some, purpose, audience_id)
                found.setdefault(audience_id, {}).update(
                    dict.fromkeys(person for person in some if person in refused)
                )
    for audience_id, people_found in found.items():
        audiences[audience_id].people = sorted(people_found)
    return [one for one in audiences.values() if one.people]


def _pages(
    conn: Connection[Any], sql: LiteralString, values: tuple[object, ...]
) -> Iterator[list[tuple[int, int, str, UUID]]]:
    """Rows of a statement, inside a transaction that lasts until the last of them."""
    with conn.cursor(name="withdrawals") as cursor:
        cursor.execute(sql, values)
        while page := cursor.fetchmany(PAGE):
            yield page
