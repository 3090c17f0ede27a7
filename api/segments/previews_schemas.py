"""Previews of segments as clients see them."""

from uuid import UUID

from pydantic import Field

from api.segments.rules_schemas import Rule, example
from api.web.values import Instant, Request, View, instant
from operators.segments.sampling import Estimate
from store.segments.preview import Preview

_AT = "2026-03-01T09:30:00Z"
_RULE = {"type": "event", "event": {"name": "Order Completed"}, "window": "30d"}
_PERSON = {
    "profile_id": "5f0c1f6e-7d0b-4f6e-9a51-0c9f1f4f8a11",
    "identifiers": [{"kind": "email", "value": "ada@example.com"}],
}
_OVERLAP = {
    "segment_id": 1,
    "name": "consented_customers",
    "version": 1,
    "members": {"value": 81200, "low": 80100, "high": 82400},
    "both": {"value": 41000, "low": 40200, "high": 41900},
    "share_of_draft": 0.76,
    "share_of_segment": 0.5,
}


class PreviewRequest(Request):
    """A rule to be previewed."""

    model_config = example(rule=_RULE)
    rule: Rule


class EstimateView(View):
    """How many people.

    Exact where `low` equals `high`, else the ends of the 95 % confidence interval.
    """

    model_config = example(value=54000, low=53100, high=55000)
    value: int = Field(ge=0)
    low: int = Field(ge=0)
    high: int = Field(ge=0)

    @classmethod
    def from_estimate(cls, estimate: Estimate) -> "EstimateView":
        """From the estimate."""
        return cls(value=estimate.value, low=estimate.low, high=estimate.high)


class PreviewedIdentifier(View):
    """What identifies a person."""

    model_config = example(kind="email", value="ada@example.com")
    kind: str
    value: str


class PreviewedPerson(View):
    """Somebody who would be a member."""

    model_config = example(**_PERSON)
    profile_id: UUID
    identifiers: list[PreviewedIdentifier]


class OverlapView(View):
    """A segment that exists, and what it has in common with the draft."""

    model_config = example(**_OVERLAP)
    segment_id: int
    name: str
    version: int
    members: EstimateView = Field(description="Of that segment.")
    both: EstimateView = Field(
        description="Members of that segment who would be members of the draft."
    )
    share_of_draft: float | None = Field(
        description=(
            "Share of the draft's people who are in that segment; null where there are none."
        )
    )
    share_of_segment: float | None = Field(
        description=(
            "Share of that segment's people who would be in the draft; null where there are none."
        )
    )


class PreviewView(View):
    """What a rule would mean if it were live now."""

    model_config = example(
        at=_AT,
        members={"value": 54000, "low": 53100, "high": 55000},
        exact=False,
        people=1000000,
        people_exact=True,
        evaluated=10000,
        in_time=True,
        reads_history=True,
        unscored=False,
        examples=[_PERSON],
        overlaps=[_OVERLAP],
    )
    at: Instant = Field(description="The instant that this is of.")
    members: EstimateView
    exact: bool = Field(description="Everybody was evaluated.")
    people: int
    people_exact: bool = Field(
        description="False where the number of people is the database planner's estimate."
    )
    evaluated: int
    in_time: bool = Field(
        description="False where time was over early; the intervals are wider then."
    )
    reads_history: bool = Field(
        description=(
            "The rule asks for something of the past that is not kept yet; publishing builds it for"
            " everybody."
        )
    )
    unscored: bool = Field(
        description="The rule asks for RFM scores, and nobody has any until bounds have been taken."
    )
    examples: list[PreviewedPerson]
    overlaps: list[OverlapView] = Field(description="Live and paused segments, as they are stored.")

    @classmethod
    def from_preview(cls, preview: Preview, at_ms: int) -> "PreviewView":
        """From the store's answer."""
        return cls(
            at=instant(at_ms),
            members=EstimateView.from_estimate(preview.members),
            exact=preview.exact,
            people=preview.people,
            people_exact=preview.people_exact,
            evaluated=preview.evaluated,
            in_time=preview.in_time,
            reads_history=preview.reads_history,
            unscored=preview.unscored,
            examples=[
                PreviewedPerson(
                    profile_id=person.profile_id,
                    identifiers=[
                        PreviewedIdentifier(kind=kind, value=value)
                        for kind, value in person.identifiers
                    ],
                )
                for person in preview.examples
            ],
            overlaps=[
                OverlapView(
                    segment_id=each.segment_id,
                    name=each.name,
                    version=each.version,
                    members=EstimateView.from_estimate(each.members),
                    both=EstimateView.from_estimate(each.both),
                    share_of_draft=each.share_of_draft,
                    share_of_segment=each.share_of_segment,
                )
                for each in preview.overlaps
            ],
        )
