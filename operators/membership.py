"""Which segments a person is in. State: none; re-evaluated whenever the person changes, never unioned."""

from collections.abc import Iterable

from domain.ids import SegmentId
from domain.leaf import Leaf
from domain.profile import Person, Stage
from domain.segment import Segment


def consents(view: Leaf, purpose: str) -> bool:
    """Whether the newest statement grants the purpose; no statement is a refusal."""
    statement = view.consent.get(purpose)
    return statement is not None and statement.value is True


def segments_of(person: Person, segments: Iterable[Segment]) -> list[SegmentId]:
    """Evaluate every segment of the workspace for one person whose stage is current; ascending ids."""
    return [segment.id for segment in segments if person.stage is Stage.CUSTOMER and consents(person.view, segment.purpose)]
