"""Funnels as dashboards ask for them and see them."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from api.segments import rules_schemas as rules
from api.web.values import Instant, JsonValue, Request, View, Whole
from domain.instants import MS
from domain.segments.event_filter import EventFilter
from domain.segments.rule import Behaviour
from domain.segments.span import span_ms
from operators.funnels.breakdown import Kind
from operators.funnels.funnel import StepFigures, Took
from operators.rules.check import rule_problems
from operators.rules.references import DefinitionParams
from store.segments.funnels import Breakdown, Funnel, FunnelAnswer, FunnelGroup

_TOOK: JsonDict = {"median_s": 95.2, "p90_s": 1820.5, "average_s": 412.75}
_STEPS: list[JsonValue] = [
    {
        "people": 1200,
        "conversion": 1.0,
        "conversion_from_first": 1.0,
        "drop_off": 0,
        "from_previous": None,
        "from_first": None,
    },
    {
        "people": 300,
        "conversion": 0.25,
        "conversion_from_first": 0.25,
        "drop_off": 900,
        "from_previous": _TOOK,
        "from_first": _TOOK,
    },
]


def _checked(step: EventFilter) -> EventFilter:
    for problem in rule_problems(Behaviour(step), DefinitionParams()):
        raise ValueError(f"{problem.path.removeprefix('$.event.')}: {problem.message}")
    return step


class BreakdownBody(Request):
    """By what people are told apart; exactly one of `trait` and `property`."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"trait": "plan", "limit": 5}]})

    trait: str | None = Field(
        default=None,
        min_length=1,
        max_length=256,
        description="Newest value of this trait, as it is now.",
    )
    property: str | None = Field(
        default=None,
        min_length=1,
        max_length=1024,
        description="Property of the event that began a person's attempt.",
    )
    limit: Whole = Field(
        default=10,
        ge=1,
        le=50,
        description="Values shown apart: those with the most people at the first step.",
    )

    @model_validator(mode="after")
    def _one_of(self) -> "BreakdownBody":
        if (self.trait is None) == (self.property is None):
            raise ValueError("give either `trait` or `property`")
        return self


class FunnelBody(Request):
    """Which steps, in order, within which time."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "steps": [
                        {
                            "name": "Product Viewed",
                            "where": [
                                {
                                    "property": "category",
                                    "condition": {"op": "equals", "value": "shoes"},
                                }
                            ],
                        },
                        {"name": "Product Added"},
                        {"name": "Order Completed"},
                    ],
                    "window": "7d",
                    "since": "2026-03-01T00:00:00Z",
                    "until": "2026-04-01T00:00:00Z",
                    "breakdown": {"trait": "plan", "limit": 5},
                    "order": "in_order",
                }
            ]
        }
    )

    steps: list[Annotated[rules.EventFilter, AfterValidator(_checked)]] = Field(
        min_length=2, max_length=10
    )
    window: rules.Span = Field(
        description="Span from the first step to the last, like `30m` or `7d`."
    )
    since: Instant = Field(description="Attempts begin at or after this event time.")
    until: Instant = Field(
        description=(
            "Attempts begin before this event time; later steps may lie up to `window` after it."
        )
    )
    breakdown: BreakdownBody | None = None
    order: Literal["in_order"] = Field(
        default="in_order", description="Each step strictly later than the one before."
    )

    @model_validator(mode="after")
    def _forward(self) -> "FunnelBody":
        if not self.since < self.until:
            raise ValueError("`since` must lie before `until`")
        try:
            self.until + span_ms(self.window) * MS
        except OverflowError:
            raise ValueError("`until` is too far in the future") from None
        return self

    def funnel(self) -> Funnel:
        """As the store takes it."""
        breakdown = (
            Breakdown(self.breakdown.trait, self.breakdown.property, self.breakdown.limit)
            if self.breakdown
            else None
        )
        window = span_ms(self.window) * MS
        return Funnel(tuple(self.steps), window, self.since, self.until, breakdown)


class TookView(View):
    """How long people took, seconds; percentiles by nearest rank."""

    model_config = ConfigDict(json_schema_extra={"examples": [_TOOK]})

    median_s: float
    p90_s: float
    average_s: float

    @classmethod
    def from_took(cls, took: Took | None) -> "TookView | None":
        """From ms; None stays None."""
        return (
            cls(
                median_s=took.median_ms / 1000,
                p90_s=took.p90_ms / 1000,
                average_s=took.average_ms / 1000,
            )
            if took
            else None
        )


class FunnelStep(View):
    """How many people did one step, and how long it took them."""

    model_config = ConfigDict(json_schema_extra={"examples": _STEPS})

    people: int = Field(description="Who did this step and all before it in one attempt.")
    conversion: float | None = Field(
        description="Share of those who did the step before, 0–1; null where there are none."
    )
    conversion_from_first: float | None = Field(description="Share of those who began, 0–1.")
    drop_off: int = Field(description="People who did the step before and not this one.")
    from_previous: TookView | None = Field(
        description="Time since the step before; null at the first step and where nobody did it."
    )
    from_first: TookView | None = Field(description="Time since the first step, likewise.")

    @classmethod
    def from_figures(cls, step: StepFigures) -> "FunnelStep":
        """From the figures of one step."""
        return cls(
            people=step.people,
            conversion=step.conversion,
            conversion_from_first=step.conversion_from_first,
            drop_off=step.drop_off,
            from_previous=TookView.from_took(step.from_previous),
            from_first=TookView.from_took(step.from_first),
        )


class FunnelPart(View):
    """The same figures for the people with one value, with any other value, or without one."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"kind": "value", "value": "pro", "steps": _STEPS}]}
    )

    kind: Kind
    value: JsonValue = Field(description="The value; null where the kind is not `value`.")
    steps: list[FunnelStep]

    @classmethod
    def from_group(cls, group: FunnelGroup) -> "FunnelPart":
        """From one group."""
        return cls(
            kind=group.kind,
            value=group.value,
            steps=[FunnelStep.from_figures(step) for step in group.steps],
        )


class FunnelView(View):
    """How many people got how far, and how long it took them."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "as_of": "2026-04-10T12:00:00Z",
                    "settled": True,
                    "events": 5210,
                    "steps": _STEPS,
                    "breakdown": [{"kind": "value", "value": "pro", "steps": _STEPS}],
                }
            ]
        }
    )

    as_of: Instant
    settled: bool = Field(
        description=(
            "The window of every attempt is over; only late events, merges and splits can change"
            " the answer."
        )
    )
    events: int = Field(description="Events that were looked at.")
    steps: list[FunnelStep]
    breakdown: list[FunnelPart] | None = Field(description="Null where none was asked for.")

    @classmethod
    def from_answer(cls, funnel: Funnel, answer: FunnelAnswer, now: datetime) -> "FunnelView":
        """From the store's answer."""
        return cls(
            as_of=now,
            settled=funnel.until + funnel.window <= now,
            events=answer.events,
            steps=[FunnelStep.from_figures(step) for step in answer.steps],
            breakdown=(
                [FunnelPart.from_group(group) for group in answer.groups]
                if funnel.breakdown
                else None
            ),
        )
