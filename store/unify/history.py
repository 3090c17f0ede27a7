"""Reads the stored events of people, as far as aggregates that they lack look at them."""

from collections.abc import Collection, Iterable
from typing import Final

import psycopg

from domain.changes import HistoryEvent
from domain.ids import IdentifierKey, MessageKey, ProfileId
from domain.profiles.profile import Person
from operators.segments.program import Program
from operators.unify.backfill import backfill, backfilled_to, history_event, lacks_history
from store.connection import Keys

_EVENTS_AT_A_TIME: Final = 5_000
_EVENTS: Final = """
SELECT i.profile_id, e.leaf, e.type, e.name, round(extract(epoch
    FROM e.occurred_at) * 1000)::bigint, e.message_key, e.payload
FROM unnest(%s) AS wanted(id) JOIN identifiers i ON i.profile_id = wanted.id
    JOIN events e ON e.leaf = i.key
WHERE EXISTS (
    SELECT FROM unnest(%s::text[], %s::text[]) AS looked(type, name)
    WHERE looked.type = e.type AND (looked.name IS NULL OR looked.name = e.name))
"""
_COUNTED: Final = """
SELECT count(*) FROM (
    SELECT FROM unnest(%s) AS wanted(id) JOIN identifiers i ON i.profile_id = wanted.id
    JOIN events e ON e.leaf = i.key LIMIT %s
) AS counted
"""
EVENTS_LIMIT: Final = 200_000
"""Stored events of people that are read for one answer."""


class TooEventfulError(Exception):
    """People have more than `EVENTS_LIMIT` stored events."""


def refuse_too_many(connection: psycopg.Connection, people: Collection[ProfileId]) -> None:
    """Refuse to read people with too many events, whatever their types and names.

    Args:
        connection: of the engine (`store.connection.adapt`).
        people: stored people.

    Raises:
        TooEventfulError: together they have too many.
    """
    counted = connection.execute(_COUNTED, (Keys(list(people)), EVENTS_LIMIT + 1)).fetchone()
    if counted is not None and counted[0] > EVENTS_LIMIT:
        raise TooEventfulError


def backfill_people(
    connection: psycopg.Connection, people: Iterable[Person], program: Program
) -> list[Person]:
    """Backfill the aggregates that a program needs and people lack, in memory only.

    To be called inside a transaction whose statements see one instant, the one in which the people
    were read.

    Args:
        connection: of the engine (`store.connection.adapt`).
        people: stored people, changed in place.
        program: what is evaluated.

    Returns:
        The people that were backfilled.
    """
    lacking = [person for person in people if lacks_history(person, program)]
    if lacking:
        names = program.names(min(backfilled_to(person, program) for person in lacking))
        histories = read_events(connection, [person.id for person in lacking], names)
        for person in lacking:
            backfill(person, {}, histories[person.id], program)
    return lacking


def read_events(
    connection: psycopg.Connection,
    people: Collection[ProfileId],
    names: Iterable[tuple[str, str | None]],
) -> dict[ProfileId, list[HistoryEvent]]:
    """Read people's stored events.

    To be called inside a transaction.

    Args:
        connection: of the engine (`store.connection.adapt`).
        people: stored people.
        names: event types and names that matter; a name None is any.

    Returns:
        Person → events, for everybody asked for.

    Raises:
        psycopg.OperationalError: the server does not answer.
    """
    wanted = sorted(set(names), key=lambda pair: (pair[0], pair[1] or ""))
    histories: dict[ProfileId, list[HistoryEvent]] = {person: [] for person in people}
    if wanted:
        parameters = (
            Keys(list(people)),
            [kind for kind, _ in wanted],
            [name for _, name in wanted],
        )
        with connection.cursor("histories") as cursor:
            cursor.itersize = _EVENTS_AT_A_TIME
            for owner, leaf, kind, name, at_ms, message, payload in cursor.execute(
                _EVENTS, parameters, binary=True
            ):
                histories[ProfileId(owner)].append(
                    history_event(
                        IdentifierKey(leaf), kind, name, at_ms, MessageKey(message), payload
                    )
                )
    return histories
