"""Checks a receipt: whether the audit log and the register still say what it says.

A receipt stands on entries of the audit log. Each is looked up in the chain by its place, its hash
is computed again from the hash before it, and what it records is compared with what the receipt
claims. What no entry records – names of audiences, when an answer was due – is compared with the
register. State: none. Clock: none.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

import msgspec

from domain.instants import to_us
from domain.privacy.erasure import RequestStatus
from domain.privacy.receipt import (
    COMPLETED,
    FORMAT,
    PROCESSED,
    REQUESTED,
    VERSION,
    AuditRow,
    ErasureReceipt,
    Recipient,
    steps_of,
    subject_of,
)
from operators.audit import Anchor, Entry, Linked, link_hash, verify

_MOVING: Final = frozenset({"issued_at", "audit"})
"""What two receipts of one erasure need not share."""
_LATER: Final[tuple[object, ...]] = (None, "", {}, RequestStatus.PROCESSING)
"""What a receipt says of what had not happened when it was issued."""


class Finding(NamedTuple):
    """One thing that was checked, in words for a privacy officer."""

    holds: bool
    said: str


class Place(NamedTuple):
    """A link as the chain has it, its entry, and the hash before it."""

    link: Anchor
    entry: Entry | None
    previous: bytes


def check(
    receipt: ErasureReceipt, rows: Iterable[Linked], workspace: int, stored: ErasureReceipt | None
) -> list[Finding]:
    """Check one receipt against everything that was recorded.

    Args:
        receipt: as somebody brings it.
        rows: the workspace's whole chain, as `operators.audit.verify` takes it; read once.
        workspace: whose chain.
        stored: the receipt as it would be issued now; None where the register has no such erasure.
    """
    places: dict[int, Place] = {}
    wanted = {row.seq for row in receipt.audit}
    newest = max(receipt.audit, key=lambda row: row.seq, default=None)
    anchor = None if newest is None else Anchor(newest.seq, _bytes(newest.hash))
    verdict = verify(_watched(rows, wanted, places), workspace, anchor)
    found = [Finding(False, str(problem)) for problem in verdict.shown] or [
        Finding(True, f"the audit log is whole: {verdict.entries:,} entries were recomputed")
    ]
    return [
        *found,
        *_form(receipt),
        *(_entry(row, places.get(row.seq), workspace) for row in receipt.audit),
        *_rows(receipt, stored),
        *_recorded(receipt),
        *_registered(receipt, stored),
    ]


def _watched(
    rows: Iterable[Linked], wanted: set[int], places: dict[int, Place]
) -> Iterator[Linked]:
    previous = b""
    for row in rows:
        if row.link is not None:
            if row.link.seq in wanted:
                places[row.link.seq] = Place(row.link, row.entry, previous)
            previous = row.link.hash
        yield row


def _bytes(digits: str) -> bytes:
    try:
        return bytes.fromhex(digits)
    except ValueError:
        return b""


def _form(receipt: ErasureReceipt) -> Iterator[Finding]:
    if (receipt.format, receipt.version) != (FORMAT, VERSION):
        yield Finding(False, f"it is no receipt of this kind: {FORMAT}, version {VERSION}")


def _entry(row: AuditRow, place: Place | None, workspace: int) -> Finding:
    """Whether an entry is in the log as the receipt has it."""
    name = f"entry {row.id} ({row.action}, link {row.seq})"
    if place is None or place.entry is None:
        return Finding(False, f"{name} is not in the audit log")
    entry = Entry(row.id, workspace, row.at_us, row.actor, row.action, row.subject, row.detail)
    wrong = [
        field for field in Entry._fields if getattr(entry, field) != getattr(place.entry, field)
    ]
    if wrong:
        return Finding(False, f"{name} says something else in the audit log: {', '.join(wrong)}")
    if not _bytes(row.hash) == place.link.hash == link_hash(place.previous, row.seq, entry):
        return Finding(False, f"{name} does not have the hash that its content gives")
    return Finding(True, f"{name} is in the audit log, with its hash")


def _rows(receipt: ErasureReceipt, stored: ErasureReceipt | None) -> Iterator[Finding]:
    """Whether all entries are there that such an erasure has, and no others."""
    actions = sorted(row.action for row in receipt.audit)
    due = [REQUESTED, PROCESSED]
    if receipt.status == RequestStatus.COMPLETED:
        due.append(COMPLETED)
    for action in due:
        if actions.count(action) != 1:
            told = "lacks" if action not in actions else "repeats"
            yield Finding(False, f"the receipt {told} the entry {action}")
    if (receipt.status == RequestStatus.COMPLETED) != (receipt.completed_at is not None):
        yield Finding(False, f"it says {receipt.status}, and when it was completed says otherwise")
    if strange := sorted({*actions} - {REQUESTED, PROCESSED, COMPLETED}):
        yield Finding(False, f"the receipt has entries of another kind: {', '.join(strange)}")
    subject = subject_of(receipt.command)
    for row in receipt.audit:
        whose = f"profile:{receipt.profile}" if row.action == REQUESTED else subject
        if row.subject != whose:
            yield Finding(False, f"entry {row.id} is about something else: {row.subject}")
    known = {row.id for row in receipt.audit}
    until_us = to_us(receipt.issued_at)
    for row in stored.audit if stored is not None else ():
        if row.id not in known and row.at_us <= until_us:
            yield Finding(False, f"the receipt leaves out entry {row.id} ({row.action})")


def _recorded(receipt: ErasureReceipt) -> Iterator[Finding]:
    """Whether the receipt claims what its entries record."""
    for row in receipt.audit:
        claimed, recorded = _claimed(receipt, row.action), _said(row)
        for name, value in claimed.items():
            if name in recorded and recorded[name] != value:
                yield Finding(
                    False, f"{name}: entry {row.id} ({row.action}) records something else"
                )
        backed = sorted(name for name in claimed if recorded.get(name) == claimed[name])
        if backed:
            yield Finding(True, f"entry {row.id} ({row.action}) records {', '.join(backed)}")


def _claimed(receipt: ErasureReceipt, action: str) -> dict[str, Any]:
    """What of a receipt an entry of this action records, by the name that it has there."""
    if action == REQUESTED:
        return {
            "identifiers": list(receipt.identifiers),
            "afterwards": receipt.afterwards.value,
            "reason": receipt.reason,
            "requested_by": receipt.requested_by,
            "requested_at": to_us(receipt.requested_at),
        }
    told: dict[str, Any] = msgspec.to_builtins(receipt.removed)
    told |= {"processed_at": receipt.processed_at}
    if action == COMPLETED:
        told |= {
            "completed_at": receipt.completed_at,
            "steps": receipt.steps,
            "recipients": [_told(each) for each in receipt.recipients],
        }
    return told


def _told(recipient: Recipient) -> tuple[object, ...]:
    """A recipient as an entry records it: without the audience's name."""
    return (
        recipient.audience_id,
        recipient.platform,
        recipient.listed,
        recipient.confirmed_at,
        recipient.outcome,
    )


