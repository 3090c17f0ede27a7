"""Whom a stored event names: its identifiers, normalised and in order."""

from dataclasses import dataclass
from typing import Any, Final

from domain.ids import IdentifierKey
from domain.keys import identifier_key
from domain.policies import IdentityRules
from operators.identity.normalise import normalise
from oracle.statements.payload import is_scalar, object_of, text_of

_IN_TRAITS: Final = {"email": "email", "phone": "phone"}
"""Identifier kind → the trait that states it."""
_ON_DEVICE: Final = {"device_id": "advertisingId"}
"""Identifier kind → the member of ``context.device`` that states it."""


@dataclass(frozen=True)
class Named:
    """One identifier that an event names, normalised."""

    key: IdentifierKey
    kind: str
    value: str


def raw_identifiers(
    said: dict[str, Any], type_: str, traits: dict[str, Any], rules: IdentityRules
) -> list[tuple[str, str]]:
    """(kind, value as sent) of every identifier that a payload has."""
    context = object_of(said.get("context"))
    raw = [("user_id", id_of(said, "userId")), ("anonymous_id", id_of(said, "anonymousId"))]
    for kind, trait in _IN_TRAITS.items():
        value = traits.get(trait)
        if isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
            raw.append((kind, str(value)))
    device = object_of(context.get("device"))
    if device.get("adTrackingEnabled") is True or device.get("adTrackingEnabled") is None:
        stated = ((kind, device.get(member)) for kind, member in _ON_DEVICE.items())
        raw += [(kind, value) for kind, value in stated if isinstance(value, str)]
    others = context.get("externalIds")
    for other in others if isinstance(others, list) else []:
        known = object_of(other).get("type")
        if (
            isinstance(known, str)
            and known in rules.kinds
            and (is_scalar(other.get("id")) or other.get("id") is None)
        ):
            raw.append((known, text_of(other.get("id"))))
    if type_ == "alias":
        raw.append((rules.alias_kind, id_of(said, "previousId")))
    return raw


def id_of(said: dict[str, Any], name: str) -> str:
    """An id.

    Beside a refusal one of a wrong type names nobody, elsewhere such an event is not stored at all.
    """
    return text_of(said.get(name)) if is_scalar(said.get(name)) else ""


def named_of(
    raw: list[tuple[str, str]], region: str, salt: bytes, rules: IdentityRules
) -> tuple[Named, ...]:
    """Normalise identifiers and put them in order, strongest first."""
    spelled = {(kind, normalise(kind, value, rules, region)) for kind, value in raw}
    usable = [
        (rules.kinds[kind].priority, kind, value) for kind, value in spelled if value is not None
    ]
    return tuple(
        Named(identifier_key(salt, kind, value), kind, value) for _, kind, value in sorted(usable)
    )
