"""Signals, readings, the gate's decisions and the audit log as dashboards see them."""

from typing import Annotated, Literal

import msgspec
from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from api.signals.components_schemas import ComponentView, components_of
from api.web.actors import ActorName
from api.web.values import Instant, JsonValue, View
from domain.gate import PushSize
from domain.instants import to_ms
from operators.gate.params import GateParams
from operators.gate.readings import misdated
from operators.signals.params import HealthParams
from store.audit.read import AuditRow
from store.gate.decisions import DecisionRow
from store.signals.readings import ReadingRow

_READING: JsonDict = {
    "id": 40,
    "read_at": "2026-03-01T09:30:00Z",
    "score": 91.5,
    "status": "healthy",
    "sample": 1200,
    "components": {
        "freshness": {
            "name": "freshness",
            "score": 100.0,
            "weight": 0.2,
            "critical": True,
            "floor": 70.0,
            "sample": 1200,
            "reason": "last accepted 2 s ago",
            "inputs": {"last_accepted_s": 2.0},
        }
    },
    "reasons": [],
}

Status = Literal["healthy", "degraded", "unhealthy", "unknown"]
StatusNow = Annotated[
    Status,
    Field(
        description="What it is now: `unknown` also where it was never read, or its newest reading"
        " is too old or lies in the future."
    ),
]


class Reading(View):
    """One dated signal-health result."""

    model_config = ConfigDict(json_schema_extra={"examples": [_READING]})

    id: int
    read_at: Instant
    score: float | None = Field(description="0–100; null when unknown.")
    status: Status = Field(description="What it was when it was read.")
    sample: int = Field(description="Events that it is based on.")
    components: dict[str, ComponentView] = Field(description="By name, with their inputs.")
    reasons: list[str] = Field(description="What lowered the score, the worst first.")

    @classmethod
    def from_row(cls, row: ReadingRow, params: HealthParams) -> "Reading":
        """From a stored reading.

        Args:
            row: what is stored.
            params: of its signal.
        """
        said = {name: getattr(row, name) for name in ("id", "read_at", "score", "status", "sample")}
        components = {
            one.name: ComponentView.from_component(one, params)
            for one in components_of(row.components)
        }
        return cls(**said, components=components, reasons=row.reasons or [])


class SignalReading(Reading):
    """A reading and the signal that it is of."""

    model_config = ConfigDict(json_schema_extra={"examples": [_READING | {"signal": "source:1"}]})

    signal: str = Field(description="`source:<id>`, `platform:<name>` or `conversions`.")

    @classmethod
    def from_row(cls, row: ReadingRow, params: HealthParams) -> "SignalReading":
        """From a stored reading and what health means for its signal."""
        return cls(signal=row.signal, **dict(Reading.from_row(row, params)))


class Signal(View):
    """A signal with its latest reading.

    A signal that was never read, or not lately, is unknown, which is not health.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"signal": "source:1", "name": "web", "status": "healthy", "reading": _READING}
            ]
        }
    )

    signal: str = Field(description="`source:<id>` or `platform:<name>`.")
    name: str | None = Field(description="The source's name.")
    status: StatusNow
    reading: Reading | None

    @classmethod
    def from_row(
        cls, row: ReadingRow, params: HealthParams, now_ms: int, gate: GateParams
    ) -> "Signal":
        """From a signal's latest reading.

        Args:
            row: what is stored.
            params: of the signal.
            now_ms: the instant of its status.
            gate: how old a reading may be.
        """
        reading = Reading.from_row(row, params) if row.id is not None else None
        counts = reading and misdated(to_ms(reading.read_at), now_ms, gate) is None
        return cls(
            signal=row.signal,
            name=row.name,
            status=reading.status if reading and counts else "unknown",
            reading=reading,
        )


class PushSizeView(View):
    """How much one push changes."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"before": 1190, "adds": 12, "removes": 2, "first": False, "confirmed": True}
            ]
        }
    )

    before: int = Field(description="People on the list, as far as the platform confirmed them.")
    adds: int = Field(description="People to be added.")
    removes: int = Field(description="People to be removed.")
    first: bool = Field(description="No push of this audience has ever put anybody on it.")
    confirmed: bool = Field(description="Whether somebody confirmed its first push.")


class DecisionView(View):
    """The gate's dated verdict on one proposed action."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": 3,
                    "destination": "meta:1",
                    "audience_id": 1,
                    "action": "push",
                    "verdict": "hold",
                    "automation": "alert_only",
                    "reasons": ["source:1 is degraded"],
                    "codes": ["degraded"],
                    "depends_on": ["source:1"],
                    "reading_ids": [40],
                    "would": None,
                    "override_id": None,
                    "release_id": None,
                    "size": None,
                    "decided_at": "2026-03-01T09:30:00Z",
                    "push_id": None,
                    "alert_ids": [4],
                }
            ]
        }
    )

    id: int
    destination: str
    audience_id: int | None
    action: str
    verdict: Literal["pass", "hold", "block"]
    automation: Literal["execute", "alert_only", "manual_required"]
    reasons: list[str]
    codes: list[str] = Field(description="The reasons for machines, in the same order.")
    depends_on: list[str] = Field(description="Signals that it was judged over.")
    reading_ids: list[int] = Field(description="Readings that the verdict is based on.")
    would: Literal["pass", "hold", "block"] | None = Field(
        description="What the gate itself says, where people or a mode say otherwise."
    )
    override_id: int | None
    release_id: int | None
    size: PushSizeView | None = Field(
        description="How many people are on the list, and come and go by the push; null where"
        " it was not measured."
    )
    decided_at: Instant
    push_id: int | None = Field(
        description="The push that it let pass; null where it let none pass, and for a moment"
        " until that is on record."
    )
    alert_ids: list[int] = Field(
        description="Alerts that told of the hold or block, alone or with its cause."
    )

    @classmethod
    def from_row(cls, row: DecisionRow) -> "DecisionView":
        """From a stored decision."""
        said = {name: getattr(row, name) for name in row.__dataclass_fields__}
        size = None if row.size is None else msgspec.convert(row.size, PushSize)
        return cls.model_validate(
            said | {"size": None if size is None else msgspec.to_builtins(size)}
        )


class AuditEntry(View):
    """One recorded operation."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": 9,
                    "at": "2026-03-01T09:30:00Z",
                    "actor": "key:1",
                    "actor_name": "ada",
                    "action": "dead_letter.retry",
                    "subject": "dead_letters",
                    "detail": {"reason": "missing_event"},
                    "seq": 9,
                    "hash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                }
            ]
        }
    )

    id: int
    at: Instant
    actor: str = Field(description="`engine`, or `key:<id>` of an API key.")
    actor_name: ActorName = None
    action: str
    subject: str
    detail: JsonValue = Field(description="What else was recorded; its members depend on `action`.")
    seq: int | None = Field(
        description="Place in the workspace's chain: 1, 2, 3 … as committed; null where"
        " somebody wrote past the log."
    )
    hash: str | None = Field(
        description="SHA-256 over this entry and the hash before it: written down elsewhere,"
        " it proves what came before."
    )

    @classmethod
    def from_row(cls, row: AuditRow) -> "AuditEntry":
        """From a stored row."""
        said = {
            name: getattr(row, name)
            for name in ("id", "at", "actor", "action", "subject", "detail", "seq")
        }
        return cls(**said, hash=None if row.hash is None else row.hash.hex())
