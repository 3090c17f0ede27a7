"""Builds a person's missing aggregates from stored events, so that definitions cover the past.

The law: every leaf of a person has all aggregates up to `Person.built`. Whoever writes a person
brings them up to the newest aggregate first, so that somebody whose `built` is lower has not been
written since the missing ones came up. A sweep visits everybody after a publishing and writes those
for whom it found events; so once it is through, whoever still lacks these aggregates has empty ones
(`swept_aggregate`).
"""

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from domain.changes import HistoryEvent, LoadedState
from domain.ids import IdentifierKey, MessageKey
from domain.profiles.leaf import Leaf, decode_leaf, tie_of
from domain.profiles.profile import Person
from operators.segments.program import Program
from operators.segments.touches import fold_matched, matched, read_properties


class _Payload(msgspec.Struct, gc=False):
    properties: msgspec.Raw = msgspec.Raw()
    message_id: Any = msgspec.field(default=None, name="messageId")


_PAYLOAD: Final = msgspec.json.Decoder(_Payload)
_WITH_PROPERTIES: Final = frozenset({"track", "page", "screen"})


def backfilled_to(person: Person, program: Program) -> int:
    """Aggregates up to this id are complete for a person."""
    return max(person.built, program.definitions.swept_aggregate)


def lacks_history(person: Person, program: Program) -> bool:
    """Whether a stored person's events must be read before they can be folded or evaluated."""
    done = backfilled_to(person, program)
    return done < program.newest and any(number > done for number in program.aggregates)


def history_event(
    leaf: IdentifierKey, kind: str, name: str, at_ms: int, message: MessageKey, payload: bytes
) -> HistoryEvent:
    """Reduce a stored event to the parts that aggregates need.

    Args:
        leaf: the identifier under which it is stored.
        kind: type of the event.
        name: of a track event; empty for others.
        at_ms: event time, ms since 1970.
        message: key of the message.
        payload: the stored JSON of the event.

    Returns:
        The event; without properties where the payload cannot be read.
    """
    try:
        read = _PAYLOAD.decode(payload)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return HistoryEvent(leaf, kind, name, at_ms, message, None, b"")
    properties = bytes(read.properties) if kind in _WITH_PROPERTIES else b""
    return HistoryEvent(
        leaf,
        kind,
        name,
        at_ms,
        message,
        read.message_id if isinstance(read.message_id, str) else None,
        properties,
    )


def backfill(
    person: Person,
    leaves: dict[IdentifierKey, Leaf],
    history: Iterable[HistoryEvent],
    program: Program,
) -> set[IdentifierKey]:
    """Backfill missing aggregates, in place.

    Args:
        person: stored; its view and `built` are changed.
        leaves: the person's leaves that are stored apart, whole; changed. Empty where the view is
            the only leaf.
        history: all stored events of the person that aggregates above `backfilled_to` look at, each
            once, in any order.
        program: of the workspace.

    Returns:
        Leaves that were changed.
    """
    built = backfilled_to(person, program)
    drop_retired(person.view, program)
    changed: set[IdentifierKey] = set()
    for event in history:
        properties = read_properties(event.properties)
        matches = matched(program.touches(event.type, event.name), properties, above=built)
        if not matches:
            continue
        tie = tie_of(event.message)
        fold_matched(person.view, matches, properties, event.at_ms, tie)
        leaf: Any = leaves.get(event.leaf)
        if leaf is not None:
            fold_matched(leaf, matches, properties, event.at_ms, tie)
            changed.add(event.leaf)
    person.built = program.newest
    return changed


def stored_leaves(person: Person, loaded: LoadedState) -> dict[IdentifierKey, Leaf]:
    """A person's leaves that are stored apart; all of them are known once their history is."""
    if person.sole is not None:
        return {}
    return {
        key: decode_leaf(loaded.leaves[key])
        for key, owner in loaded.owners.items()
        if owner == person.id and key in loaded.leaves
    }


def drop_retired(leaf: Leaf, program: Program) -> None:
    """Drop states that no live definition asks for, in place."""
    for number in [number for number in leaf.aggregates if number not in program.aggregates]:
        del leaf.aggregates[number]
