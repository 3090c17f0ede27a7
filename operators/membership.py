"""Brings one person's stage, segments and next instant of change up to date, and says what changed.

Only segments are looked at that something touched: an event, the clock (`Person.flips`), or a newer definition. Everything else keeps its
answer.
State: in the person. Clock: `now_ms`; the same now gives the same answers.
"""

from typing import NamedTuple

from domain.definition import Segment
from domain.ids import SegmentId
from domain.profile import Person
from domain.rules import ProfileRules
from operators.changes import Change, Changes
from operators.consent import consents, granted
from operators.lifecycle import stage_at
from operators.program import Program, Subject, Token
from operators.windows import NEVER


class Occasion(NamedTuple):
    """Why a person is looked at.

    Attributes:
        cause: event, merge, unmerge or wake.
        touched: what changed; None: everything may have.
        moved: the person's identifiers changed, which members' changes must tell.
        newcomer: the person is not stored yet and has no history: what is not touched is as for somebody who did nothing.
    """

    cause: str
    touched: set[Token] | None
    moved: bool = False
    newcomer: bool = False


def evaluate(person: Person, program: Program, rules: ProfileRules, now_ms: int, occasion: Occasion, changes: Changes) -> bool:
    """Bring a person up to date, in place, and add what changed to the changes. The person's row is added by the caller.

    Args:
        person: view and identifiers as they are now.
        program: compiled definitions of the workspace.
        rules: lifecycle.
        now_ms: the instant of evaluation.
        occasion: why.
        changes: receives membership changes.

    Returns:
        Whether anything about the person changed.
    """
    before = (person.stage, person.wake_ms, person.segments, person.flips, person.granted)
    stage, stage_wake = stage_at(person, rules, now_ms)
    touched = occasion.touched
    if stage is not person.stage and touched is not None:
        touched = {*touched, "stage"}
    person.stage = stage
    consented = granted(person.view, program.purposes)
    withdrawn = set(person.granted).difference(consented)
    person.granted = consented
    places = _places(person, program, touched, now_ms)
    if occasion.newcomer:
        person.segments, segments = program.baseline, {}
    else:
        segments = dict(person.segments)
    flips = dict(person.flips)
    subject = Subject(person, program, now_ms, stage_wake or NEVER)
    for place in sorted(places):
        segment, node, _ = program.segments[place]
        if node is None:
            flips.pop(segment.id, None)
            continue
        member, until = subject.answers[segment.id] = node.test(subject)
        if until < NEVER:
            flips[segment.id] = until
        else:
            flips.pop(segment.id, None)
        if member is not (segment.id in segments):
            _move(person, segment, segments, occasion.cause, withdrawn, changes, enters=member)
        elif member and segments[segment.id] != segment.version:
            segments[segment.id] = segment.version
            changes.confirmed.append((segment.id, person.id, segment.version))
    if occasion.newcomer:
        for segment_id in program.baseline.keys() - {program.segments[place].segment.id for place in places}:
            _move(person, program.segments[program.place[segment_id]].segment, segments, occasion.cause, withdrawn, changes, enters=True)
    elif person.definitions != program.definitions.revision:
        _forget_deleted(person, program, segments, flips, changes)
    if occasion.moved or withdrawn:
        _tell(person, program, segments, occasion, withdrawn, changes)
    person.segments, person.flips = segments, flips
    person.definitions = program.definitions.revision
    person.wake_ms = min([stage_wake or NEVER, *flips.values()])
    if person.wake_ms >= NEVER:
        person.wake_ms = 0
    return before != (person.stage, person.wake_ms, person.segments, person.flips, person.granted)


def _places(person: Person, program: Program, touched: set[Token] | None, now_ms: int) -> set[int]:
    """Which segments to look at."""
    if touched is None:
        return set(range(len(program.segments)))
    places = program.dependents(touched)
    places.update(program.place[segment] for segment, until in person.flips.items() if until <= now_ms and segment in program.place)
    if person.definitions != program.definitions.revision and person.version:
        places.update(place for place, compiled in enumerate(program.segments) if compiled.segment.revision > person.definitions)
    return places


def _move(
    person: Person, segment: Segment, segments: dict[SegmentId, int], cause: str, withdrawn: set[str], changes: Changes, *, enters: bool
) -> None:
    """Put a person into a segment or take them out."""
    if 0 < person.definitions < segment.revision:
        cause = "edit"
    if enters:
        segments[segment.id] = segment.version
        changes.memberships.append(Change(person.workspace, segment.id, person.id, 1, segment.version, cause, urgent=False))
        return
    del segments[segment.id]
    urgent = not consents(person.view, segment.purpose)
    cause = "consent" if segment.purpose in withdrawn else cause
    changes.memberships.append(Change(person.workspace, segment.id, person.id, -1, segment.version, cause, urgent))


def _forget_deleted(
    person: Person, program: Program, segments: dict[SegmentId, int], flips: dict[SegmentId, int], changes: Changes
) -> None:
    """Take a person out of segments that are no more."""
    for segment in [segment for segment in segments if segment not in program.place]:
        version = segments.pop(segment)
        changes.memberships.append(Change(person.workspace, segment, person.id, -1, version, "edit", urgent=False))
    for segment in [segment for segment in flips if segment not in program.place]:
        del flips[segment]


def _tell(
    person: Person, program: Program, segments: dict[SegmentId, int], occasion: Occasion, withdrawn: set[str], changes: Changes
) -> None:
    """Tell that members stay with other identifiers, or without the consent that their segment serves."""
    entered = {change.segment for change in changes.memberships if change.profile == person.id and change.delta > 0}
    for segment_id in segments.keys() - entered:
        place = program.place.get(segment_id)
        if place is None:
            continue
        segment = program.segments[place].segment
        refused = segment.purpose in withdrawn
        if occasion.moved or refused:
            cause = "consent" if refused else occasion.cause
            changes.memberships.append(Change(person.workspace, segment_id, person.id, 0, segment.version, cause, refused))


def leave_all(gone: Person, survivor: Person, program: Program, changes: Changes) -> None:
    """Take a person who was absorbed out of every segment."""
    for segment_id, version in sorted(gone.segments.items()):
        place = program.place.get(segment_id)
        purpose = program.segments[place].segment.purpose if place is not None else ""
        urgent = bool(purpose) and not consents(survivor.view, purpose)
        changes.memberships.append(Change(gone.workspace, segment_id, gone.id, -1, version, "merge", urgent))
