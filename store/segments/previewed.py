"""What a preview of a rule comes to."""

from typing import NamedTuple

from operators.segments.sampling import Estimate
from store.segments.examples import Example
from store.segments.followers import FollowerTurn


class VersusLive(NamedTuple):
    """What publishing would change of a segment's members.

    Attributes:
        enter: people who would be members and are not.
        leave: members who would be none.
    """

    enter: Estimate
    leave: Estimate


class NodeHolds(NamedTuple):
    """One node of the rule, by its JSON path, and for how many people it holds."""

    path: str
    holds: Estimate


class Overlap(NamedTuple):
    """A segment that exists, and what it has in common with the draft.

    Attributes:
        version: that is live.
        members: of that segment.
        both: members of that segment who would be members of the draft.
        share_of_draft: share of the draft's people who are in that segment, 0–1; None where there
            are none.
        share_of_segment: share of that segment's people who would be in the draft, 0–1; None where
            there are none.
    """

    segment_id: int
    name: str
    version: int
    members: Estimate
    both: Estimate
    share_of_draft: float | None
    share_of_segment: float | None


class Preview(NamedTuple):
    """What the draft would mean.

    Attributes:
        members: how many people would be members.
        people: how many there are.
        people_exact: False where that is the planner's estimate.
        evaluated: how many were evaluated.
        exact: whether that was everybody.
        in_time: False where time was over before as many were evaluated as are asked for.
        reads_history: whether the rule asks for something of the past that people do not hold yet.
        unscored: whether the rule asks for RFM scores that nobody has, because bounds have not been
            taken yet.
        examples: some people who would be members.
        overlaps: live and paused segments, by id.
        versus_live: against the members as they are; None for a rule alone.
        nodes: of the rule, parents first.
        audiences: those that follow the segment, by id.
    """

    members: Estimate
    people: int
    people_exact: bool
    evaluated: int
    exact: bool
    in_time: bool
    reads_history: bool
    unscored: bool
    examples: tuple[Example, ...]
    overlaps: tuple[Overlap, ...]
    versus_live: VersusLive | None
    nodes: tuple[NodeHolds, ...]
    audiences: tuple[FollowerTurn, ...]
