"""Sections: consent as it stands, and every statement that an event made."""

from collections.abc import Iterator
from typing import Final

from dataflows.access.gathering import Gathering
from dataflows.access.section import Column, Row, Section
from domain.event import CONSENT, OPERATOR, RESTRICTION
from domain.instants import clamped_utc
from domain.profiles.consent import ANY_USE, EVERY_PURPOSE
from operators.profiles.consent import grants, restriction_among, statement_among
from sources.intake.consent import mentions_consent
from sources.intake.operator_consent import read_operator_consent
from sources.intake.statements import StatementReader
from store.privacy.held import people

_NAMES: Final = {EVERY_PURPOSE: "every purpose", ANY_USE: "any use beyond storage"}
"""What stands in place of a purpose, in words."""


def _state(gathering: Gathering) -> Iterator[Row]:
    statements = gathering.person.view.consent
    for purpose in sorted(statements):
        if purpose == ANY_USE:
            use = statements[purpose]
            yield _named(purpose), restriction_among(statements) is None, clamped_utc(use.at_ms)
            continue
        counts = statement_among(statements, purpose)
        at = clamped_utc(counts.at_ms) if counts else None
        yield _named(purpose), grants(statements, purpose), at


STATE: Final = Section(
    "consent",
    "Consent",
    "What you consent to, by purpose. A purpose that is not here is refused. While “any use beyond"
    " storage” is refused, you are restricted: what is held of you is kept, and used for nothing.",
    (
        Column("purpose", "What for."),
        Column("granted", "Whether you consent.", "profiles.doc"),
        Column("stated_at", "When the statement was made that counts.", "profiles.doc"),
    ),
    _state,
)


def _history(gathering: Gathering) -> Iterator[Row]:
    read = StatementReader(gathering.settings.identity, gathering.settings.profile)
    for message, kind, name, at, received_at, source, _, _, payload in gathering.rows(
        people.EVENTS
    ):
        entered = None
        if source == OPERATOR:
            if kind not in {CONSENT, RESTRICTION}:
                continue
            entered = read_operator_consent(payload)
        elif not mentions_consent(payload):
            continue
        for one in sorted(entered.statements if entered else read(source, payload)):
            yield (
                at, received_at, _named(one.purpose), one.state.value, one.form, one.version,
                None if entered else gathering.source(source), kind, name,
                entered.author if entered else None, entered.reason if entered else None,
                entered.evidence if entered else None, message,
            )  # fmt: skip


def _named(purpose: str) -> str:
    return _NAMES.get(purpose, purpose)


HISTORY: Final = Section(
    "consent_history",
    "Consent history",
    "Every statement about consent that an event of yours made or that staff entered, oldest first."
    " A restriction refuses any use beyond storage, its release grants it. Of two at one instant a"
    " refusal counts. An event that the rules of today cannot read is among `events`"
    " alone.",
    (
        Column("stated_at", "When it was stated, by the time of the event.", "events.occurred_at"),
        Column("received_at", "When it arrived.", "events.received_at"),
        Column("purpose", "What for."),
        Column(
            "state",
            "`granted`, `refused`, or `unreadable`, which counts as refused.",
            "events.payload",
        ),
        Column("form", "The field of the event that said it; `operator`: entered by staff."),
        Column("version", "The text that you were shown, where the event names it."),
        Column("source", "Where the event came from.", "events.source_id"),
        Column("event_type", "What kind of event it was.", "events.type"),
        Column("event_name", "What it was called.", "events.name"),
        Column("entered_by", "Which member of staff entered it."),
        Column("reason", "Why it was entered."),
        Column("evidence", "What shows that you said so."),
        Column("event", "Which one; see `events`.", "events.message_key"),
    ),
    _history,
)
