"""The history of a person's consent as dashboards see it."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from api.profiles.parts_schemas import EXAMPLE_ID
from api.web.paging import Page
from api.web.values import Instant, View, instant
from domain.event import OPERATOR
from domain.ids import MessageKey
from domain.profiles.leaf import Register
from domain.statement import StatementState
from operators.profiles.consent_history import Because, InForce, Run, Told, counts_for
from sources.intake.operator_consent import read_operator_consent
from store.profiles.consent_events import SpeakingEvent

Events = Mapping[MessageKey, SpeakingEvent]

_SAID: JsonDict = {
    "purpose": "advertising",
    "state": "granted",
    "at": "2026-03-01T09:30:00Z",
    "form": "context.consent.categoryPreferences",
    "version": "2026-02",
    "event_id": "0b0e9b0c-54a1-4c52-8a52-4c4f0f3f1a77",
    "event_type": "track",
    "source_id": 1,
    "source": "shop",
}
_ENTRY: JsonDict = _SAID | {
    "count": 12,
    "last_at": "2026-03-04T18:00:00Z",
    "is_whole": True,
    "operator": None,
    "in_force": True,
}
_COUNTS: JsonDict = {
    "purpose": "advertising",
    "granted": True,
    "at": "2026-03-04T18:00:00Z",
    "because": "newest",
    "statement": _SAID,
}


class Said(View):
    """A statement about one purpose, and the event that holds it."""

    model_config = ConfigDict(json_schema_extra={"examples": [_SAID]})

    purpose: str = Field(description="`*`: every purpose.")
    state: StatementState = Field(
        description="`unreadable` counts as refused: something was said that cannot be read."
    )
    at: Instant = Field(description="Event time.")
    form: str = Field(description="The field that states it.")
    version: str | None = Field(
        description="Of the text that was shown, where the event states one."
    )
    event_id: UUID
    event_type: str
    source_id: int = Field(description="0 where an operator stated it.")
    source: str

    @classmethod
    def from_told(cls, told: Told, events: Events) -> "Said":
        """From a statement and the events of its page."""
        return cls.model_validate(_said(told, events))


class OperatorView(View):
    """Who stated it in the person's name, and why."""

    author: str
    reason: str
    evidence: str

    @classmethod
    def from_event(cls, event: SpeakingEvent) -> "OperatorView | None":
        """From the event of an operator's statement; None for any other event."""
        if event.source_id != OPERATOR:
            return None
        told = read_operator_consent(event.payload)
        return cls(author=told.author, reason=told.reason, evidence=told.evidence)


class ConsentEntry(Said):
    """A statement, or several equal ones after each other; the fields are those of the first."""

    model_config = ConfigDict(json_schema_extra={"examples": [_ENTRY]})

    count: int = Field(description="Statements in a row with this state and text version.")
    last_at: Instant = Field(description="Event time of the newest of them.")
    is_whole: bool = Field(
        description="False where older statements that this page did not look at may belong to it."
    )
    operator: OperatorView | None = Field(
        description="Null where the person's own client or system said so."
    )
    in_force: bool = Field(description="Whether the newest of them is the statement that counts.")

    @classmethod
    def from_run(
        cls, run: Run, events: Events, registers: Mapping[str, Register]
    ) -> "ConsentEntry":
        """From a run of statements and what counts of the person."""
        fields = {
            "count": run.size,
            "last_at": instant(run.last.at_ms),
            "is_whole": run.is_whole,
            "operator": OperatorView.from_event(events[run.first.event]),
            "in_force": counts_for(registers, run.last),
        }
        return cls.model_validate(_said(run.first, events) | fields)


class PurposeInForce(View):
    """What counts for a purpose now, and why."""

    model_config = ConfigDict(json_schema_extra={"examples": [_COUNTS]})

    purpose: str
    granted: bool
    at: Instant
    because: Because = Field(
        description="`newest`: the newest statement. `refusal_wins`: a grant was stated at the same"
        " instant. `every_purpose`: every purpose was refused then, or later than this one was"
        " stated. `restricted`: it was granted, and the person is restricted."
    )
    statement: Said | None = Field(description="Null where its event is not stored any more.")

    @classmethod
    def from_standing(cls, purpose: str, standing: InForce, events: Events) -> "PurposeInForce":
        """From what counts for a purpose."""
        told = standing.told
        return cls(
            purpose=purpose,
            granted=standing.register.value is True and standing.because is not Because.RESTRICTED,
            at=instant(standing.register.at_ms),
            because=standing.because,
            statement=None if told is None else Said.from_told(told, events),
        )


class ConsentHistory(Page[ConsentEntry]):
    """A page of what a person stated about consent, the newest change first."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "items": [_ENTRY],
                    "next": None,
                    "profile_id": EXAMPLE_ID,
                    "in_force": [_COUNTS],
                }
            ]
        }
    )

    profile_id: UUID
    in_force: list[PurposeInForce] | None = Field(
        description="What counts now for every purpose that was ever named; null after the first"
        " page."
    )


def entries(
    found: Iterable[Run], events: Events, registers: Mapping[str, Register]
) -> list[ConsentEntry]:
    """Runs as clients see them."""
    return [ConsentEntry.from_run(run, events, registers) for run in found]


def _said(told: Told, events: Events) -> dict[str, object]:
    event, statement = events[told.event], told.statement
    return {
        "purpose": statement.purpose,
        "state": statement.state,
        "at": instant(told.at_ms),
        "form": statement.form,
        "version": statement.version or None,
        "event_id": event.message_key,
        "event_type": event.type,
        "source_id": event.source_id,
        "source": event.source,
    }
