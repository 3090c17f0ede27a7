"""What definitions refer to.

Whether it is there, whether segments refer to each other in a circle, and who depends on what
changed.

Pure: takes the live definitions, returns problems and ids. State: none.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from domain.ids import SegmentId
from domain.segments import rule
from domain.segments.definition import Function, WorkspaceDefinitions
from domain.segments.rule import Rule


@dataclass(frozen=True)
class DefinitionParams:
    """Bounds of definitions.

    Attributes:
        depth_limit: nodes inside nodes of one rule.
        node_limit: nodes, steps and property conditions of one rule.
        segment_limit: live and paused segments of a workspace.
        trait_limit: live computed traits of a workspace.
    """

    depth_limit: int = 10
    node_limit: int = 500
    segment_limit: int = 1_000
    trait_limit: int = 500

    def __post_init__(self) -> None:
        if min(self.depth_limit, self.node_limit, self.segment_limit, self.trait_limit) < 1:
            raise ValueError("bounds of definitions are at least 1")


class RuleProblem(NamedTuple):
    """Why a rule cannot be used.

    Attributes:
        path: where, from the rule's root: ``$.of[1].window``.
        message: what is wrong and what to do, for the person who wrote the rule.
    """

    path: str
    message: str


class Placed(NamedTuple):
    """A node of a rule with its path and its depth, 1 for the root."""

    path: str
    depth: int
    node: Rule


def placed(tree: Rule, path: str = "$", depth: int = 1) -> Iterator[Placed]:
    """Every node of a rule with its path, parents first."""
    yield Placed(path, depth, tree)
    if isinstance(tree, rule.Not):
        yield from placed(tree.of, f"{path}.of", depth + 1)
    elif isinstance(tree, rule.All | rule.Any):
        for index, child in enumerate(tree.of):
            yield from placed(child, f"{path}.of[{index}]", depth + 1)


@dataclass(frozen=True)
class RuleScope:
    """What a rule may refer to.

    Attributes:
        segments: live and paused ones: id → rule.
        names: of those segments, for messages.
        traits: live computed traits: name → function.
        kinds: identifier kinds.
        rfm: whether the workspace has RFM.
    """

    segments: Mapping[SegmentId, Rule]
    names: Mapping[SegmentId, str]
    traits: Mapping[str, Function]
    kinds: Collection[str]
    rfm: bool


def reference_problems(
    tree: Rule, own: SegmentId | None, scope: RuleScope
) -> Iterator[RuleProblem]:
    """What a rule refers to and should not.

    Args:
        tree: the rule.
        own: id of the segment that would have it; None for one that does not exist yet, to which
            nothing can refer.
        scope: what there is.
    """
    for path, _, node in placed(tree):
        if isinstance(node, rule.Member):
            yield from _member_problems(f"{path}.segment", node.segment, own, scope)
        elif isinstance(node, rule.Computed) and node.name not in scope.traits:
            yield RuleProblem(
                f"{path}.name", "There is no live computed trait of this name; publish it first."
            )
        elif isinstance(node, rule.HasIdentifier) and node.kind not in scope.kinds:
            yield RuleProblem(
                f"{path}.kind", f"Identifier kinds are {', '.join(sorted(scope.kinds))}."
            )
        elif isinstance(node, rule.Rfm) and not scope.rfm:
            yield RuleProblem(path, "The workspace has no RFM definition; publish one first.")


def _member_problems(
    path: str, segment: SegmentId, own: SegmentId | None, scope: RuleScope
) -> Iterator[RuleProblem]:
    if segment == own:
        yield RuleProblem(path, "A segment cannot refer to itself.")
    elif segment not in scope.segments:
        yield RuleProblem(path, f"There is no live segment {segment}; publish it first.")
    elif own is not None and (circle := _way(segment, own, scope.segments)):
        named = " → ".join(
            f"{scope.names.get(number, '?')} ({number})" for number in (own, *circle)
        )
        yield RuleProblem(path, f"Segments would refer to each other in a circle: {named}.")


def _way(start: SegmentId, goal: SegmentId, rules: Mapping[SegmentId, Rule]) -> list[SegmentId]:
    """A way from one segment to another along references, both included.

    Empty where there is none.
    """
    came: dict[SegmentId, SegmentId | None] = {start: None}
    waiting = [start]
    while waiting:
        at = waiting.pop()
        if at == goal:
            way: list[SegmentId] = []
            step: SegmentId | None = at
            while step is not None:
                way.append(step)
                step = came[step]
            return way[::-1]
        for other in segments_of(rules[at]) if at in rules else ():
            if other not in came:
                came[other] = at
                waiting.append(other)
    return []


def segments_of(tree: Rule) -> frozenset[SegmentId]:
    """Segments that a rule names."""
    return frozenset(node.segment for _, _, node in placed(tree) if isinstance(node, rule.Member))


def traits_of(tree: Rule) -> frozenset[str]:
    """Computed traits that a rule names."""
    return frozenset(node.name for _, _, node in placed(tree) if isinstance(node, rule.Computed))


def uses_rfm(tree: Rule) -> bool:
    """Whether a rule asks for RFM."""
    return any(isinstance(node, rule.Rfm) for _, _, node in placed(tree))


def dependants(
    definitions: WorkspaceDefinitions,
    segments: Collection[SegmentId] = (),
    traits: Collection[str] = (),
    *,
    rfm: bool = False,
) -> frozenset[SegmentId]:
    """Return live segments that a change may affect, through any chain of references.

    Args:
        definitions: what is live.
        segments: those that changed; they are not returned unless they depend on another one.
        traits: names of computed traits that changed.
        rfm: whether RFM changed.
    """
    live = {
        segment.id: segment.rule for segment in definitions.segments if segment.rule is not None
    }
    found = {
        number
        for number, tree in live.items()
        if traits_of(tree) & set(traits) or (rfm and uses_rfm(tree))
    }
    changed = set(segments) | found
    while True:
        more = {
            number
            for number, tree in live.items()
            if number not in found and segments_of(tree) & changed
        }
        if not more:
            return frozenset(found)
        found |= more
        changed |= more
