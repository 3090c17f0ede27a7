"""Schemas of the trust gate: modes, overrides, releases, and verdicts."""

from typing import Literal

from pydantic import ConfigDict, Field

from api.signals.trust_schemas import Status
from api.web.values import Instant, JsonValue, Request, View
from domain.gate import Code
from store.gate.controls import GateIntervention, ModeRow

Scope = Field(
    pattern=r"^(workspace|platform:[a-z0-9_]{1,40}|audience:[0-9]{1,10})$",
    description="`workspace`, `platform:<name>` or `audience:<id>`.",
    examples=["audience:3"],
)
Reason = Field(
    min_length=3, max_length=500, description="Why; it is kept in the audit log. No personal data."
)
End = Field(description="When it ends; nothing lasts for ever.")
Verdict = Literal["pass", "hold", "block"]


class ModeRequest(Request):
    """How the gate shall be run."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "scope": "workspace",
                    "mode": "frozen",
                    "reason": "The shop moves house.",
                    "expires_at": None,
                }
            ]
        }
    )

    scope: str = Scope
    mode: Literal["enforce", "advisory", "frozen"]
    reason: str = Reason
    expires_at: Instant | None = Field(
        default=None, description="When it ends; advisory must, frozen may."
    )


class OverrideRequest(Request):
    """Reasons that shall not hold pushes for a while."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "scope": "platform:meta",
                    "codes": ["mass_addition"],
                    "reason": "The spring campaign begins.",
                    "expires_at": "2026-03-02T00:00:00Z",
                }
            ]
        }
    )

    scope: str = Scope
    codes: list[Code] = Field(
        min_length=1, max_length=len(Code), description="Reasons, as decisions name them."
    )
    reason: str = Reason
    expires_at: Instant = End


class ReleaseRequest(Request):
    """An audience's next push shall go."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "reason": "Checked by hand: the list was cleaned up.",
                    "expires_at": "2026-03-01T12:00:00Z",
                }
            ]
        }
    )

    reason: str = Reason
    expires_at: Instant = End


class ModeView(View):
    """A mode that somebody set."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "scope": "workspace",
                    "mode": "frozen",
                    "reason": "The shop moves house.",
                    "author": "key:1",
                    "set_at": "2026-03-01T09:00:00Z",
                    "expires_at": None,
                    "approved_by": None,
                }
            ]
        }
    )

    scope: str
    mode: Literal["advisory", "frozen"]
    reason: str
    author: str
    set_at: Instant
    expires_at: Instant | None
    approved_by: str | None

    @classmethod
    def from_row(cls, row: ModeRow) -> "ModeView":
        """From a stored mode."""
        return cls.model_validate(row, from_attributes=True)


class SaidView(View):
    """An override, or a release of one push."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kind": "override",
                    "id": 2,
                    "scope": "platform:meta",
                    "codes": ["mass_addition"],
                    "reason": "The spring campaign begins.",
                    "author": "key:1",
                    "created_at": "2026-03-01T09:00:00Z",
                    "expires_at": "2026-03-02T00:00:00Z",
                    "approved_by": None,
                    "revoked_by": None,
                    "revoked_at": None,
                    "push_id": None,
                }
            ]
        }
    )

    kind: Literal["override", "release"]
    id: int
    scope: str
    codes: list[str] = Field(
        description="Reasons that it overrides; of a release none, for it covers all that can be."
    )
    reason: str
    author: str
    created_at: Instant
    expires_at: Instant
    approved_by: str | None = Field(description="The second person, where two are needed.")
    revoked_by: str | None
    revoked_at: Instant | None
    push_id: int | None = Field(description="The push that a release let pass.")

    @classmethod
    def from_row(cls, row: GateIntervention) -> "SaidView":
        """From a stored one."""
        return cls.model_validate(row, from_attributes=True)


class GateView(View):
    """How the gate is run: thresholds, modes, and what people let pass."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "thresholds": {"healthy": 70.0, "degraded": 40.0},
                    "modes": [],
                    "overrides": [],
                    "releases": [],
                }
            ]
        }
    )

    thresholds: JsonValue = Field(description="As configured; durations in ISO 8601.")
    modes: list[ModeView] = Field(description="Where there is none, the gate enforces.")
    overrides: list[SaidView]
    releases: list[SaidView]


class DependencyView(View):
    """A signal that a push is based on; without a reading it is unknown, which is not health."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "signal": "source:1",
                    "reading_id": 40,
                    "score": 63.0,
                    "status": "degraded",
                    "read_at": "2026-03-01T09:30:00Z",
                }
            ]
        }
    )

    signal: str
    reading_id: int | None
    score: float | None
    status: Status
    read_at: Instant | None


class AudienceGateView(View):
    """What the gate says of an audience's push now, and over what."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "audience_id": 1,
                    "verdict": "hold",
                    "reasons": ["source:1 is degraded (63): freshness: last accepted 80 s ago"],
                    "codes": ["degraded"],
                    "depends_on": [
                        {
                            "signal": "source:1",
                            "reading_id": 40,
                            "score": 63.0,
                            "status": "degraded",
                            "read_at": "2026-03-01T09:30:00Z",
                        }
                    ],
                    "mode": "enforce",
                    "confirmed_first": True,
                }
            ]
        }
    )

    audience_id: int
    verdict: Verdict = Field(
        description="Without the size of the push, which is measured when it is planned; a"
        " preview measures it."
    )
    reasons: list[str]
    codes: list[str]
    depends_on: list[DependencyView] = Field(
        description="Signals that a push of this audience is based on, with their newest readings."
    )
    mode: Literal["enforce", "advisory", "frozen"]
    confirmed_first: bool = Field(description="Whether its first push is over or was confirmed.")
