"""A workspace's definitions, compiled.

Which aggregates an event touches, and which segments must be looked at when something changed.

A compiled node is a function of a `Subject` that answers (holds, until which instant that is sure
if nothing happens). For ``all`` and ``any`` the instant is the earliest at which the answer *can*
change: whoever is woken by it is evaluated again, nobody is woken too late.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple, cast

import msgspec

from domain.ids import ProfileId, SegmentId
from domain.profiles.consent import EVERY_PURPOSE
from domain.profiles.leaf import Leaf
from domain.profiles.profile import Person
from domain.segments.aggregate import Marks, State
from domain.segments.definition import Aggregate, AggregateSpec, Segment, WorkspaceDefinitions
from domain.segments.rule import (
    Behaviour,
    Computed,
    Consent,
    HasIdentifier,
    Lifecycle,
    Member,
    Rfm,
    Rule,
    Sequence,
    Trait,
)
from operators.aggregates import plan
from operators.aggregates.fold import Fold, event_matchers, fold_mark, folder, held, new_state
from operators.rules.windows import NEVER

Properties = Mapping[str, Any]
Token = int | str
"""What a segment depends on.

An aggregate's id, or ``stage``, ``identifier``, ``trait:<name>``, ``consent:<purpose>``.
"""

CONSENT: Final = "consent:"
_EVERY_CONSENT: Final = f"{CONSENT}{EVERY_PURPOSE}"
_PROPERTIES: Final = msgspec.json.Decoder(dict[str, Any] | None)
REMEMBERED_TOKENS: Final = 4_096
"""Sets of tokens whose dependents are remembered."""
NO_PROPERTIES: Final[Properties] = {}


def read_properties(raw: bytes) -> Properties:
    """A stored event's properties.

    Empty where they are absent, no object, or hold what cannot be read: once that was accepted.
    """
    if not raw:
        return NO_PROPERTIES
    try:
        return _PROPERTIES.decode(raw) or NO_PROPERTIES
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return NO_PROPERTIES


class Subject:
    """One person at one instant, as rules see them. States are unpacked once, when first asked for.

    Args:
        person: composed view, identifier kinds, current stage.
        program: of the person's workspace.
        now_ms: the instant.
    """

    __slots__ = (
        "aggregates",
        "answers",
        "asked",
        "now_ms",
        "person",
        "program",
        "stage_until",
        "states",
    )

    def __init__(
        self, person: Person, program: "Program", now_ms: int, stage_until: int = NEVER
    ) -> None:
        self.person = person
        self.aggregates = person.view.aggregates
        self.program = program
        self.now_ms = now_ms
        self.stage_until = stage_until
        self.answers: dict[SegmentId, tuple[bool, int]] = {}
        self.asked: dict[int, tuple[bool, int]] = {}
        self.states: dict[int, State | None] = {}

    def state(self, aggregate: Aggregate) -> State | None:
        """What the view keeps for an aggregate; None where no event matched."""
        number = aggregate.id
        if number not in self.states:
            self.states[number] = held(self.person.view, aggregate)
        return self.states[number]

    def member(self, segment: SegmentId) -> tuple[bool, int]:
        """Whether the person is in a segment: as evaluated just now, else as stored."""
        known = self.answers.get(segment)
        return known or (segment in self.person.segments, self.person.flips.get(segment, NEVER))


Answer = tuple[bool, int]
Test = Callable[[Subject], Answer]


class Node(NamedTuple):
    """One compiled node of a rule.

    Attributes:
        rule: what it was compiled from.
        test: answers for a subject.
        children: of all, any and not.
        reading: the value that a condition was held against, for explanations; None where there is
            none to show.
    """

    rule: Rule
    test: Test
    children: tuple["Node", ...] = ()
    reading: Callable[[Subject], Any] | None = None


class CompiledSegment(NamedTuple):
    """A segment ready for evaluation.

    Attributes:
        segment: its definition.
        node: its compiled rule; None while it is paused.
        inputs: what its answer depends on, through other segments too.
    """

    segment: Segment
    node: Node | None
    inputs: frozenset[Token]


class Touch(NamedTuple):
    """One filter of an aggregate, as an event meets it.

    Attributes:
        aggregate: whose.
        bit: of the filter, for marks; else 0.
        matches: conditions on properties, or None.
        fold: for all families but marks.
    """

    aggregate: Aggregate
    bit: int
    matches: Callable[[Properties], bool] | None
    fold: Fold | None


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
        self._named: dict[tuple[str, str], list[Touch]] = {}
        self._unnamed: dict[str, list[Touch]] = {}
        self._index(definitions.aggregates)
        self.baseline = self._baseline()

    def _baseline(self) -> dict[SegmentId, int]:
        nobody = Subject(Person(ProfileId(b""), self.definitions.workspace, 0, Leaf(), {}), self, 0)
        for segment, node, _ in self.segments:
            nobody.answers[segment.id] = (False, NEVER) if node is None else node.test(nobody)
        return {
            segment.id: segment.version
            for segment, _, _ in self.segments
            if nobody.answers[segment.id][0]
        }

    def _index(self, aggregates: Iterable[Aggregate]) -> None:
        touches: list[tuple[str, str | None, Touch]] = []
        for aggregate in aggregates:
            spec = aggregate.spec
            fold = None if spec.family == "marks" else folder(aggregate)
            for bit, (kind, name, matches) in enumerate(
                event_matchers(spec, spec.time_zone or "UTC")
            ):
                touches.append(
                    (kind, name, Touch(aggregate, 1 << bit if fold is None else 0, matches, fold))
                )
        for kind, name, touch in touches:
            if name is None:
                self._unnamed.setdefault(kind, []).append(touch)
            else:
                self._named.setdefault((kind, name), []).append(touch)
        for (kind, _), named in self._named.items():
            named.extend(self._unnamed.get(kind, ()))
            named.sort(key=lambda touch: touch.aggregate.id)

    def touches(self, kind: str, name: str) -> list[Touch]:
        """Filters that an event of a type and name may match, by aggregate."""
        found = self._named.get((kind, name))
        return self._unnamed.get(kind, _NO_TOUCHES) if found is None else found

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
        """Places of the segments whose answers may change when these change, ascending.

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
        if _EVERY_CONSENT in tokens:
            return self.purposes
        return self.purposes.intersection(
            token[len(CONSENT) :]
            for token in tokens
            if type(token) is str and token.startswith(CONSENT)
        )


