"""Reads a stored event again from its payload: whom it names, in order, and what it says.

The instants are the stored ones (skew was corrected on arrival, when the client's clock was known);
everything else comes from the JSON.
"""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from domain.ids import IdentifierKey
from domain.instants import LATEST_MS
from domain.policies import IdentityRules, ProfileRules
from domain.stored import StoredEvent
from domain.values import Json
from oracle.statements.amounts import order_of
from oracle.statements.consent import read_consent
from oracle.statements.named import Named, id_of, named_of, raw_identifiers
from oracle.statements.payload import (
    DEPTH,
    deeper,
    depth,
    is_finite,
    is_scalar,
    object_of,
    read_payload,
    storable,
    text_of,
)

OPERATORS: Final = ("consent", "restriction")
"""Types of what an operator states, which is nothing that the person did."""


@dataclass(frozen=True)
class Statement:
    """What one event says.

    Attributes:
        message: its message key.
        at_ms: event time.
        tie: orders statements of one instant: the first 8 bytes of the message key as a signed
            number.
        named: identifiers, strongest first.
        consent: (purpose, granted) in any order, a purpose possibly twice.
        order: (currency, minor units) of a purchase.
        properties: of a track, page or screen; empty for other types.
    """

    message: bytes
    at_ms: int
    tie: int
    type: str
    name: str
    named: tuple[Named, ...]
    traits: dict[str, Any] = field(default_factory=dict)
    consent: tuple[tuple[str, bool], ...] = ()
    order: tuple[str, int] | None = None
    group: str = ""
    group_traits: dict[str, Any] = field(default_factory=dict)
    properties: dict[str, Any] = field(default_factory=dict)


def read_statement(
    event: StoredEvent, salt: bytes, identity: IdentityRules, profile: ProfileRules
) -> Statement:
    """Read one stored event.

    Args:
        event: a row that is no operator's command.
        salt: the workspace's key of digests.
        identity: identifier kinds, priorities, blocked values.
        profile: which tracks are purchases, and where their amount is.
    """
    if event.type in OPERATORS:
        return _operators(event, salt, identity)
    with deeper():
        return _read(event, salt, identity, profile)


def _read(
    event: StoredEvent, salt: bytes, identity: IdentityRules, profile: ProfileRules
) -> Statement:
    said = read_payload(event.payload)
    consent = read_consent(event.payload, profile)
    context = object_of(said.get("context"))
    ambient, own = _readable(context.get("traits")), _readable(said.get("traits"))
    spoken = {**ambient, **own} if event.type == "identify" else ambient
    traits = _kept(spoken, consent, profile)
    group_traits = _kept(own if event.type == "group" else {}, consent, profile)
    if not _dated(said):
        consent = {purpose: granted for purpose, granted in consent.items() if not granted}
    name = _name(said, event.type)
    return Statement(
        message=event.message_key,
        at_ms=event.occurred_ms,
        tie=int.from_bytes(event.message_key[:8], "big", signed=True),
        type=event.type,
        name=name,
        named=named_of(
            raw_identifiers(said, event.type, spoken, identity), event.region, salt, identity
        ),
        traits={trait: storable(value) for trait, value in traits.items()},
        consent=tuple(consent.items()),
        order=(
            order_of(_is_identified(said), profile)
            if event.type == "track" and name in profile.order_events
            else None
        ),
        group=id_of(said, "groupId") if event.type == "group" else "",
        group_traits={trait: storable(value) for trait, value in group_traits.items()},
        properties=_properties(said) if event.type in ("track", "page", "screen") else {},
    )


def _operators(event: StoredEvent, salt: bytes, identity: IdentityRules) -> Statement:
    """What an operator states of one identifier: consent, or a restriction and its release."""
    command = json.loads(event.payload)
    kind, value = command["identifier"]
    return Statement(
        message=event.message_key,
        at_ms=event.occurred_ms,
        tie=int.from_bytes(event.message_key[:8], "big", signed=True),
        type=event.type,
        name="",
        named=named_of([(kind, value)], "", salt, identity),
        consent=tuple(
            (purpose, command["state"] == "granted")
            for purpose in (command["purpose"], *command.get("purposes", ()))
        ),
    )


def read_pairs(event: StoredEvent) -> tuple[list[tuple[IdentifierKey, IdentifierKey]], str]:
    """The pairs that an operator's command is about, smaller key first, and its reason.

    One that erases is about no pair.
    """
    command, pairs = json.loads(event.payload), []
    for one, other in command.get("links", ()):
        small, large = sorted((bytes.fromhex(one), bytes.fromhex(other)))
        pairs.append((IdentifierKey(small), IdentifierKey(large)))
    return pairs, command.get("reason", "")


def _name(message: dict[str, Any], type_: str) -> str:
    if type_ == "track":
        spoken = message["event"]
    elif type_ in ("page", "screen") and is_scalar(message.get("name")):
        spoken = message.get("name")
    else:
        spoken = ""
    return text_of(spoken).replace("\0", "\ufffd")


def _readable(traits: Json) -> dict[str, Any]:
    return {trait: value for trait, value in object_of(traits).items() if is_finite(value)}


def _kept(traits: dict[str, Any], consent: dict[str, bool], rules: ProfileRules) -> dict[str, Any]:
    """Traits beyond the limits are left out where they stand beside a refusal.

    Elsewhere such an event is not stored at all.
    """
    if all(consent.values()):
        return traits
    return (
        {}
        if len(traits) > rules.event_trait_limit
        else {trait: value for trait, value in traits.items() if depth(value) <= DEPTH}
    )


def _dated(message: dict[str, Any]) -> bool:
    """Whether the instants that an event states can be read."""
    stated = message.get("originalTimestamp") or message.get("timestamp")
    return all(_is_instant(value) for value in (stated, message.get("sentAt")))


def _is_instant(value: Json) -> bool:
    if value is None or value == "":
        return True
    if isinstance(value, str):
        try:
            datetime.fromisoformat(value)
        except ValueError:
            return False
        return True
    return is_scalar(value) and abs(value) < LATEST_MS


def _is_identified(message: dict[str, Any]) -> dict[str, Any]:
    spoken = message.get("properties")
    return spoken if isinstance(spoken, dict) and depth(spoken) <= DEPTH else {}


def _properties(message: dict[str, Any]) -> dict[str, Any]:
    """Return the properties, or none where unreadable.

    No object, too deep, a number beyond floating point, or half a character.
    """
    try:
        kept = storable(_is_identified(message))
        json.dumps(kept, allow_nan=False, ensure_ascii=False).encode()
    except (OverflowError, ValueError):
        # Half a character is a UnicodeEncodeError, which is a ValueError.
        return {}
    return dict(kept)
