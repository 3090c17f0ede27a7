"""Rebuilds one person from nothing but their stored events.

What incremental folding must have come to, for where it did not.

Pure. The same folding, composing and evaluation as UNIFY's; the oracle (`oracle.verification`)
judges the outcome by rules of its own.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from domain.changes import Change, Changes
from domain.event import Event
from domain.ids import IdentifierKey, ProfileId, SegmentId, WorkspaceId
from domain.policies import ProfileRules
from domain.profiles.leaf import Leaf, encode_leaf, tie_of
from domain.profiles.profile import FactKey, Person, Stage
from operators.profiles.compose import compose
from operators.profiles.fold import fold
from operators.segments.membership import Trigger, apply, evaluate
from operators.segments.program import Program
from operators.segments.touches import fold_matched, matched

CAUSE = "repair"
"""Why somebody entered or left a segment: what was stored of them was mended."""


class Remains(NamedTuple):
    """What is stored of a person beside the events, and is taken as it is.

    Attributes:
        version: of the stored row.
        identifiers: all of the person's, with their kinds.
        refused: refused facts that touch the person, one between two of their own identifiers
            counted twice.
        last_link: greatest key of any fact that touches the person.
        stage: as stored.
        granted: purposes that count as consented to.
        balances: segment → what its changes of this person add up to; a member has 1, everybody
            else 0.
        versions: segment → version of its definition, where the person is stored as a member.
    """

    id: ProfileId
    workspace: WorkspaceId
    version: int
    identifiers: Mapping[IdentifierKey, str]
    refused: int
    last_link: FactKey
    stage: Stage
    granted: list[str]
    balances: Mapping[SegmentId, int]
    versions: Mapping[SegmentId, int]


class Rebuilt(NamedTuple):
    """A person as the events have it.

    Attributes:
        person: at the version after the stored one.
        leaves: each of their identifiers' leaf; empty where no event has it as its leaf.
        changes: to be committed; its membership changes bring the balances to what is right.
    """

    person: Person
    leaves: Mapping[IdentifierKey, Leaf]
    changes: Changes


def fold_leaves(
    events: Iterable[Event], program: Program, rules: ProfileRules
) -> dict[IdentifierKey, Leaf]:
    """Fold events, each into the leaf of its strongest identifier.

    Args:
        events: each once, in any order.
        program: whose aggregates the leaves have.
        rules: of folding.
    """
    leaves: dict[IdentifierKey, Leaf] = {}
    for event in events:
        leaf = leaves.setdefault(event.identifiers[0].key, Leaf())
        fold(leaf, event, rules)
        properties = event.properties or {}
        found = matched(program.touches(event.type, event.name), properties)
        fold_matched(leaf, found, properties, event.occurred_ms, tie_of(event.message_key))
    return leaves


def rebuild(
    remains: Remains,
    leaves: Mapping[IdentifierKey, Leaf],
    program: Program,
    rules: ProfileRules,
    now_ms: int,
) -> Rebuilt:
    """Compose a person from their leaves and evaluate them again.

    Args:
        remains: what is stored beside the events.
        leaves: from `fold_leaves`, of this person's identifiers only.
        program: compiled definitions of the workspace.
        rules: of profiles.
        now_ms: the instant of evaluation.
    """
    changes = Changes(now_ms, revision=program.revision)
    person = _person(remains, leaves, program, rules)
    _level_balances(remains, person, program, changes)
    evaluation = evaluate(person, program, rules, now_ms, Trigger(CAUSE, None))
    # `evaluation.confirmed` is left out: the members are written whole, with their versions.
    changes.memberships += evaluation.changes
    apply(evaluation, person)
    person.version = remains.version + 1
    changes.replaced[person.id] = remains.version
    changes.people.append(person)
    changes.leaves = {
        key: encode_leaf(leaves[key]) if key in leaves and key != person.sole else None
        for key in sorted(remains.identifiers)
    }
    return Rebuilt(person, {key: leaves.get(key, Leaf()) for key in remains.identifiers}, changes)


def _person(
    remains: Remains, leaves: Mapping[IdentifierKey, Leaf], program: Program, rules: ProfileRules
) -> Person:
    sole = next(iter(leaves)) if len(leaves) == 1 else None
    kinds: dict[str, int] = {}
    for kind in remains.identifiers.values():
        kinds[kind] = kinds.get(kind, 0) + 1
    view = leaves[sole] if sole is not None else compose(leaves.values(), rules, program.aggregates)
    members = {
        segment: remains.versions.get(segment, 0)
        for segment, held in remains.balances.items()
        if held > 0
    }
    return Person(
        remains.id, remains.workspace, remains.version, view, kinds, sole, remains.refused,
        remains.last_link, remains.stage,
        segments=members, granted=list(remains.granted), built=program.newest,
    )  # fmt: skip


def _level_balances(remains: Remains, person: Person, program: Program, changes: Changes) -> None:
    """Set each balance to 1 or 0, by whether the person is a member.

    The evaluation continues from there.
    """
    for segment, held in sorted(remains.balances.items()):
        place = program.place.get(segment)
        version = (
            program.segments[place].segment.version
            if place is not None
            else remains.versions.get(segment, 0)
        )
        excess = held - (1 if held > 0 else 0)
        step = -1 if excess > 0 else 1
        changes.memberships += [
            Change(person.workspace, segment, person.id, step, version, CAUSE, urgent=False)
        ] * abs(excess)
