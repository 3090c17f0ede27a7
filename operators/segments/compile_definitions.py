"""Compiles everything that is live in a workspace into one `Program`."""

from collections.abc import Sequence

from msgspec.structs import replace

from domain.ids import SegmentId
from domain.segments.definition import Segment, WorkspaceDefinitions
from operators.aggregates import plan
from operators.segments.compile_rules import Compiler
from operators.segments.inputs import Token, inputs_of, references
from operators.segments.program import CompiledSegment, Program


class CycleError(ValueError):
    """Segments refer to each other in a circle.

    Args:
        path: the segments of the circle, the first one again at the end.
    """

    def __init__(self, path: Sequence[SegmentId]) -> None:
        super().__init__(" → ".join(str(segment) for segment in path))
        self.path = tuple(path)


def in_order(segments: Sequence[Segment]) -> list[Segment]:
    """Segments, each after those it refers to.

    Raises:
        CycleError: they refer to each other in a circle.
    """
    by_id = {segment.id: segment for segment in segments}
    ordered: dict[SegmentId, Segment] = {}
    path: list[SegmentId] = []

    def visit(segment: Segment) -> None:
        if segment.id in ordered:
            return
        if segment.id in path:
            raise CycleError([*path[path.index(segment.id) :], segment.id])
        path.append(segment.id)
        for other in references(plan.nodes(segment.rule)) if segment.rule is not None else ():
            if other in by_id:
                visit(by_id[other])
        path.pop()
        ordered[segment.id] = segment

    for segment in segments:
        visit(segment)
    return list(ordered.values())


def compile_program(definitions: WorkspaceDefinitions) -> Program:
    """Compile everything that is live in a workspace.

    Raises:
        CycleError: segments refer to each other in a circle.
        KeyError: an aggregate that a rule needs is not among `definitions.aggregates`.
    """
    compiler = Compiler(definitions)
    compiled: list[CompiledSegment] = []
    inputs: dict[SegmentId, frozenset[Token]] = {}
    for segment in in_order(definitions.segments):
        if segment.rule is None:
            compiled.append(CompiledSegment(segment, None, frozenset()))
            continue
        nodes = list(plan.nodes(segment.rule))
        own = frozenset(inputs_of(nodes, definitions, compiler.aggregate))
        inputs[segment.id] = own.union(
            *(inputs.get(other, frozenset()) for other in references(nodes))
        )
        compiled.append(
            CompiledSegment(segment, compiler.compile(segment.rule), inputs[segment.id])
        )
    return Program(definitions, compiled)


def compile_sound(definitions: WorkspaceDefinitions) -> tuple[Program, tuple[SegmentId, ...]]:
    """Compile what can be compiled.

    Segments that cannot, and computed traits and RFM without their aggregate, rest as if paused.

    Publishing refuses what cannot be compiled; this is for definitions that were stored in another
    way.

    Returns:
        The program, and the segments that rest.
    """
    try:
        return compile_program(definitions), ()
    except (CycleError, KeyError, TypeError, ValueError):
        return _without_unsound(definitions)


def _without_unsound(definitions: WorkspaceDefinitions) -> tuple[Program, tuple[SegmentId, ...]]:
    resting: set[SegmentId] = set()
    while True:
        kept = tuple(
            replace(segment, rule=None) if segment.id in resting else segment
            for segment in definitions.segments
        )
        program, failing = _attempt(replace(definitions, segments=kept))
        if program is not None:
            return program, tuple(sorted(resting))
        resting |= failing


def _attempt(definitions: WorkspaceDefinitions) -> tuple[Program | None, set[SegmentId]]:
    """The program, or the segments that stand in its way."""
    compiler = Compiler(definitions)
    failing = {segment.id for segment in definitions.segments if not _compiles(compiler, segment)}
    if failing:
        return None, failing
    try:
        return compile_program(definitions), failing
    except CycleError as error:
        return None, set(error.path)


def _compiles(compiler: Compiler, segment: Segment) -> bool:
    try:
        if segment.rule is not None:
            compiler.compile(segment.rule)
    except (KeyError, TypeError, ValueError):
        return False
    return True
