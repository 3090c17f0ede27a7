"""Previews of segments as clients see them."""

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

from pydantic import Field

from api.segments.rules_schemas import Rule, example
from api.web.values import Instant, Request, View, instant
from domain.gate import Decision
from operators.segments.sampling import Estimate
from store.segments.followers import FollowerTurn
from store.segments.previewed import Overlap, Preview

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
_AUDIENCE = {
    "id": 3,
    "name": "Customers",
    "platform": "meta",
    "adds": {"value": 420, "low": 380, "high": 465},
    "removes": {"value": 1900, "low": 1810, "high": 1995},
    "verdict": "block",
    "codes": ["mass_removal"],
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

    @classmethod
    def from_overlap(cls, overlap: Overlap) -> "OverlapView":
        """From the store's answer."""
        return cls(
            segment_id=overlap.segment_id,
            name=overlap.name,
            version=overlap.version,
            members=EstimateView.from_estimate(overlap.members),
            both=EstimateView.from_estimate(overlap.both),
            share_of_draft=overlap.share_of_draft,
            share_of_segment=overlap.share_of_segment,
        )


class VersusLiveView(View):
    """What publishing would change of the members."""

    model_config = example(
        enter={"value": 420, "low": 380, "high": 465},
        leave={"value": 1900, "low": 1810, "high": 1995},
    )
    enter: EstimateView = Field(description="People who would be members and are not.")
    leave: EstimateView = Field(description="Members who would be none.")


class RuleNodeHolds(View):
    """How many people one node of the rule holds for, whatever the nodes beside it say."""

    model_config = example(path="$.of[1]", holds={"value": 1120, "low": 1050, "high": 1190})
    path: str = Field(description="JSON path of the node, as problems of a rule give it.")
    holds: EstimateView


class PreviewedAudience(View):
    """An audience that follows the segment, and its next push if the rule were live."""

    model_config = example(**_AUDIENCE)
    id: int
    name: str
    platform: str
    adds: EstimateView = Field(
        description="People who would belong on its list and are not on it; those whom the platform"
        " cannot match are among them."
    )
    removes: EstimateView = Field(
        description="People on its list who would not belong there, without those who withdrew"
        " consent."
    )
    verdict: Literal["pass", "hold", "block"] = Field(
        description="Of the gate on such a push now, by the likeliest numbers."
    )
    codes: list[str] = Field(description="Why, the weightiest first.")

    @classmethod
    def from_turn(cls, turn: FollowerTurn, decision: Decision) -> "PreviewedAudience":
        """From the counts and the gate's decision."""
        return cls(
            id=turn.id,
            name=turn.name,
            platform=turn.platform,
            adds=EstimateView.from_estimate(turn.adds),
            removes=EstimateView.from_estimate(turn.removes),
            verdict=decision.verdict.value,
            codes=[code.value for code in decision.codes],
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
        versus_live={
            "enter": {"value": 420, "low": 380, "high": 465},
            "leave": {"value": 1900, "low": 1810, "high": 1995},
        },
        nodes=[{"path": "$", "holds": {"value": 54000, "low": 53100, "high": 55000}}],
        audiences=[_AUDIENCE],
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
    versus_live: VersusLiveView | None = Field(
        description="Against the members as they are stored; null for a rule without a segment."
    )
    nodes: list[RuleNodeHolds] = Field(
        description="Every node of the rule over the same people, parents first."
    )
    audiences: list[PreviewedAudience] = Field(
        description="That follow the segment, by id; none for a rule without a segment."
    )

    @classmethod
    def from_preview(
        cls, preview: Preview, at_ms: int, decisions: Sequence[Decision] = ()
    ) -> "PreviewView":
        """From the store's answer.

        Args:
            preview: the answer.
            at_ms: the instant that it is of.
            decisions: of the gate, one per audience; without them no audience is shown.
        """
        versus = preview.versus_live
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
            overlaps=[OverlapView.from_overlap(each) for each in preview.overlaps],
            versus_live=None
            if versus is None
            else VersusLiveView(
                enter=EstimateView.from_estimate(versus.enter),
                leave=EstimateView.from_estimate(versus.leave),
            ),
            nodes=[
                RuleNodeHolds(path=node.path, holds=EstimateView.from_estimate(node.holds))
                for node in preview.nodes
            ],
            audiences=[
                PreviewedAudience.from_turn(turn, decision)
                for turn, decision in zip(preview.audiences, decisions, strict=False)
            ],
        )
