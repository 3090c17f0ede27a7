"""What one person stated about consent, read from their stored events in bounded steps."""

import asyncio
from typing import Final, NamedTuple

from domain.ids import MessageKey
from domain.instants import to_ms, utc
from domain.profiles.leaf import Register
from operators.profiles.consent_history import InForce, Told, in_force
from sources.intake.statements import StatementReader
from store.fetch import Pool
from store.profiles import consent_events
from store.profiles.consent_events import SpeakingEvent
from store.profiles.events import Cursor
from store.profiles.profiles import StoredProfile

INSTANT_EVENTS: Final = 1_000
"""Events of the instants of the statements in force that are looked at."""


class Spoken(NamedTuple):
    """Statements of one window of events.

    Attributes:
        told: newest first.
        events: the events that said them, by message key.
        next: where the next window begins; None at the end.
    """

    told: list[Told]
    events: dict[MessageKey, SpeakingEvent]
    next: Cursor | None


async def spoken(
    pool: Pool,
    read: StatementReader,
    profile: StoredProfile,
    after: Cursor | None,
    limit: int,
    purpose: str | None,
) -> Spoken:
    """The statements of a person's next window of events.

    Args:
        pool: open pool.
        read: reads an event's statements.
        profile: whose.
        after: where the last window ended.
        limit: events of the window that may speak of consent.
        purpose: the only one, in its normal form; None for all.
    """
    person = profile.person
    found, end = await consent_events.window(pool, person.workspace, person.id, after, limit)
    return await asyncio.to_thread(_spoken, read, found, end, purpose)


async def standing(
    pool: Pool, read: StatementReader, profile: StoredProfile
) -> tuple[dict[str, InForce], dict[MessageKey, SpeakingEvent]]:
    """What counts for each purpose that the person ever named, with the events that said so."""
    person = profile.person
    registers: dict[str, Register] = person.view.consent
    instants = [utc(at_ms) for at_ms in sorted({one.at_ms for one in registers.values()})]
    found = await consent_events.of_instants(
        pool, person.workspace, person.id, instants, INSTANT_EVENTS
    )
    said = await asyncio.to_thread(_spoken, read, found, None, None)
    return in_force(registers, said.told), said.events


def _spoken(
    read: StatementReader, found: list[SpeakingEvent], end: Cursor | None, purpose: str | None
) -> Spoken:
    told: list[Told] = []
    events: dict[MessageKey, SpeakingEvent] = {}
    for event in found:
        key = MessageKey(event.message_key.bytes)
        said = [
            Told(to_ms(event.occurred_at), key, statement)
            for statement in read(event.source_id, event.payload)
            if purpose is None or statement.purpose == purpose
        ]
        if said:
            told += said
            events[key] = event
    return Spoken(told, events, end)
