"""Explains a person under a compiled program, for routes: what is live, and drafts."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from api.web.values import instant
from api.why.schemas import NodeEvidence, WhyView
from config.settings import Settings
from domain.ids import SegmentId
from domain.instants import to_ms
from domain.segments.definition import WorkspaceDefinitions
from domain.segments.rule import Rule
from operators.aggregates import plan
from operators.profiles.consent import restricted
from operators.segments.citations import cited_filters
from operators.segments.explain import deciding, explain, next_flip, subject_at
from operators.segments.program import Program
from store.profiles.standing import ProfileSnapshot


class Membership(NamedTuple):
    """Which membership is explained, as it is shown.

    Attributes:
        segment: the one that has the rule, or would have it; None: there is none.
        name: of that segment.
        version: of the live definition; None for a draft.
    """

    segment: SegmentId | None = None
    name: str | None = None
    version: int | None = None


def cited_names(rule: Rule, definitions: WorkspaceDefinitions) -> set[tuple[str, str | None]]:
    """Types and names of the events that the nodes of a rule look at; a name None is any."""
    return {
        (event.event_type, event.name)
        for one in plan.nodes(rule)
        for event in cited_filters(one, definitions)[0]
    }


def explained(
    settings: Settings,
    snapshot: ProfileSnapshot,
    program: Program,
    number: SegmentId,
    shown: Membership,
    at: datetime,
) -> WhyView:
    """Explain why somebody is in a segment of a program, or not.

    Args:
        settings: lifecycle, and how many events a node cites.
        snapshot: the person, with the events that the rule looks at.
        program: has the segment, with a rule.
        number: of the segment in the program.
        shown: as what.
        at: the instant.

    Raises:
        ValueError: the segment has no rule.
    """
    node = program.segments[program.place[number]].node
    if node is None:
        raise ValueError("what is explained has a rule")
    now_ms = to_ms(at)
    person = snapshot.person
    subject = subject_at(person, program, settings.profile, now_ms)
    explanation = explain(node, subject)
    flip = next_flip(person, program, settings.profile, number, now_ms)
    cites = NodeEvidence(snapshot.events, program.definitions, now_ms, settings.query.citations)
    return WhyView(
        profile_id=UUID(bytes=person.id),
        segment_id=shown.segment,
        segment=shown.name,
        version=shown.version,
        at=instant(now_ms),
        member=subject.answers[number][0],
        member_stored=None if shown.segment is None else shown.segment in person.segments,
        restricted=restricted(person.view),
        flips_at=None if flip.at_ms is None else instant(flip.at_ms),
        flips_exactly=flip.exact,
        why=cites.show(explanation, deciding(explanation)),
    )
