"""Which segments one person is in at an instant, and what changed: an evaluation.

Only segments affected by a trigger are evaluated: an event, the clock (`Person.flips`), or a newer
definition. Everything else keeps its result. Whoever is restricted is in no segment; a release has
everything evaluated again. State: in the person. Clock: `now_ms`; the same
instant gives the same results.
"""

from collections.abc import Collection, Sequence
from typing import Final, NamedTuple

import msgspec

from domain.changes import Change
from domain.ids import ProfileId, SegmentId
from domain.policies import ProfileRules
from domain.profiles.consent import ANY_USE
from domain.profiles.profile import Person, Stage
from domain.segments.definition import Segment
from operators.profiles.consent import consents, granted, restricted
from operators.profiles.lifecycle import stage_at
from operators.rules.windows import NEVER
from operators.segments.inputs import CONSENT, Token
from operators.segments.nodes import Subject
from operators.segments.program import Program

_NONE: Final[frozenset[str]] = frozenset()
ANY_USE_TOUCHED: Final = f"{CONSENT}{ANY_USE}"
"""Token of a restriction or its release."""


class Trigger(NamedTuple):
    """Why a person is evaluated.

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


class Evaluation(msgspec.Struct, frozen=True, gc=False):
    """What an evaluation of one person came to.

    Attributes:
        stage: as `Person.stage`, and so on for the fields up to `definitions`.
        changes: memberships that changed.
        confirmed: (segment, person, version): segments that the person stays in under a newer
            version of the definition.
    """

    stage: Stage
    wake_ms: int
    segments: dict[SegmentId, int]
    flips: dict[SegmentId, int]
    granted: list[str]
    definitions: int
    changes: list[Change]
    confirmed: list[tuple[SegmentId, ProfileId, int]]

    def differs_from(self, person: Person) -> bool:
        """Whether anything about a person would change."""
        return (self.stage, self.wake_ms, self.segments, self.flips, self.granted) != (
            person.stage, person.wake_ms, person.segments, person.flips, person.granted,
        )  # fmt: skip


def apply(evaluation: Evaluation, person: Person) -> None:
    """Bring a person up to date, in place."""
    person.stage = evaluation.stage
    person.wake_ms = evaluation.wake_ms
    person.segments = evaluation.segments
    person.flips = evaluation.flips
    person.granted = evaluation.granted
    person.definitions = evaluation.definitions


def evaluate(
    person: Person, program: Program, rules: ProfileRules, now_ms: int, trigger: Trigger
) -> Evaluation:
    """Evaluate a person.

    Args:
        person: view and identifiers as they are now, the rest as of the last evaluation; not
            changed.
        program: compiled definitions of the workspace.
        rules: lifecycle.
        now_ms: the instant of evaluation.
        trigger: why.
    """
    stage, stage_wake = stage_at(person, rules, now_ms)
    touched = trigger.touched
    if stage is not person.stage and touched is not None:
        touched = {*touched, "stage"}
    frozen = False
    if ANY_USE in person.view.consent:
        frozen = restricted(person.view)
        if touched is not None and ANY_USE_TOUCHED in touched:
            touched = None
            if not frozen and trigger.cause == "event":
                trigger = trigger._replace(cause="release")
    consented, withdrawn = _consented(person, program, touched)
    places = () if frozen else _places(person, program, touched, now_ms)
    ledger = _Ledger(person, program, trigger, withdrawn, places)
    if frozen:
        ledger.leave_every()
    else:
        ledger.answer(Subject(person, now_ms, stage_wake or NEVER, stage, ledger.members_before))
        if trigger.newcomer:
            ledger.enter_baseline()
        elif person.definitions != program.revision:
            ledger.leave_deleted()
    if trigger.moved or withdrawn:
        ledger.tell_stays()
    wake_ms = min(stage_wake or NEVER, min(ledger.flips.values(), default=NEVER))
    return Evaluation(
        stage,
        wake_ms if wake_ms < NEVER else 0,
        ledger.segments,
        ledger.flips,
        consented,
        program.revision,
        ledger.changes,
        ledger.confirmed,
    )


def _consented(
    person: Person, program: Program, touched: Collection[Token] | None
) -> tuple[list[str], frozenset[str]]:
    """Purposes that are granted, and those that no longer are."""
    told = _NONE if touched is None else program.consents_among(touched)
    outdated = person.definitions != program.revision
    if touched is not None and not told and not outdated:
        return person.granted, _NONE
    consented = granted(person.view, program.purposes)
    withdrawn = frozenset(person.granted).difference(consented)
    if outdated:
        # Whether a purpose that a newer definition serves was granted before, nobody noted: a
        # refusal said now counts as withdrawal.
        withdrawn |= told.difference(consented)
    return consented, withdrawn


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


class _Ledger:
    """Collects changes of one person's memberships; the person stays untouched.

    Attributes:
        members_before: segments, with versions, that the person counts as a member of before.
        segments: those they are in, with versions.
        flips: segment → earliest instant at which its answer may change.
        entered: segments that they were put into.
        changes: as of `Evaluation`.
        confirmed: as of `Evaluation`.
    """

    __slots__ = (
        "_person", "_places", "_program", "_trigger", "_withdrawn",
        "changes", "confirmed", "entered", "flips", "members_before", "segments",
    )  # fmt: skip

    def __init__(
        self,
        person: Person,
        program: Program,
        trigger: Trigger,
        withdrawn: frozenset[str],
        places: Sequence[int],
    ) -> None:
        self._person = person
        self._program = program
        self._trigger = trigger
        self._withdrawn = withdrawn
        self._places = places
        changes = places or person.definitions != program.revision
        self.members_before = person.segments
        self.segments = dict(person.segments) if changes else person.segments
        if trigger.newcomer:
            self.members_before, self.segments = program.baseline, {}
        self.flips = dict(person.flips) if changes else person.flips
        self.entered: set[SegmentId] = set()
        self.changes: list[Change] = []
        self.confirmed: list[tuple[SegmentId, ProfileId, int]] = []

    def answer(self, subject: Subject) -> None:
        """Ask the segments to look at, and enter the answers."""
        segments, flips, answers = self.segments, self.flips, subject.answers
        steps = self._program.steps
        for place in self._places:
            number, version, test, segment = steps[place]
            if test is None:
                flips.pop(number, None)
                continue
            member, until = answers[number] = test(subject)
            if until < NEVER:
                flips[number] = until
            elif number in flips:
                del flips[number]
            if member is not (number in segments):
                self._move(segment, enters=member)
            elif member and segments[number] != version:
                segments[number] = version
                self.confirmed.append((number, self._person.id, version))

    def enter_baseline(self) -> None:
        """Put a newcomer into the segments of somebody who did nothing that were not answered."""
        program = self._program
        for number in program.baseline.keys() - {
            program.segments[place].segment.id for place in self._places
        }:
            self._move(program.segments[program.place[number]].segment, enters=True)

    def leave_every(self) -> None:
        """Take a restricted person out of everything, paused segments too; nothing wakes them."""
        self.segments, self.flips = dict(self.segments), dict(self.flips)
        self.leave_deleted()
        for number in sorted(self.segments):
            self._move(self._program.segments[self._program.place[number]].segment, enters=False)
        self.flips = {}

    def leave_deleted(self) -> None:
        """Take the person out of segments that are no more."""
        person, place = self._person, self._program.place
        for segment in [segment for segment in self.segments if segment not in place]:
            version = self.segments.pop(segment)
            self.changes.append(
                Change(person.workspace, segment, person.id, -1, version, "edit", urgent=False)
            )
        for segment in [segment for segment in self.flips if segment not in place]:
            del self.flips[segment]

    def tell_stays(self) -> None:
        """Tell that a member stays with other identifiers, or without the segment's consent."""
        person, program, trigger = self._person, self._program, self._trigger
        for number in sorted(self.segments.keys() - self.entered):
            place = program.place.get(number)
            if place is None:
                continue
            segment = program.segments[place].segment
            refused = segment.purpose in self._withdrawn
            if trigger.moved or refused:
                cause = "consent" if refused else trigger.cause
                self.changes.append(
                    Change(person.workspace, number, person.id, 0, segment.version, cause, refused)
                )

    def _move(self, segment: Segment, *, enters: bool) -> None:
        """Put the person into a segment, or take them out."""
        person, cause, urgent = self._person, self._trigger.cause, False
        swept = self._program.definitions.swept_revision
        if person.definitions and max(person.definitions, swept) < segment.revision:
            cause = "edit"
        if enters:
            self.segments[segment.id] = segment.version
            self.entered.add(segment.id)
        else:
            del self.segments[segment.id]
            urgent = not consents(person.view, segment.purpose)
            cause = "consent" if segment.purpose in self._withdrawn else cause
            if restricted(person.view):
                cause = "restriction"
        delta = 1 if enters else -1
        self.changes.append(
            Change(person.workspace, segment.id, person.id, delta, segment.version, cause, urgent)
        )


def leave_all(gone: Person, survivor: Person, program: Program) -> list[Change]:
    """Take a person who was absorbed out of every segment."""
    left: list[Change] = []
    for segment_id, version in sorted(gone.segments.items()):
        place = program.place.get(segment_id)
        purpose = program.segments[place].segment.purpose if place is not None else ""
        urgent = bool(purpose) and not consents(survivor.view, purpose)
        left.append(Change(gone.workspace, segment_id, gone.id, -1, version, "merge", urgent))
    return left
