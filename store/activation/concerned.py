"""Inputs of a push plan: the people it concerns and what decides about each.

They are read page by page in id order, so that any number of people takes the same memory.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Final

from psycopg import Connection

from domain.activation.states import TAKEN_IN, RequestStatus, RowState
from domain.ids import ProfileId
from domain.profiles.profile import decode_consent
from operators.activation import Confirmed, Row
from operators.profiles.consent import grants
from store.activation.due import Audience
from store.connection import Keys, adapt, one_of

PAGE: Final = 5_000
"""People read at once."""
_VALUES: Final = 500
"""Identifiers looked for at once."""
_CERTAIN: Final = frozenset({*TAKEN_IN, RowState.REFUSED})
"""States of a row that is not sent again: confirmed, taken in, or refused as it is."""
_EVERYBODY: Final = """
    SELECT profile_id FROM memberships WHERE segment_id = %(segment)s
    UNION SELECT profile_id FROM audience_members WHERE audience_id = %(audience)s
"""
_CHANGED: Final = f"""
    SELECT profile_id FROM changes
    WHERE segment_id = %(segment)s AND tx >= %(cursor)s::xid8 AND tx < %(xmin)s::xid8
    UNION SELECT profile_id FROM audience_members WHERE audience_id = %(audience)s
        AND state IN {one_of((RowState.ADDING, RowState.REMOVING))}
"""
_TOO_LONG: Final = f"""
    UNION SELECT m.profile_id FROM memberships m JOIN audience_members h USING (profile_id)
    WHERE m.segment_id = %(segment)s AND h.audience_id = %(audience)s
      AND h.state <> '{RowState.LEAVING}'
      AND m.since_at <= now() - make_interval(secs => %(ttl)s)
"""
_NOT_REMOVED: Final = f"""
    UNION SELECT (pair->>0)::uuid FROM push_requests r
    JOIN pushes p ON p.id = r.push_id, jsonb_array_elements(r.rows) AS pair
    WHERE r.status = '{RequestStatus.UNDONE}' AND p.audience_id = %(audience)s
"""
_MEMBERS: Final = """
    SELECT profile_id FROM memberships
    WHERE segment_id = %s AND profile_id = ANY(%s) AND NOT held_out(profile_id, %s, %s)
      AND (%s::int IS NULL OR since_at > now() - make_interval(secs => %s::int))
"""
_ON_LIST: Final = (
    "SELECT profile_id, row, state FROM audience_members "
    "WHERE audience_id = %s AND profile_id = ANY(%s)"
)
_IDENTIFIERS: Final = """
    SELECT profile_id, kind, value FROM identifiers WHERE workspace_id = %s
        AND profile_id = ANY(%s) AND kind = ANY(%s)
"""
_UNDONE: Final = f"""
    SELECT (pair->>0)::uuid, pair->1 FROM push_requests r
    JOIN pushes p ON p.id = r.push_id, jsonb_array_elements(r.rows) AS pair
    WHERE r.status = '{RequestStatus.UNDONE}' AND p.audience_id = %s AND (pair->>0)::uuid = ANY(%s)
"""
_DOCUMENTS: Final = """
    SELECT asked.id, p.doc FROM unnest(%s) AS asked(id)
    LEFT JOIN identifiers i ON i.key = asked.id AND i.workspace_id = %s
    LEFT JOIN profiles p ON p.id = i.profile_id AND p.workspace_id = i.workspace_id
"""
_ERASING: Final = """
    SELECT DISTINCT person FROM erasures e LEFT JOIN erasure_progress p USING (command)
    CROSS JOIN unnest(e.ids) AS person
    WHERE e.completed_at IS NULL AND e.ids && %s AND person = ANY(%s)
      AND (NOT coalesce(p.discovered, false) OR EXISTS (
          SELECT FROM erasure_recipients r WHERE r.command = e.command AND r.audience_id = %s
            AND r.confirmed_at IS NULL))
"""
_SHARING: Final = f"""
    SELECT profile_id, row FROM audience_members
    WHERE audience_id = %s AND row ?| %s AND state IN {one_of(TAKEN_IN)}
