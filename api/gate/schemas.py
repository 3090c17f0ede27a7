"""Schemas of the trust gate: modes, overrides, releases, and verdicts."""

from datetime import datetime
from typing import Any, Final, Literal

from pydantic import ConfigDict, Field

from api.gate.thresholds_schemas import EXAMPLE, GateThresholds
from api.signals.trust_schemas import StatusNow
from api.web.actors import ActorName
from api.web.texts import ReasonText
from api.web.values import Instant, Request, View, instant
from domain.gate import Code, InterventionState
from domain.instants import to_ms
from domain.signals.reading import Reading
from operators.gate.decide import state_of
from operators.gate.params import GateParams
from operators.gate.readings import misdated
from store.gate.controls import GateIntervention, ModeRow

Scope = Field(
    pattern=r"^(workspace|platform:[a-z0-9_]{1,40}|audience:[0-9]{1,10})$",
    description="`workspace`, `platform:<name>` or `audience:<id>`.",
    examples=["audience:3"],
)
Reason = Field(description="Why; it is kept in the audit log. No personal data.")
End = Field(description="When it ends; nothing lasts for ever.")
Verdict = Literal["pass", "hold", "block"]
_SAID: Final[dict[str, Any]] = {
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
    "state": "in_force",
    "author_name": "ada",
    "approved_by_name": None,
    "revoked_by_name": None,
}


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
    reason: ReasonText = Reason
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
    reason: ReasonText = Reason
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

    reason: ReasonText = Reason
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
                    "author_name": "ada",
                    "approved_by_name": None,
                }
            ]
        }
    )

    scope: str
    mode: Literal["advisory", "frozen"]
    reason: str
    author: str
    author_name: ActorName = None
    set_at: Instant
    expires_at: Instant | None
    approved_by: str | None
    approved_by_name: ActorName = None

    @classmethod
    def from_row(cls, row: ModeRow) -> "ModeView":
        """From a stored mode."""
        return cls.model_validate(row, from_attributes=True)


class SaidView(View):
    """An override, or a release of one push."""

    model_config = ConfigDict(json_schema_extra={"examples": [_SAID]})

    kind: Literal["override", "release"]
    id: int
    scope: str
    codes: list[str] = Field(
        description="Reasons that it overrides; of a release none, for it covers all that can be."
    )
    reason: str
    author: str
    author_name: ActorName = None
    created_at: Instant
    expires_at: Instant
    approved_by: str | None = Field(description="The second person, where two are needed.")
    approved_by_name: ActorName = None
    revoked_by: str | None
    revoked_by_name: ActorName = None
    revoked_at: Instant | None
    push_id: int | None = Field(description="The push that a release let pass.")
    state: InterventionState = Field(
        description="Whether it lets pushes pass: `in_force`; `unapproved`, it waits for a second"
        " person; or over: `used` by its push, `revoked`, `expired`."
    )

    @classmethod
    def from_row(cls, row: GateIntervention, at: datetime, params: GateParams) -> "SaidView":
        """From a stored one.

        Args:
            row: as stored.
            at: the instant of its state.
            params: whether two persons are needed.

        Returns:
            The view.
        """
        state = state_of(
            row.author,
            row.approved_by or "",
            to_ms(row.expires_at),
            to_ms(at),
            params,
            used=row.push_id is not None,
            revoked=row.revoked_at is not None,
        )
        return cls(**vars(row), state=state)


class EffectiveMode(View):
    """How the gate is run for a scope, with what holds for it from above."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"scope": "platform:meta", "mode": "frozen"}]}
    )

    scope: str
    mode: Literal["enforce", "advisory", "frozen"]


class GateView(View):
    """How the gate is run: thresholds, modes, and what people let pass."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "thresholds": EXAMPLE,
                    "modes": [],
                    "effective": [
                        {"scope": "workspace", "mode": "enforce"},
                        {"scope": "platform:meta", "mode": "enforce"},
                    ],
                    "overrides": [],
                    "releases": [],
                }
            ]
        }
    )

    thresholds: GateThresholds = Field(description="As configured.")
    modes: list[ModeView] = Field(description="Where there is none, the gate enforces.")
    effective: list[EffectiveMode] = Field(
        description="What holds for the workspace and for each platform: frozen above is frozen"
        " below. The list of audiences has theirs."
    )
    overrides: list[SaidView]
    releases: list[SaidView]


class AudienceVerdicts(View):
    """How many audiences the gate lets pass, holds and blocks now.

    Those that are being deleted are not judged.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "as_of": "2026-03-01T09:30:00Z",
                    "passing": 3,
                    "held": 1,
                    "blocked": 0,
                    "exact": True,
                }
            ]
        }
    )

    as_of: Instant = Field(description="The instant of the judgement.")
    passing: int = Field(ge=0, description="Audiences whose push would pass.")
    held: int = Field(ge=0, description="Held, frozen ones included.")
    blocked: int = Field(ge=0)
    exact: bool = Field(
        description="False where there are more audiences than are judged at once: then there are"
        " at least so many of each."
    )


class DependencyView(View):
    """A signal that a push is based on.

    Without a reading of now it is unknown, which is not health.
    """

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
    reading_id: int | None = Field(description="Its newest reading.")
    score: float | None = Field(description="That was read then; null when unknown.")
    status: StatusNow
    read_at: Instant | None

    @classmethod
    def from_reading(
        cls, signal: str, reading: Reading | None, now_ms: int, params: GateParams
    ) -> "DependencyView":
        """From a signal's newest reading.

        Args:
            signal: which.
            reading: None where it has none that bears on a push.
            now_ms: the instant of its status.
            params: how old a reading may be.
        """
        if reading is None:
            return cls(signal=signal, reading_id=None, score=None, status="unknown", read_at=None)
        doubt = misdated(reading.read_ms, now_ms, params)
        return cls(
            signal=signal,
            reading_id=reading.id,
            score=reading.score,
            status="unknown" if doubt else reading.status.value,
            read_at=instant(reading.read_ms),
        )


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
                    "thresholds": EXAMPLE,
                    "interventions": [_SAID],
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
    thresholds: GateThresholds = Field(description="Those that it was judged by.")
    interventions: list[SaidView] = Field(
        description="Overrides and releases that bear on its next push, by whatever scope: those"
        " in force, and those that wait for a second person."
    )
