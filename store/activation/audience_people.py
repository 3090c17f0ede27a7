"""Reads who is on an audience's list, and which members are not, page by page in id order.

A page looks at a bounded number of people, whatever its filter leaves out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from psycopg import Connection
from psycopg.rows import args_row

from domain.activation.states import RowState
from operators.activation import ListingReason
from store.activation.due import Audience


@dataclass(frozen=True)
class ListedPerson:
    """One person and one audience.

    Attributes:
        member_since: since when in its segment; None where they are not.
        held_out: belongs to the part that is never sent.
        too_long: a member for longer than the audience keeps anybody.
        state: of the person's row on the list; None where there is none.
        pushed_at: when the platform confirmed it.
    """

    profile_id: UUID
    member_since: datetime | None
    held_out: bool
    too_long: bool
    state: str | None
    pushed_at: datetime | None


@dataclass(frozen=True)
class People:
    """Which people are read.

    Attributes:
        audience: whose list.
        states: of rows on the list.
        missing: also members without a row.
        reason: only people for whom this may decide, as far as the database can tell; None for
            all.
    """

    audience: Audience
    states: Sequence[str]
    missing: bool
    reason: ListingReason | None = None


_LOWEST: Final = UUID(int=0)
_HELD_BACK: Final = """
    coalesce(held_out(m.profile_id, %(intent)s, %(holdout)s::int), false) AS held_out,
    coalesce(m.since_at <= now() - make_interval(secs => %(ttl)s::int), false) AS too_long
"""
_LISTED: Final = f"""
    SELECT h.profile_id, m.since_at AS member_since, {_HELD_BACK}, h.state, h.pushed_at
    FROM audience_members h
    LEFT JOIN memberships m ON m.segment_id = %(segment)s AND m.profile_id = h.profile_id
    WHERE h.audience_id = %(audience)s AND h.state = ANY(%(states)s)
      AND h.profile_id > %(after)s AND (%(end)s::uuid IS NULL OR h.profile_id <= %(end)s)
"""
_MISSING: Final = f"""
    SELECT m.profile_id, m.since_at AS member_since, {_HELD_BACK},
           NULL::text AS state, NULL::timestamptz AS pushed_at
    FROM memberships m
    WHERE m.segment_id = %(segment)s AND NOT EXISTS (
        SELECT 1 FROM audience_members h
        WHERE h.audience_id = %(audience)s AND h.profile_id = m.profile_id)
      AND m.profile_id > %(after)s AND (%(end)s::uuid IS NULL OR m.profile_id <= %(end)s)
"""
_SENT: Final = "member_since IS NOT NULL AND NOT held_out AND NOT too_long"
_MAY_DECIDE: Final[dict[ListingReason, str]] = {
    "not_a_member": "member_since IS NULL",
    "held_out": "member_since IS NOT NULL AND held_out",
    "audience_inactive": "member_since IS NOT NULL AND NOT held_out",
    "too_long": "member_since IS NOT NULL AND NOT held_out AND too_long",
    "no_consent": _SENT,
    "no_identifier": _SENT,
    "refused_by_platform": f"{_SENT} AND state = '{RowState.REFUSED}'",
    "next_push": f"{_SENT} AND state IS NULL",
    "member": f"{_SENT} AND state <> '{RowState.REFUSED}'",
}
"""Reason → for whom it may decide; consent and identifiers are not in it.

The order in which reasons count is that of `operators.activation.reason_of`.
"""
_END: Final = """
    SELECT profile_id FROM {} AND profile_id > %(after)s
    ORDER BY profile_id OFFSET %(most)s::int - 1 LIMIT 1
"""
_END_LISTED: Final = _END.format("audience_members WHERE audience_id = %(audience)s")
_END_MISSING: Final = _END.format("memberships WHERE segment_id = %(segment)s")


def end_of_page(
    conn: Connection[Any], people: People, after: UUID | None, most: int
) -> UUID | None:
    """Find the last person whom a page may pass by.

    Args:
        conn: an open connection.
        people: which; the filters do not count.
        after: the last person of the page before; None for the first page.
        most: people on the list passed by at most, and as many members.

    Returns:
        The last person's id; None where there are fewer people.

    Raises:
        psycopg.OperationalError: the server does not answer.
    """
    names = {
        "audience": people.audience.id,
        "segment": people.audience.segment_id,
        "after": after or _LOWEST,
        "most": most,
    }
    queries = _queries(people, _END_LISTED, _END_MISSING)
    found = [row for sql in queries for row in conn.execute(sql.encode(), names)]
    return min((row[0] for row in found), default=None)


def read_listed(
    conn: Connection[Any], people: People, after: UUID | None, end: UUID | None, limit: int
) -> list[ListedPerson]:
    """Read people on a list, and members who are not on it.

    Args:
        conn: an open connection.
        people: which.
        after: people beyond this one; None from the first.
        end: up to and with this one; None to the last.
        limit: people at most.

    Returns:
        At most `limit` people in id order.

    Raises:
        psycopg.OperationalError: the server does not answer.
    """
    audience = people.audience
    names = {
        "audience": audience.id,
        "segment": audience.segment_id,
        "intent": audience.intent,
        "holdout": audience.holdout_percent,
        "ttl": audience.ttl_s,
        "states": list(people.states),
        "after": after or _LOWEST,
        "end": end,
        "limit": limit,
    }
    where = "true" if people.reason is None else _MAY_DECIDE[people.reason]
    queries = _queries(people, _LISTED, _MISSING)
    sql = f"""
        SELECT * FROM ({" UNION ALL ".join(queries)}) listed WHERE {where}
        ORDER BY profile_id LIMIT %(limit)s
    """
    with conn.cursor(row_factory=args_row(ListedPerson)) as cursor:
        return cursor.execute(sql.encode(), names).fetchall()


def _queries(people: People, listed: str, missing: str) -> list[str]:
    wanted = ((listed, bool(people.states)), (missing, people.missing))
    return [sql for sql, is_wanted in wanted if is_wanted]
