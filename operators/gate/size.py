"""What speaks against a push of its size: a first one that nobody confirmed, and sudden changes."""

from collections.abc import Sequence
from typing import Final

from domain.gate import Code, PushSize, Verdict
from operators.gate.params import GateParams
from operators.gate.readings import Finding

_ENOUGH_PUSHES: Final = 5
"""Pushes that make a history."""


def size_findings(
    size: PushSize | None, history: Sequence[PushSize], params: GateParams
) -> list[Finding]:
    """Findings against a push of this size.

    Nothing where it was not measured, because something else holds it already.

    Args:
        size: what the push would change.
        history: earlier pushes of the audience, its first one left out.
        params: shares and bounds.
    """
    if size is None:
        return []
    if size.first:
        if params.confirm_first and not size.confirmed and size.adds:
            reason = f"the first push would add {size.adds} people: somebody has to confirm it"
            return [Finding(Verdict.HOLD, Code.FIRST_SYNC, reason)]
        return []
    removed = [_share(one.removes, one.before) for one in history]
    added = [_share(one.adds, one.before) for one in history]
    findings = []
    if excess := _excess("remove", size.removes, size.before, params, params.remove_share, removed):
        findings.append(Finding(Verdict.BLOCK, Code.MASS_REMOVAL, excess))
    if excess := _excess("add", size.adds, size.before, params, params.add_share, added):
        findings.append(Finding(Verdict.HOLD, Code.MASS_ADDITION, excess))
    return findings


def _excess(
    verb: str,
    people: int,
    before: int,
    params: GateParams,
    most: float,
    earlier: Sequence[float],
) -> str:
    """Why so many people are too many at once; empty where they are not.

    Args:
        verb: what the push does with them.
        people: whom it changes.
        before: whom the audience has.
        params: bounds.
        most: share that one push may change.
        earlier: shares that earlier pushes changed.
    """
    share, allowed = _share(people, before), most
    if len(earlier) >= _ENOUGH_PUSHES:
        allowed = min(most, max(params.least_share, params.usual_times * max(earlier)))
    if people < params.least_people or share <= allowed:
        return ""
    return (
        f"the push would {verb} {people} of {before} people ({share:.0%}),"
        f" {allowed:.0%} are allowed at once"
    )


def _share(people: int, before: int) -> float:
    return people / max(before, 1)
