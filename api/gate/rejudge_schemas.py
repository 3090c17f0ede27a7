"""Schemas of past gate decisions judged again with other thresholds."""

from pydantic import ConfigDict, Field

from api.gate.schemas import Verdict
from api.web.values import Instant, JsonValue, Request, View


class RejudgeRequest(Request):
    """Thresholds to try on past pushes."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "thresholds": {"healthy": 80},
                    "since": "2026-03-01T00:00:00Z",
                    "until": "2026-03-02T00:00:00Z",
                }
            ]
        }
    )

    thresholds: dict[str, JsonValue] = Field(
        default_factory=dict,
        max_length=50,
        description="Those that differ from the configured ones, as `GET /cdp/gate` names them.",
    )
    since: Instant
    until: Instant


class RejudgedView(View):
    """One past push whose verdict would have been another."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "decision_id": 9,
                    "destination": "meta:1",
                    "decided_at": "2026-03-01T09:30:00Z",
                    "past": "pass",
                    "now": "hold",
                    "reasons": ["source:1 is degraded (75)"],
                    "codes": ["degraded"],
                }
            ]
        }
    )

    decision_id: int
    destination: str
    decided_at: Instant
    past: Verdict = Field(description="What the gate itself said, before anybody let it pass.")
    now: Verdict
    reasons: list[str]
    codes: list[str]


class RejudgeView(View):
    """What would have differed."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"judged": 120, "complete": True, "counts": {"pass → hold": 3}, "differing": []}
            ]
        }
    )

    judged: int = Field(description="Past decisions about pushes.")
    complete: bool = Field(description="Whether those were all of the range.")
    counts: dict[str, int] = Field(description="How many went from which verdict to which.")
    differing: list[RejudgedView] = Field(description="The first that differ.")
