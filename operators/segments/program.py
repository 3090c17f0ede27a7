"""A workspace's definitions, compiled.

A program knows which aggregates an event changes, and which segments to evaluate after a change.
"""

from collections.abc import Collection, Iterable
from typing import Final, NamedTuple

from domain.ids import ProfileId, SegmentId
from domain.profiles.leaf import Leaf
from domain.profiles.profile import Person
from domain.segments.definition import Aggregate, Segment, WorkspaceDefinitions
from operators.rules.windows import NEVER
from operators.segments.inputs import CONSENT, EVERY_CONSENT, Token
from operators.segments.nodes import Node, Subject
from operators.segments.touches import TouchIndex

REMEMBERED_TOKENS: Final = 4_096
"""Sets of tokens whose dependents are remembered."""


class CompiledSegment(NamedTuple):
    """A segment ready for evaluation.

    Attributes:
        segment: its definition.
        node: its compiled rule; None while it is paused.
        inputs: what its result depends on, through other segments too.
    """

    segment: Segment
    node: Node | None
    inputs: frozenset[Token]


class Program:
    """The compiled definitions of one workspace.

    Build it with `operators.segments.compile_definitions.compile_program`.

    Attributes:
        definitions: what it was compiled from.
        segments: in an order in which every segment comes after those it refers to.
        steps: of each segment (id, version, test or None while it is paused, definition).
        purposes: consent purposes that segments serve.
        newest: greatest aggregate id ever given; what `Person.built` grows to.
        aggregates: by id.
        touches: event type, name → filters that such an event may match, by aggregate.
        baseline: segments, with versions, of somebody who did nothing and of whom nothing is known.
    """

    def __init__(
        self, definitions: WorkspaceDefinitions, segments: Iterable[CompiledSegment]
    ) -> None:
        self.definitions = definitions
        self.revision = definitions.revision
        self.segments = tuple(segments)
        self.place = {compiled.segment.id: place for place, compiled in enumerate(self.segments)}
        self.steps = tuple(
            (one.segment.id, one.segment.version, one.node and one.node.test, one.segment)
            for one in self.segments
        )
        self.purposes = frozenset(compiled.segment.purpose for compiled in self.segments)
        self.newest = definitions.newest_aggregate
        self.aggregates: dict[int, Aggregate] = {
            aggregate.id: aggregate for aggregate in definitions.aggregates
        }
        self._by_token: dict[Token, tuple[int, ...]] = {}
        for place, compiled in enumerate(self.segments):
            if compiled.node is not None:
                for token in compiled.inputs:
                    self._by_token[token] = (*self._by_token.get(token, ()), place)
        self._dependents: dict[frozenset[Token], tuple[int, ...]] = {}
        self._newer: dict[int, tuple[int, ...]] = {}
        self.touches = TouchIndex(definitions.aggregates).touches
        self.baseline = self._baseline()

    def _baseline(self) -> dict[SegmentId, int]:
        nobody = Subject(Person(ProfileId(b""), self.definitions.workspace, 0, Leaf(), {}), 0)
        for segment, node, _ in self.segments:
            nobody.answers[segment.id] = (False, NEVER) if node is None else node.test(nobody)
        return {
            segment.id: segment.version
            for segment, _, _ in self.segments
            if nobody.answers[segment.id][0]
        }

    def names(self, above: int) -> list[tuple[str, str | None]]:
        """Types and names of events that aggregates with ids above this one look at.

        A name None is any.
        """
        return sorted(
            {
                (event.event_type, event.name)
                for aggregate in self.definitions.aggregates
                if aggregate.id > above
                for event in aggregate.spec.events
            },
            key=lambda pair: (pair[0], pair[1] or ""),
        )

    def dependents(self, tokens: Iterable[Token]) -> tuple[int, ...]:
        """Indexes of the segments whose results may change when these change, ascending.

        Sets of tokens that come often are remembered.
        """
        asked = frozenset(tokens)
        found = self._dependents.get(asked)
        if found is None:
            found = tuple(
                sorted({place for token in asked for place in self._by_token.get(token, ())})
            )
            if len(self._dependents) >= REMEMBERED_TOKENS:
                self._dependents.clear()
            self._dependents[asked] = found
        return found

    def newer(self, revision: int) -> tuple[int, ...]:
        """Places of the segments that went live after a revision, ascending; remembered."""
        found = self._newer.get(revision)
        if found is None:
            found = tuple(
                place
                for place, compiled in enumerate(self.segments)
                if compiled.segment.revision > revision
            )
            self._newer[revision] = found
        return found

    def consents_among(self, tokens: Collection[Token]) -> frozenset[str]:
        """Purposes that segments serve and that something was said about.

        All of them where every purpose was refused.
        """
        if EVERY_CONSENT in tokens:
            return self.purposes
        return self.purposes.intersection(
            token[len(CONSENT) :]
            for token in tokens
            if type(token) is str and token.startswith(CONSENT)
        )
