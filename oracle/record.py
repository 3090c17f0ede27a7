"""Reads a stored event again from its payload: whom it names, in order, and what it says.

The instants are the stored ones (skew was corrected on arrival, when the client's clock was known);
everything else comes from the JSON.
"""

import json
import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Any, Final

from domain.ids import IdentifierKey
from domain.instants import LATEST_MS
from domain.keys import identifier_key
from domain.policies import IdentityRules, ProfileRules
from domain.stored import StoredEvent
from domain.values import Json
from operators.identity.normalise import normalise
from oracle.consent import read_consent

_IN_TRAITS: Final = {"email": "email", "phone": "phone"}
"""Identifier kind → the trait that states it."""
_ON_DEVICE: Final = {"device_id": "advertisingId"}
"""Identifier kind → the member of ``context.device`` that states it."""
_ZERO_DIGITS: Final = {
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND",
    "VUV", "XAF", "XOF", "XPF",
}  # fmt: skip
"""ISO 4217 currencies without a minor unit."""
_THREE_DIGITS: Final = {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"}
"""ISO 4217 currencies whose minor unit is a thousandth."""
_DEPTH: Final = 64
"""Deepest trait value that is stored."""
_DEEPER: Final = 10_000
"""More levels than the engine passes over."""
_DIGITS: Final = 4_000
"""A longer integer is beyond floating point, and slow to read."""
_IMPLAUSIBLE: Final = 10**15
"""An amount this large is a mistake and counts as nothing."""


@dataclass(frozen=True)
class Named:
    """One identifier that an event names, normalised."""

    key: IdentifierKey
    kind: str
    value: str


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
        event: a row whose type is not ``unmerge``.
        salt: the workspace's key of digests.
        identity: identifier kinds, priorities, blocked values.
        profile: which tracks are purchases, and where their amount is.
    """
    with _deeper():
        return _read(event, salt, identity, profile)


def _read(
    event: StoredEvent, salt: bytes, identity: IdentityRules, profile: ProfileRules
) -> Statement:
    said: dict[str, Any] = json.loads(event.payload, parse_int=_integer, object_pairs_hook=_Object)
    consent = read_consent(event.payload, profile)
    context = _object(said.get("context"))
    ambient, own = _readable(context.get("traits")), _readable(said.get("traits"))
    spoken = {**ambient, **own} if event.type == "identify" else ambient
    traits, group_traits = (
        _kept(spoken, consent, profile),
        _kept(own if event.type == "group" else {}, consent, profile),
    )
    if not _dated(said):
        consent = {purpose: granted for purpose, granted in consent.items() if not granted}
    name = _name(said, event.type)
    return Statement(
        message=event.message_key,
        at_ms=event.occurred_ms,
        tie=int.from_bytes(event.message_key[:8], "big", signed=True),
        type=event.type,
        name=name,
        named=_named(
            _raw_identifiers(said, event.type, spoken, identity), event.region, salt, identity
        ),
        traits={trait: _storable(value) for trait, value in traits.items()},
        consent=tuple(consent.items()),
        order=(
            _order(_spoken(said), profile)
            if event.type == "track" and name in profile.order_events
            else None
        ),
        group=_id(said, "groupId") if event.type == "group" else "",
        group_traits={trait: _storable(value) for trait, value in group_traits.items()},
        properties=_properties(said) if event.type in ("track", "page", "screen") else {},
    )


@contextmanager
def _deeper() -> Iterator[None]:
    """Read stored records as deep as the engine passes over."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(limit + _DEEPER)
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)


def _integer(text: str) -> float:
    return (
        int(text)
        if len(text) <= _DIGITS
        else math.copysign(math.inf, -1 if text.startswith("-") else 1)
    )


def read_bans(event: StoredEvent) -> list[tuple[IdentifierKey, IdentifierKey]]:
    """The pairs that an ``unmerge`` command bans, smaller key first."""
    pairs = []
    for one, other in json.loads(event.payload)["links"]:
        small, large = sorted((bytes.fromhex(one), bytes.fromhex(other)))
        pairs.append((IdentifierKey(small), IdentifierKey(large)))
    return pairs


def _name(said: dict[str, Any], type_: str) -> str:
    if type_ == "track":
        spoken = said["event"]
    elif type_ in ("page", "screen") and _is_scalar(said.get("name")):
        spoken = said.get("name")
    else:
        spoken = ""
    return _text(spoken).replace("\0", "\ufffd")


def _object(value: Json) -> dict[str, Any]:
    """What is no object counts as an empty one."""
    return value if isinstance(value, dict) else {}


def _is_scalar(value: Json) -> bool:
    return (
        isinstance(value, str | int | float)
        and not isinstance(value, bool)
        and not _holds_infinity(value)
    )


class _Object(dict[str, Any]):
    """A JSON object.

    Remembers whether a value that a later one of its key takes the place of holds an infinity.
    """

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.hides = len(pairs) > len(self) and any(
            _holds_infinity(value) for key, value in pairs if self[key] is not value
        )


def _holds_infinity(value: Json) -> bool:
    if isinstance(value, dict | list):
        return any(map(_holds_infinity, value.values() if isinstance(value, dict) else value))
    return isinstance(value, float) and math.isinf(value)


def _hides(value: Json) -> bool:
    if isinstance(value, _Object):
        return value.hides or any(map(_hides, value.values()))
    return isinstance(value, list) and any(map(_hides, value))


