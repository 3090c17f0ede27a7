"""The components of a reading: what each was computed from, and what it may hold down."""

from collections.abc import Mapping

from pydantic import ConfigDict, Field

from api.web.values import View
from domain.signals.reading import ComponentReading
from domain.values import Json
from operators.signals.params import HealthParams


class ComponentView(View):
    """One aspect of a signal."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "freshness",
                    "score": 100.0,
                    "weight": 0.2,
                    "critical": True,
                    "floor": 70.0,
                    "sample": 1200,
                    "reason": "last accepted 2 s ago",
                    "inputs": {"last_accepted_s": 2.0},
                }
            ]
        }
    )

    name: str
    score: float | None = Field(description="0–100; null where there is too little data.")
    weight: float = Field(description="Share in the score, relative to the other present ones.")
    critical: bool = Field(description="Whether it cannot be averaged away, as configured now.")
    floor: float | None = Field(
        description="Below this it caps the score, as configured now; null where it never does."
    )
    sample: int = Field(description="Observations behind it.")
    reason: str
    inputs: dict[str, float] = Field(
        description="What the score was computed from; units are in the names."
    )

    @classmethod
    def from_component(cls, component: ComponentReading, params: HealthParams) -> "ComponentView":
        """From a component and the params of its signal."""
        critical = component.name in params.critical
        return cls(
            name=component.name,
            score=component.score,
            weight=component.weight,
            critical=critical,
            floor=params.floor if critical else None,
            sample=component.sample,
            reason=component.reason,
            inputs=component.inputs,
        )


def components_of(stored: Json) -> tuple[ComponentReading, ...]:
    """The components of a stored reading; what an earlier version did not store is empty.

    Args:
        stored: component name → its fields, as the table ``readings`` has them.
    """
    if not isinstance(stored, Mapping):
        return ()
    return tuple(
        ComponentReading(
            name=name,
            score=_number(said.get("score")),
            weight=_number(said.get("weight")) or 0.0,
            inputs={
                key: number
                for key, value in (said.get("inputs") or {}).items()
                if (number := _number(value)) is not None
            },
            sample=int(_number(said.get("sample")) or 0),
            reason=str(said.get("reason") or ""),
        )
        for name, said in stored.items()
        if isinstance(said, Mapping)
    )


def _number(value: Json) -> float | None:
    return float(value) if isinstance(value, int | float) else None
