"""Sections: consent as it stands, and every statement that an event made."""

from collections.abc import Iterator
from typing import Final

from dataflows.access.gathering import Gathering
from dataflows.access.section import Column, Row, Section
from domain.event import Event
from domain.ids import MessageKey, SourceId
from domain.instants import clamped_utc, to_ms
from domain.profiles.consent import EVERY_PURPOSE
from domain.stored import EventRow
from operators.profiles.consent import grants, statement_among
from sources.intake.consent import mentions_consent
from sources.intake.stored import StoredEventReader, UnreadableEventError
from store.privacy.held import people

_EVERY: Final = "every purpose"


def _state(gathering: Gathering) -> Iterator[Row]:
    statements = gathering.person.view.consent
    for purpose in sorted(statements):
        counts = statement_among(statements, purpose)
        at = clamped_utc(counts.at_ms) if counts else None
        yield _named(purpose), grants(statements, purpose), at


STATE: Final = Section(
    "consent",
    "Consent",
    "What you consent to, by purpose. A purpose that is not here is refused.",
    (
        Column("purpose", "What for."),
        Column("granted", "Whether you consent.", "profiles.doc"),
        Column("stated_at", "When the statement was made that counts.", "profiles.doc"),
    ),
    _state,
)


def _history(gathering: Gathering) -> Iterator[Row]:
    for event, row in _speaking(gathering):
        message, kind, name, at, received_at, source, *_ = row
        for purpose, granted in sorted(event.consent.items()):
            yield (
                at, received_at, _named(purpose), granted, gathering.source(source), kind, name,
                message,
            )  # fmt: skip


def _speaking(gathering: Gathering) -> Iterator[tuple[Event, Row]]:
    """The person's events that say something about consent, with their rows."""
    settings = gathering.settings
    read = StoredEventReader(
        gathering.source_rows,
        {gathering.workspace: gathering.salt},
        settings.identity,
        settings.profile,
    )
    for row in gathering.rows(people.EVENTS):
        message, _, _, at, received_at, source, _, _, payload = row
        if not mentions_consent(payload):
            continue
        stored = EventRow(
            MessageKey(message.bytes), SourceId(source), to_ms(at), to_ms(received_at), payload
        )
        try:
            event = read(gathering.workspace, stored)
        except UnreadableEventError:  # it is among the events, as it was received
            continue
        yield event, row


def _named(purpose: str) -> str:
    return _EVERY if purpose == EVERY_PURPOSE else purpose


HISTORY: Final = Section(
    "consent_history",
    "Consent history",
    "Every statement about consent that an event of yours made, oldest first. Of two at one"
    " instant a refusal counts. An event that the rules of today cannot read is among `events`"
    " alone.",
    (
        Column("stated_at", "When it was stated, by the time of the event.", "events.occurred_at"),
        Column("received_at", "When it arrived.", "events.received_at"),
        Column("purpose", "What for."),
        Column("granted", "Whether you consented.", "events.payload"),
        Column("source", "Where the event came from.", "events.source_id"),
        Column("event_type", "What kind of event it was.", "events.type"),
        Column("event_name", "What it was called.", "events.name"),
        Column("event", "Which one; see `events`.", "events.message_key"),
    ),
    _history,
)