def _is_finite(value: Json) -> bool:
    """Whether no number in a value is beyond floating point, wherever it stands in the JSON."""
    if _hides(value):
        return False
    try:
        json.dumps(_storable(value), allow_nan=False)
    except (OverflowError, ValueError):
        return False
    return True


def _readable(traits: Json) -> dict[str, Any]:
    return {trait: value for trait, value in _object(traits).items() if _is_finite(value)}


def _kept(traits: dict[str, Any], consent: dict[str, bool], rules: ProfileRules) -> dict[str, Any]:
    """Traits beyond the limits are left out where they stand beside a refusal.

    Elsewhere such an event is not stored at all.
    """
    if all(consent.values()):
        return traits
    return (
        {}
        if len(traits) > rules.event_trait_limit
        else {trait: value for trait, value in traits.items() if _depth(value) <= _DEPTH}
    )


def _depth(value: Json) -> int:
    if isinstance(value, dict | list):
        return 1 + max(
            (_depth(item) for item in (value.values() if isinstance(value, dict) else value)),
            default=0,
        )
    return 0


def _dated(said: dict[str, Any]) -> bool:
    """Whether the instants that an event states can be read."""
    stated = said.get("originalTimestamp") or said.get("timestamp")
    return all(_is_instant(value) for value in (stated, said.get("sentAt")))


def _is_instant(value: Json) -> bool:
    if value is None or value == "":
        return True
    if isinstance(value, str):
        try:
            datetime.fromisoformat(value)
        except ValueError:
            return False
        return True
    return _is_scalar(value) and abs(value) < LATEST_MS


def _spoken(said: dict[str, Any]) -> dict[str, Any]:
    spoken = said.get("properties")
    return spoken if isinstance(spoken, dict) and _depth(spoken) <= _DEPTH else {}


def _properties(said: dict[str, Any]) -> dict[str, Any]:
    """Return the properties, or none where unreadable.

    No object, too deep, a number beyond floating point, or half a character.
    """
    try:
        kept = _storable(_spoken(said))
        json.dumps(kept, allow_nan=False, ensure_ascii=False).encode()
    except (
        OverflowError,
        ValueError,
    ):  # half a character is a UnicodeEncodeError, which is a ValueError
        return {}
    return dict(kept)


def _text(value: Json) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value == int(value):
        return str(int(value))
    return str(value)


def _raw_identifiers(
    said: dict[str, Any], type_: str, traits: dict[str, Any], rules: IdentityRules
) -> list[tuple[str, str]]:
    context = _object(said.get("context"))
    raw = [("user_id", _id(said, "userId")), ("anonymous_id", _id(said, "anonymousId"))]
    for kind, trait in _IN_TRAITS.items():
        value = traits.get(trait)
        if isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
            raw.append((kind, str(value)))
    device = _object(context.get("device"))
    if device.get("adTrackingEnabled") is True or device.get("adTrackingEnabled") is None:
        stated = ((kind, device.get(member)) for kind, member in _ON_DEVICE.items())
        raw += [(kind, value) for kind, value in stated if isinstance(value, str)]
    others = context.get("externalIds")
    for other in others if isinstance(others, list) else []:
        known = _object(other).get("type")
        if (
            isinstance(known, str)
            and known in rules.kinds
            and (_is_scalar(other.get("id")) or other.get("id") is None)
        ):
            raw.append((known, _text(other.get("id"))))
    if type_ == "alias":
        raw.append((rules.alias_kind, _id(said, "previousId")))
    return raw


def _id(said: dict[str, Any], name: str) -> str:
    """An id.

    Beside a refusal one of a wrong type names nobody, elsewhere such an event is not stored at all.
    """
    return _text(said.get(name)) if _is_scalar(said.get(name)) else ""


def _named(
    raw: list[tuple[str, str]], region: str, salt: bytes, rules: IdentityRules
) -> tuple[Named, ...]:
    spelled = {(kind, normalise(kind, value, rules, region)) for kind, value in raw}
    usable = [
        (rules.kinds[kind].priority, kind, value) for kind, value in spelled if value is not None
    ]
    return tuple(
        Named(identifier_key(salt, kind, value), kind, value) for _, kind, value in sorted(usable)
    )


def _storable(value: Json) -> Json:
    """Integers beyond 64 bits are kept as floating point numbers."""
    if isinstance(value, dict):
        return {key: _storable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_storable(item) for item in value]
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        return float(value)
    return value


def _order(properties: dict[str, Any], rules: ProfileRules) -> tuple[str, int]:
    currency = properties.get("currency")
    known = (
        isinstance(currency, str)
        and len(currency) == 3
        and all(letter in "abcdefghijklmnopqrstuvwxyz" for letter in currency.lower())
    )
    currency = str(currency).upper() if known else rules.default_currency
    present = [properties[key] for key in rules.amount_keys if properties.get(key) is not None]
    return currency, _minor_units(present[0], currency) if present else 0


def _minor_units(amount: Json, currency: str) -> int:
    if isinstance(amount, bool) or not isinstance(amount, int | float | str):
        return 0
    try:
        exact = Decimal(repr(amount) if isinstance(amount, float) else str(amount).strip())
    except InvalidOperation:
        return 0
    if not exact.is_finite() or abs(exact) >= _IMPLAUSIBLE:
        return 0
    digits = 0 if currency in _ZERO_DIGITS else 3 if currency in _THREE_DIGITS else 2
    return int((exact * 10**digits).to_integral_value(ROUND_HALF_EVEN))