_NO_TOUCHES: Final[list[Touch]] = []


class Matched(NamedTuple):
    """What one event adds to one aggregate of whichever leaf: a fold, or a mark."""

    aggregate: Aggregate
    fold: Fold | None
    mask: int


def matched(touches: list[Touch], properties: Properties, above: int = 0) -> list[Matched]:
    """Which aggregates an event belongs to.

    Args:
        touches: from `Program.touches`.
        properties: of the event.
        above: aggregates up to this id are left out.
    """
    found: list[Matched] = []
    for touch in touches:
        if touch.aggregate.id <= above or (
            touch.matches is not None and not touch.matches(properties)
        ):
            continue
        if touch.bit and found and found[-1].aggregate.id == touch.aggregate.id:
            found[-1] = found[-1]._replace(mask=found[-1].mask | touch.bit)
        else:
            found.append(Matched(touch.aggregate, touch.fold, touch.bit))
    return found


def fold_matched(
    leaf: Leaf, found: Iterable[Matched], properties: Properties, at_ms: int, tie: int
) -> None:
    """Add an event to the aggregates of a leaf or view, in place."""
    aggregates = leaf.aggregates
    for aggregate, fold, mask in found:
        state = held(leaf, aggregate) or new_state(aggregate.spec)
        aggregates[aggregate.id] = cast("msgspec.Raw", state)
        if fold is None:
            fold_mark(cast("Marks", state), (at_ms, tie, mask))
        else:
            fold(state, at_ms, tie, properties)


def inputs_of(
    nodes: Iterable[Rule],
    definitions: WorkspaceDefinitions,
    aggregate_of: Callable[[AggregateSpec], Aggregate],
) -> Iterator[Token]:
    """What the nodes of one rule depend on, other segments apart."""
    traits = {trait.name: trait.rule for trait in definitions.traits}
    zone = definitions.time_zone
    for node in nodes:
        match node:
            case Trait(name=name):
                yield f"trait:{name}"
            case Consent(purpose=purpose):
                yield f"{CONSENT}{purpose}"
                yield _EVERY_CONSENT
            case HasIdentifier():
                yield "identifier"
            case Lifecycle():
                yield "stage"
            case Computed(name=name) if name in traits:
                yield aggregate_of(plan.trait_spec(traits[name], zone)).id
            case Rfm() if definitions.rfm is not None:
                yield aggregate_of(plan.rfm_spec(definitions.rfm.rule, zone)).id
            case Behaviour():
                yield aggregate_of(plan.behaviour_spec(node, zone)).id
            case Sequence():
                yield aggregate_of(plan.sequence_spec(node, zone)).id


def references(nodes: Iterable[Rule]) -> Iterator[SegmentId]:
    """Other segments that the nodes of a rule refer to."""
    return (node.segment for node in nodes if isinstance(node, Member))
