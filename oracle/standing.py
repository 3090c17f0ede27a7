"""How a stored person's stage and memberships differ from the recomputed ones at an instant.

A stored answer is as of its last evaluation. Where the wake that would change it is due and has not
come yet, the answer of the instant before that wake is right too; before the wake is due, nothing
but the present answer is.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from domain.ids import SegmentId
from domain.profiles.profile import Person
from domain.stored import StoredPerson
from oracle.compare import Difference
from oracle.flips import next_flip
from oracle.rules import Subject
from oracle.view import churns_at, stage_at


class Standing(NamedTuple):
    """A person's stage and memberships, as stored.

    Attributes:
        stored: their row.
        person: its document.
        memberships: segments that list them, with versions.
    """

    stored: StoredPerson
    person: Person
    memberships: Mapping[SegmentId, int]


def standing_differences(
    subject: Subject,
    standing: Standing,
    now_ms: int,
    *,
    sweeping: bool,
    foresee: bool,
) -> Iterator[Difference]:
    """Compare what depends on the clock and on definitions.

    Args:
        subject: the recomputed person.
        standing: as stored.
        now_ms: the instant of verification; a wake that is due by now may be still to come.
        sweeping: a sweep is under way; whom it has not reached yet stands as earlier definitions
            had them.
        foresee: also compute when each answer changes next; no wake may come later than that.
    """
    stored, person, memberships = standing
    where = f"person {stored.id.hex()}"
    yield from _stage_differences(where, subject, stored, person, now_ms)
    if sweeping and person.definitions < _newest(subject):
        return
    yield from _membership_differences(where, subject, person, memberships, now_ms)
    if foresee and not subject.view.is_restricted:
        yield from _flip_differences(where, subject, person, now_ms)
    served = sorted(
        {
            segment.purpose
            for segment in subject.definitions.segments
            if subject.view.consents_to(segment.purpose)
        }
    )
    if sorted(person.granted) != served:
        yield Difference("consent", where, "granted", str(served), str(sorted(person.granted)))
    if dict(person.segments) != dict(memberships):
        yield Difference(
            "membership", where, "segments in doc", _listed(memberships), _listed(person.segments)
        )


def _newest(subject: Subject) -> int:
    definitions = subject.definitions
    revisions = [segment.revision for segment in definitions.segments] + [
        trait.revision for trait in definitions.traits
    ]
    return max([0, *revisions, definitions.rfm.revision if definitions.rfm else 0])


def _stage_differences(
    where: str, subject: Subject, stored: StoredPerson, person: Person, now_ms: int
) -> Iterator[Difference]:
    wake_ms = stored.wake_ms or 0
    view = subject.view
    kinds = subject.history.kinds
    rules = subject.rules
    due = 0 < wake_ms <= now_ms
    stages = {
        stage_at(view, kinds, rules, at_ms) for at_ms in (now_ms, wake_ms - 1 if due else now_ms)
    }
    if stored.stage not in stages:
        yield Difference("stage", where, "stage", " or ".join(sorted(stages)), stored.stage)
        return
    turns = list(person.flips.values())
    if stored.stage == "customer":
        turns.append(churns_at(view, rules))
    if turns and not 0 < wake_ms <= min(turns):
        yield Difference("stage", where, "wake", f"at {min(turns)} or before", str(wake_ms))


def _membership_differences(
    where: str, subject: Subject, person: Person, memberships: Mapping[SegmentId, int], now_ms: int
) -> Iterator[Difference]:
    unknown = memberships.keys() - {segment.id for segment in subject.definitions.segments}
    if unknown:
        yield Difference("membership", where, "segments", "exist", f"{sorted(unknown)} do not")
    for segment in subject.definitions.segments:
        kept, flip_ms = segment.id in memberships, person.flips.get(segment.id, 0)
        right = subject.member(segment.id, now_ms)
        if kept is not right and not (
            0 < flip_ms <= now_ms and subject.member(segment.id, flip_ms - 1) is kept
        ):
            yield Difference(
                "membership", where, f"segment {segment.id}", _called(right), _called(kept)
            )
        elif kept and segment.rule is not None and memberships[segment.id] != segment.version:
            yield Difference(
                "membership",
                where,
                f"segment {segment.id} version",
                str(segment.version),
                str(memberships[segment.id]),
            )


def _flip_differences(
    where: str, subject: Subject, person: Person, now_ms: int
) -> Iterator[Difference]:
    for segment in subject.definitions.segments:
        kept = person.flips.get(segment.id)
        if segment.rule is None or (kept is not None and kept <= now_ms):
            continue
        flip_ms = next_flip(subject, segment.rule, now_ms)
        if flip_ms is not None and (kept is None or kept > flip_ms):
            yield Difference(
                "wake", where, f"segment {segment.id} flip", f"{flip_ms} or before", str(kept)
            )


def _called(member: bool) -> str:
    return "a member" if member else "no member"


def _listed(memberships: Mapping[SegmentId, int]) -> str:
    return (
        ", ".join(f"{segment} version {memberships[segment]}" for segment in sorted(memberships))
        or "none"
    )
