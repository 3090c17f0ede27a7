"""Brings one person's stage, segments and next instant of change up to date, and says what changed.

Only segments are looked at that something touched: an event, the clock (`Person.flips`), or a newer
definition. Everything else keeps its answer. State: in the person. Clock: `now_ms`; the same now
gives the same answers.
"""

from collections.abc import Collection, Sequence
from typing import Final, NamedTuple

from domain.changes import Change, Changes
from domain.ids import SegmentId
from domain.policies import ProfileRules
from domain.profiles.profile import Person
from domain.segments.definition import Segment
from operators.profiles.consent import consents, granted
from operators.profiles.lifecycle import stage_at
from operators.rules.windows import NEVER
from operators.segments.inputs import Token
from operators.segments.nodes import Subject
from operators.segments.program import Program

_NONE: Final[frozenset[str]] = frozenset()


class Occasion(NamedTuple):
    """Why a person is looked at.

    Attributes:
        cause: event, merge, unmerge or wake.
        touched: what changed; None: everything may have.
        moved: the person's identifiers changed, which members' changes must tell.
        newcomer: the person is not stored yet and has no history: what is not touched is as for
            somebody who did nothing.
    """

    cause: str
    touched: set[Token] | None
    moved: bool = False
    newcomer: bool = False


def evaluate(
    person: Person,
    program: Program,
    rules: ProfileRules,
    now_ms: int,
    occasion: Occasion,
    changes: Changes,
) -> bool:
    """Bring a person up to date, in place, and add what changed to the changes.

    The person's row is added by the caller.

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
    withdrawn = _withdrawn(person, program, touched)
    places = _places(person, program, touched, now_ms)
    if occasion.newcomer:
        person.segments, segments = program.baseline, {}
    else:
        segments = dict(person.segments) if places else person.segments
    flips = dict(person.flips) if places else person.flips
    subject = Subject(person, now_ms, stage_wake or NEVER)
    move = _Move(
        person, segments, occasion.cause, withdrawn, program.definitions.swept_revision, changes
    )
    steps = program.steps
    for place in places:
        number, version, test, segment = steps[place]
        if test is None:
            flips.pop(number, None)
            continue
        member, until = subject.answers[number] = test(subject)
        if until < NEVER:
            flips[number] = until
        elif number in flips:
            del flips[number]
        if member is not (number in segments):
            move(segment, enters=member)
        elif member and segments[number] != version:
            segments[number] = version
            changes.confirmed.append((number, person.id, version))
    if occasion.newcomer:
        for number in program.baseline.keys() - {
            program.segments[place].segment.id for place in places
        }:
            move(program.segments[program.place[number]].segment, enters=True)
    elif person.definitions != program.revision:
        segments, flips = dict(segments), dict(flips)
        _forget_deleted(person, program, segments, flips, changes)
    if occasion.moved or withdrawn:
        _tell(person, program, segments.keys() - move.entered, occasion, withdrawn, changes)
    person.segments, person.flips = segments, flips
    person.definitions = program.revision
    person.wake_ms = min(stage_wake or NEVER, min(flips.values(), default=NEVER))
    if person.wake_ms >= NEVER:
        person.wake_ms = 0
    return before != (person.stage, person.wake_ms, person.segments, person.flips, person.granted)


def _withdrawn(
    person: Person, program: Program, touched: Collection[Token] | None
) -> frozenset[str]:
    """Bring the granted purposes up to date; answers those that no longer are."""
    told = _NONE if touched is None else program.consents_among(touched)
    outdated = person.definitions != program.revision
    if touched is not None and not told and not outdated:
        return _NONE
    consented = granted(person.view, program.purposes)
    withdrawn = frozenset(person.granted).difference(consented)
    if outdated:
        # Whether a purpose that a newer definition serves was granted before, nobody noted: a
        # refusal said now counts as withdrawal.
        withdrawn |= told.difference(consented)
    person.granted = consented
    return withdrawn


def _places(
    person: Person, program: Program, touched: Collection[Token] | None, now_ms: int
) -> Sequence[int]:
    """Which segments to look at, each after those that it refers to."""
    if touched is None:
        return range(len(program.segments))
    found = program.dependents(touched)
    due = [
        program.place[segment]
        for segment, until in person.flips.items()
        if until <= now_ms and segment in program.place
    ]
    if person.definitions != program.revision and person.version:
        due += program.newer(person.definitions)
    return sorted({*found, *due}) if due else found


class _Move:
    """Puts a person into segments and takes them out.

    Attributes:
        entered: segments that they were put into.
    """

    __slots__ = ("_cause", "_changes", "_person", "_segments", "_swept", "_withdrawn", "entered")

    def __init__(
        self,
        person: Person,
        segments: dict[SegmentId, int],
        cause: str,
        withdrawn: frozenset[str],
        swept: int,
        changes: Changes,
    ) -> None:
        self._person = person
        self._segments = segments
        self._cause = cause
        self._withdrawn = withdrawn
        self._swept = swept
        self._changes = changes
        self.entered: set[SegmentId] = set()

    def __call__(self, segment: Segment, *, enters: bool) -> None:
        person, cause, urgent = self._person, self._cause, False
        if person.definitions and max(person.definitions, self._swept) < segment.revision:
            cause = "edit"
        if enters:
            self._segments[segment.id] = segment.version
            self.entered.add(segment.id)
        else:
            del self._segments[segment.id]
            urgent = not consents(person.view, segment.purpose)
            cause = "consent" if segment.purpose in self._withdrawn else cause
        self._changes.memberships.append(
            Change(
                person.workspace,
                segment.id,
                person.id,
                1 if enters else -1,
                segment.version,
                cause,
                urgent,
            )
        )


def _forget_deleted(
    person: Person,
    program: Program,
    segments: dict[SegmentId, int],
    flips: dict[SegmentId, int],
    changes: Changes,
) -> None:
    """Take a person out of segments that are no more."""
    for segment in [segment for segment in segments if segment not in program.place]:
        version = segments.pop(segment)
        changes.memberships.append(
            Change(person.workspace, segment, person.id, -1, version, "edit", urgent=False)
        )
    for segment in [segment for segment in flips if segment not in program.place]:
        del flips[segment]


def _tell(
    person: Person,
    program: Program,
    stays: Collection[SegmentId],
    occasion: Occasion,
    withdrawn: frozenset[str],
    changes: Changes,
) -> None:
    """Emit that a member stays with other identifiers, or without the segment's consent."""
    for number in sorted(stays):
        place = program.place.get(number)
        if place is None:
            continue
        segment = program.segments[place].segment
        refused = segment.purpose in withdrawn
        if occasion.moved or refused:
            cause = "consent" if refused else occasion.cause
            changes.memberships.append(
                Change(person.workspace, number, person.id, 0, segment.version, cause, refused)
            )


def leave_all(gone: Person, survivor: Person, program: Program, changes: Changes) -> None:
    """Take a person who was absorbed out of every segment."""
    for segment_id, version in sorted(gone.segments.items()):
        place = program.place.get(segment_id)
        purpose = program.segments[place].segment.purpose if place is not None else ""
        urgent = bool(purpose) and not consents(survivor.view, purpose)
        changes.memberships.append(
            Change(gone.workspace, segment_id, gone.id, -1, version, "merge", urgent)
        )