def _said(row: AuditRow) -> dict[str, Any]:
    """What an entry records, in the form of `_claimed`."""
    try:
        detail = msgspec.json.decode(row.detail, type=dict[str, Any])
        if row.action == REQUESTED:
            return detail | {"requested_by": row.actor, "requested_at": row.at_us}
    except msgspec.MsgspecError:
        return {}
    return {name: _read(name, value) for name, value in detail.items()}


def _read(name: str, value: object) -> object:
    """A value as the receipt has it; what cannot be read so stays as it is, and differs."""
    try:
        return _READ[name](value) if name in _READ else value
    except (ValueError, TypeError, KeyError, AttributeError):
        return value


def _recipients(said: list[dict[str, Any]]) -> list[tuple[object, ...]]:
    return [
        (
            each["audience"],
            each["platform"],
            each["listed"],
            _instant(each["confirmed_at"]),
            each["outcome"] or None,
        )
        for each in said
    ]


def _instant(said: str | None) -> datetime | None:
    return None if said is None else datetime.fromisoformat(said)


_READ: Final[dict[str, Callable[[Any], object]]] = {
    "processed_at": _instant,
    "completed_at": _instant,
    "steps": steps_of,
    "recipients": _recipients,
}
"""How what an entry records is read, where JSON has no form of its own for it."""


def _registered(receipt: ErasureReceipt, stored: ErasureReceipt | None) -> Iterator[Finding]:
    """Whether the register says the same; what has happened since is said, not held against it."""
    if stored is None:
        yield Finding(False, "the register has no such erasure")
        return
    mine, theirs = msgspec.to_builtins(receipt), msgspec.to_builtins(stored)
    same = True
    for name, was, now in _differences("", mine, theirs):
        if name.partition(".")[0] in _MOVING:
            continue
        if _is_news(receipt, name, was, now):
            yield Finding(True, f"{name}: since then {now}")
            continue
        same = False
        yield Finding(False, f"{name}: the register says {now!r}")
    if same:
        yield Finding(True, "the register says the same in every field")


def _is_news(receipt: ErasureReceipt, name: str, was: object, now: object) -> bool:
    """Whether it may well have happened after the receipt was issued."""
    if receipt.status == RequestStatus.COMPLETED:
        return False
    if name == "due_at":  # it may have been extended
        return isinstance(was, str) and isinstance(now, str) and now > was
    if was not in _LATER:
        return False
    try:
        return not isinstance(now, str) or datetime.fromisoformat(now) > receipt.issued_at
    except ValueError:
        return True


def _differences(name: str, mine: Any, theirs: Any) -> Iterator[tuple[str, Any, Any]]:  # noqa: ANN401
    """Places at which two plain values differ, with both values there."""
    if mine == theirs:
        return
    if isinstance(mine, Mapping) and isinstance(theirs, Mapping) and mine:
        for key in sorted({*mine, *theirs}):
            yield from _differences(f"{name}.{key}".lstrip("."), mine.get(key), theirs.get(key))
    elif isinstance(mine, tuple) and isinstance(theirs, tuple) and len(mine) == len(theirs):
        for place, (one, other) in enumerate(zip(mine, theirs, strict=True)):
            yield from _differences(f"{name}[{place}]", one, other)
    else:
        yield name, mine, theirs
