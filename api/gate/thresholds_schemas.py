"""The gate's thresholds as configured, one field each; durations are ISO 8601."""

from typing import Annotated, Any, Final

import msgspec
from pydantic import Field, WithJsonSchema

from api.segments.rules_schemas import example
from api.web.values import View
from operators.gate.params import GateParams

Duration = Annotated[str, WithJsonSchema({"type": "string", "format": "duration"})]
EXAMPLE: Final[dict[str, Any]] = msgspec.to_builtins(GateParams())


class QuietHours(View):
    """When nothing is pushed."""

    model_config = example(days=["sat", "sun"], start="22:00:00", end="06:00:00", zone="UTC")

    days: list[str] = Field(description="Of the week; a period belongs to the day it begins on.")
    start: str = Field(description="Its beginning, local time.")
    end: str = Field(description="Its end; not after `start`: on the next day.")
    zone: str = Field(description="IANA time zone.")


class GateThresholds(View):
    """When the gate lets a push pass."""

    model_config = example(**EXAMPLE)

    healthy: float = Field(description="Least score that passes.")
    degraded: float = Field(description="Least score that only holds; below it, it blocks.")
    staleness: Duration = Field(description="A reading older than this counts as unknown.")
    minimum_sample: int = Field(description="Observations that a source's reading needs.")
    minimum_requests: int = Field(description="Requests that a platform's reading needs.")
    recover_readings: int = Field(description="Healthy readings needed in a row after trouble.")
    margin: float = Field(description="Points above `healthy` that begin such a row.")
    cool_down: Duration = Field(description="After trouble nothing passes for so long.")
    swing: float = Field(
        description="Points between the highest and the lowest of the last readings above which a"
        " signal is too volatile."
    )
    swing_readings: int = Field(description="How many of them are looked at.")
    add_share: float = Field(description="Share of an audience that one push may add.")
    remove_share: float = Field(description="Share that one push may remove.")
    usual_times: float = Field(
        description="Times as much as the greatest of its recent pushes that a push may change."
    )
    least_share: float = Field(description="Share that a push may always change.")
    least_people: int = Field(description="A push that changes fewer people is never too large.")
    pushes_remembered: int = Field(description="So many last pushes are an audience's history.")
    confirm_first: bool = Field(description="Whether somebody must confirm the first push.")
    quiet: QuietHours | None = Field(description="When nothing is pushed; null for never.")
    two_persons: bool = Field(description="Whether overrides and releases need a second person.")
    longest_override: Duration = Field(description="They end after this at the latest.")
    clock_tolerance: Duration = Field(description="How far ahead a reading is still believed.")
    depends_for: Duration = Field(
        description="A source feeds the workspace this long after its last accepted event."
    )

    @classmethod
    def from_params(cls, params: GateParams) -> "GateThresholds":
        """From the configuration."""
        return cls.model_validate(msgspec.to_builtins(params))