"""


@dataclass(frozen=True)
class PushInputs:
    """The inputs of a plan for one page of people.

    Attributes:
        members: those who are in the segment and to be sent: neither held out nor members for too
            long.
        refused: those without consent; a person who is gone counts as refusing.
        identifiers: person → kind → normalised values; personal data.
        confirmed: whom the platform may hold, with what.
    """

    members: frozenset[ProfileId]
    refused: frozenset[ProfileId]
    identifiers: Mapping[ProfileId, Mapping[str, tuple[str, ...]]]
    confirmed: Mapping[ProfileId, Confirmed]


def pages(conn: Connection[Any], audience: Audience, xmin: str) -> Iterator[list[ProfileId]]:
    """Yield the ids of everyone whom the next push may affect, in pages.

    All members and all rows where nothing was ever planned.

    Args:
        conn: in a transaction that lasts until the last page.
        audience: whose push.
        xmin: changes of transactions below it are taken.

    Yields:
        At most `PAGE` people, each once, in id order.
    """
    with conn.cursor(name="concerned", binary=True) as cursor:
        adapt(cursor)
        cursor.execute(_people_query(audience) + " ORDER BY 1", _names(audience, xmin))
        while page := cursor.fetchmany(PAGE):
            yield [ProfileId(row[0]) for row in page]


def count(conn: Connection[Any], audience: Audience, xmin: str) -> int:
    """How many people `pages` gives."""
    row = conn.execute(
        f"SELECT count(*) FROM ({_people_query(audience)}) AS people".encode(),
        _names(audience, xmin),
    ).fetchone()
    return int(row[0]) if row else 0


def _people_query(audience: Audience) -> str:
    query = _EVERYBODY if audience.cursor_tx is None else _CHANGED
    if audience.cursor_tx is not None and audience.ttl_s is not None:
        query += _TOO_LONG
    return query + _NOT_REMOVED


def _names(audience: Audience, xmin: str) -> dict[str, Any]:
    return {
        "segment": audience.segment_id,
        "audience": audience.id,
        "cursor": audience.cursor_tx,
        "xmin": xmin,
        "ttl": audience.ttl_s,
    }


def load_push_inputs(
    conn: Connection[Any],
    audience: Audience,
    people: Sequence[ProfileId],
    purpose: str,
    kinds: Sequence[str],
) -> PushInputs:
    """Read what decides about a page of people, as of now.

    Args:
        conn: the planning transaction.
        audience: whose segment and rows are meant.
        people: those that are gone are no members.
        purpose: consent purpose of the platform.
        kinds: identifier kinds that the platform matches by.
    """
    wanted = Keys(people)
    with conn.cursor(binary=True) as cursor:
        adapt(cursor)
        ttl = audience.ttl_s
        cursor.execute(
            _MEMBERS,
            (audience.segment_id, wanted, audience.intent, audience.holdout_percent, ttl, ttl),
        )
        members = frozenset(ProfileId(row[0]) for row in cursor.fetchall())
        cursor.execute(_ON_LIST, (audience.id, wanted))
        held = {
            ProfileId(person): Confirmed(tuple(row), state in _CERTAIN)
            for person, row, state in cursor.fetchall()
        }
        for person, row in cursor.execute(_UNDONE, (audience.id, wanted)):
            _add_undone(held, ProfileId(person), tuple(row))
    return PushInputs(
        members,
        frozenset(refusing(conn, audience.workspace_id, people, purpose, audience.id)),
        identifiers_of(conn, audience.workspace_id, people, kinds),
        held,
    )


def identifiers_of(
    conn: Connection[Any], workspace_id: int, people: Sequence[ProfileId], kinds: Sequence[str]
) -> dict[ProfileId, dict[str, tuple[str, ...]]]:
    """Read people's identifiers of some kinds.

    Args:
        conn: an open connection.
        workspace_id: tenant.
        people: whose.
        kinds: which.

    Returns:
        Person → kind → normalised values, personal data; who has none is left out.

    Raises:
        psycopg.OperationalError: the server does not answer.
    """
    found: dict[ProfileId, dict[str, tuple[str, ...]]] = {}
    if kinds:
        with conn.cursor(binary=True) as cursor:
            adapt(cursor)
            for person, kind, value in cursor.execute(
                _IDENTIFIERS, (workspace_id, Keys(people), list(kinds))
            ):
                known = found.setdefault(ProfileId(person), {})
                known[kind] = (*known.get(kind, ()), value)
    return found


def _add_undone(confirmed: dict[ProfileId, Confirmed], person: ProfileId, row: Row) -> None:
    """Add the row of a removal that was not done to what the platform may hold of its person."""
    known = confirmed.get(person)
    if known is None:
        confirmed[person] = Confirmed(row, certain=False)
    elif row not in {known.row, *known.old}:
        confirmed[person] = known._replace(old=(*known.old, row))


def refusing(
    conn: Connection[Any],
    workspace_id: int,
    people: Sequence[ProfileId],
    purpose: str,
    audience_id: int = 0,
) -> set[ProfileId]:
    """Find those who do not consent to the purpose now.

    An absorbed person stands for whoever absorbed it; one who is gone refuses. So does one who was
    erased as long as it is not known whether the audience has to forget them, and until it has,
    whoever has their id by now.

    Args:
        conn: any connection.
        workspace_id: tenant.
        people: who is looked at.
        purpose: of consent.
        audience_id: whose list is meant; 0 for one that nobody was ever sent to.
    """
    found = set()
    with conn.cursor(binary=True) as cursor:
        adapt(cursor)
        for start in range(0, len(people), PAGE):
            some = Keys(people[start : start + PAGE])
            for person, document in cursor.execute(_DOCUMENTS, (some, workspace_id)).fetchall():
                if document is None or not grants(decode_consent(document), purpose):
                    found.add(ProfileId(person))
            for (person,) in cursor.execute(_ERASING, (some, some, audience_id)).fetchall():
                found.add(ProfileId(person))
    return found


def sharing(
    conn: Connection[Any],
    audience_id: int,
    values: Collection[str],
    without: AbstractSet[ProfileId],
) -> Iterator[list[tuple[ProfileId, Row]]]:
    """Find people on a list who share one of these identifiers.

    A platform that removes a row by an identifier removes theirs as well.

    Identifiers belong to one person each, but a platform may format several alike.

    Args:
        conn: any connection.
        audience_id: whose list.
        values: what platforms match by, hashes and ids.
        without: people who are not looked for.

    Yields:
        (person, row) pairs, each person once.
    """
    seen, ordered = set(without), sorted(values)
    with conn.cursor(binary=True) as cursor:
        adapt(cursor)
        for start in range(0, len(ordered), _VALUES):
            cursor.execute(_SHARING, (audience_id, ordered[start : start + _VALUES]))
            found = [
                (ProfileId(person), tuple(row))
                for person, row in cursor.fetchall()
                if person not in seen
            ]
            seen |= {person for person, _ in found}
            if found:
                yield found
