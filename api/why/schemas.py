"""Why somebody is in a segment, or not."""

from uuid import UUID

import msgspec
from pydantic import ConfigDict, Field

from api.segments.rules_schemas import Rule, example
from api.segments.shown_rules_schemas import ShownRule
from api.web.values import Instant, JsonValue, Request, View, Whole, instant
from domain.changes import HistoryEvent
from domain.segments.definition import WorkspaceDefinitions
from domain.values import Json
from operators.rules.describe import to_text
from operators.segments.citations import Citation, evidence_for
from operators.segments.explain import Explanation

_AT = "2026-03-01T09:30:00Z"


class DraftQuestion(Request):
    """A rule and a person."""

    model_config = example(
        rule={"type": "event", "event": {"name": "Order Completed"}, "window": "30d"},
        profile_id="5f0c1f6e-7d0b-4f6e-9a51-0c9f1f4f8a11",
        segment=None,
        at=None,
    )
    rule: Rule
    profile_id: UUID
    segment: Whole | None = Field(
        default=None,
        ge=0,
        lt=2**31,
        description="The segment that would have it; null for a new one.",
    )
    at: Instant | None = Field(
        default=None,
        description="An instant from now on, as if nothing happened until then; default now.",
    )


class CitedEventView(View):
    """An event that counts."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"id": "0b0e9b0c-54a1-4c52-8a52-4c4f0f3f1a77", "message_id": "m-1", "type": "track",
                 "name": "Order Completed", "occurred_at": _AT,
                 "counts_until": "2026-03-31T10:00:00Z"}
            ]
        }
    )  # fmt: skip

    id: UUID
    message_id: str | None = Field(description="As the client sent it; null where it sent none.")
    type: str
    name: str
    occurred_at: Instant
    counts_until: Instant | None = Field(
        description="When it leaves the window; null where there is none."
    )

    @classmethod
    def from_citation(cls, citation: Citation) -> "CitedEventView":
        """From a citation."""
        event, until = citation
        return cls(
            id=UUID(bytes=event.message),
            message_id=event.message_id,
            type=event.type,
            name=event.name,
            occurred_at=instant(event.at_ms),
            counts_until=None if until is None else instant(until),
        )


class RuleNodeView(View):
    """One node of the rule as it stands."""

    says: str = Field(description="The node in words.")
    rule: ShownRule = Field(description="The node as it is defined.")
    holds: bool
    value: JsonValue = Field(
        description="What its condition was held against; null where there is nothing."
    )
    changes_at: Instant | None = Field(
        description="Earliest instant at which its answer may change if nothing happens; null"
        " for never."
    )
    decides: bool = Field(
        description="If this alone answered otherwise, the person would be in where they are"
        " out, or out where they are in."
    )
    events: list[CitedEventView] = Field(
        description="The events that count, newest first; the first few."
    )
    events_total: int = Field(description="How many events count.")
    of: list["RuleNodeView"] = Field(description="The nodes below.")


class WhyView(View):
    """Why somebody is in a segment, or not, at an instant."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "profile_id": "5f0c1f6e-7d0b-4f6e-9a51-0c9f1f4f8a11", "segment_id": 7,
                    "segment": "recent buyers", "version": 2,
                    "at": _AT, "member": True, "member_stored": True, "restricted": False,
                    "flips_at": "2026-03-31T10:00:00Z", "flips_exactly": True,
                    "why": {
                        "says": "the number of “Order Completed” in the last 30d is at least 1",
                        "rule": {"type": "event", "window": "30d",
                                 "event": {"name": "Order Completed"}},
                        "holds": True, "value": 1, "changes_at": "2026-03-31T10:00:00Z",
                        "decides": True, "events": [], "events_total": 1, "of": [],
                    },
                }
            ]
        }
    )  # fmt: skip

    profile_id: UUID
    segment_id: int | None = Field(description="Null for a rule that no segment has.")
    segment: str | None = Field(description="Its name; null for a rule that no segment has.")
    version: int | None = Field(
        description="Of the live definition that was evaluated; null for a draft."
    )
    at: Instant
    member: bool = Field(description="Evaluated at this instant, from the person's state.")
    member_stored: bool | None = Field(
        description="What the memberships say; for a live definition it differs only while a wake"
        " or a sweep is on its way. Null for a rule that no segment has."
    )
    restricted: bool = Field(
        description="The person is restricted, and therefore in no segment, whatever the rule says."
    )
    flips_at: Instant | None = Field(
        description="When the answer changes if nothing happens; null for never."
    )
    flips_exactly: bool = Field(
        description="False where the search was given up: nothing changes before `flips_at`."
    )
    why: RuleNodeView


class NodeEvidence:
    """The stored events that the result of each node is based on.

    Args:
        events: stored ones.
        definitions: of the workspace.
        now_ms: the instant.
        limit: events shown per node.
    """

    def __init__(
        self, events: list[HistoryEvent], definitions: WorkspaceDefinitions, now_ms: int, limit: int
    ) -> None:
        self._events = events
        self._definitions = definitions
        self._now_ms = now_ms
        self._limit = limit

    def show(
        self,
        explanation: Explanation,
        deciding: frozenset[tuple[int, ...]],
        path: tuple[int, ...] = (),
    ) -> RuleNodeView:
        """A node and everything below it."""
        citations = (
            []
            if explanation.of
            else evidence_for(explanation.rule, self._events, self._definitions, self._now_ms)
        )
        return RuleNodeView(
            says=to_text(explanation.rule),
            rule=msgspec.to_builtins(explanation.rule),
            holds=explanation.holds,
            value=_shown(explanation.value),
            changes_at=None if explanation.changes_ms is None else instant(explanation.changes_ms),
            decides=path in deciding,
            events=[
                CitedEventView.from_citation(citation) for citation in citations[: self._limit]
            ],
            events_total=len(citations),
            of=[
                self.show(child, deciding, (*path, number))
                for number, child in enumerate(explanation.of)
            ],
        )


def _shown(value: Json) -> JsonValue:
    found: JsonValue = msgspec.to_builtins(value)
    return found
