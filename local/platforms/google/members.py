"""What the Data Manager API accepts as an audience member: identifiers, hashes, consent.

It is written from the contract and not from our connector. Source: Data Manager API v1:
AudienceMember, UserIdentifier, Consent.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from local.platforms.google.proto_json import enum_of, invalid, message_of

MAX_IDENTIFIERS: Final = 10
CONSENTS: Final = ("CONSENT_STATUS_UNSPECIFIED", "CONSENT_GRANTED", "CONSENT_DENIED")
_DATA: Final = (
    "userData",
    "pairData",
    "mobileData",
    "userIdData",
    "ppidData",
    "compositeData",
    "googleUserIdData",
    "partnerProvidedIdData",
)
_ADDRESS: Final = ("givenName", "familyName", "regionCode", "postalCode")
_EMPTY_DIGEST: Final = bytes.fromhex(
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
)
Person = frozenset[str]
"""One member: ``email:<hash>``, ``phone:<hash>`` and ``address:…``, hashes as lower-case hex."""


@dataclass(frozen=True)
class MemberRules:
    """What a request says about all its members; only an add asks for consent."""

    encoding: str
    references: set[str]
    consent: object
    asks_consent: bool


class Member(NamedTuple):
    """One checked member.

    Attributes:
        identifiers: as the request spells them, at least one.
        refusal: processing error that it leads to later, for want of consent; empty for none.
    """

    identifiers: list[str]
    refusal: str


def check_member(member: object, where: str, rules: MemberRules) -> Member:
    """Check one member of a request.

    Raises:
        ApiError: the whole request is refused.
    """
    held = message_of(member, {*_DATA, "destinationReferences", "consent"}, where)
    if not rules.references.issuperset(held.get("destinationReferences", [])):
        raise invalid(
            "Unknown destination reference",
            "INVALID_DESTINATION",
            f"{where}.destination_references",
        )
    identifiers = _user_data(held, where)
    spelled = [
        _identifier(value, f"{where}.user_data.user_identifiers[{i}]", rules.encoding)
        for i, value in enumerate(identifiers)
    ]
    if not rules.asks_consent:
        return Member(spelled, "")
    return Member(spelled, check_consent(held.get("consent", rules.consent), f"{where}.consent"))


def _user_data(held: Mapping[str, Any], where: str) -> list[object]:
    """The identifiers of a member, whose data must be ``userData``."""
    kinds = [kind for kind in _DATA if kind in held]
    if len(kinds) > 1:
        raise invalid("oneof field 'data' is already set", field=where)
    if kinds != ["userData"]:
        raise invalid(
            "Type of the user list is not applicable for this request.",
            "INVALID_USER_LIST_TYPE",
            where,
        )
    data = message_of(held["userData"], {"userIdentifiers"}, f"{where}.user_data")
    identifiers = data.get("userIdentifiers")
    field = f"{where}.user_data.user_identifiers"
    if not isinstance(identifiers, list) or not identifiers:
        raise invalid("Required field is missing", "REQUIRED_FIELD_MISSING", field)
    if len(identifiers) > MAX_IDENTIFIERS:
        raise invalid(f"At most {MAX_IDENTIFIERS} identifiers", "TOO_MANY_USER_IDENTIFIERS", field)
    return identifiers


def check_consent(consent: object, where: str) -> str:
    """Name the processing error that a consent leads to; empty where both parts are granted."""
    if consent is None:
        return "PROCESSING_ERROR_REASON_UNKNOWN_CONSENT"
    given = message_of(consent, {"adUserData", "adPersonalization"}, where)
    states = {
        enum_of(given.get(part), CONSENTS, where) for part in ("adUserData", "adPersonalization")
    }
    if "CONSENT_DENIED" in states:
        return "PROCESSING_ERROR_REASON_DENIED_CONSENT"
    return "" if states == {"CONSENT_GRANTED"} else "PROCESSING_ERROR_REASON_UNKNOWN_CONSENT"


def _identifier(value: object, where: str, encoding: str) -> str:
    """Spell one identifier the only way: kind and hash, or kind and address."""
    kinds = {"emailAddress": "email", "phoneNumber": "phone", "address": "address"}
    held = message_of(value, set(kinds), where)
    if len(held) != 1:
        raise invalid("Exactly one identifier is expected", "REQUIRED_FIELD_MISSING", where)
    ((name, given),) = held.items()
    if name != "address":
        return f"{kinds[name]}:{_digest(given, f'{where}.{name}', encoding)}"
    address = message_of(given, set(_ADDRESS), f"{where}.address")
    missing = [
        part for part in _ADDRESS if not isinstance(address.get(part), str) or not address[part]
    ]
    if missing:
        raise invalid(
            "Required field is missing", "REQUIRED_FIELD_MISSING", f"{where}.address.{missing[0]}"
        )
    if not re.fullmatch("[A-Z]{2}", address["regionCode"]):
        raise invalid(
            "The region code is invalid", "INVALID_COUNTRY_CODE", f"{where}.address.region_code"
        )
    names = [
        _digest(address[part], f"{where}.address", encoding) for part in ("givenName", "familyName")
    ]
    return ":".join(("address", *names, address["regionCode"], address["postalCode"].strip()))


def _digest(value: object, where: str, encoding: str) -> str:
    """Decode a SHA-256 digest to lower-case hex."""
    if not isinstance(value, str):
        raise invalid("Text is expected", field=where)
    try:
        raw = bytes.fromhex(value) if encoding == "HEX" else base64.b64decode(value, validate=True)
    except (ValueError, binascii.Error):
        raise invalid(
            f"The {encoding} encoded value is malformed", f"INVALID_{encoding}_ENCODING", where
        ) from None
    if len(raw) != 32 or any(character.isspace() for character in value):
        raise invalid("The SHA256 encoded value is malformed", "INVALID_SHA256_FORMAT", where)
    if raw == _EMPTY_DIGEST:
        raise invalid("The hash of nothing", "INVALID_FORMAT", where)
    return raw.hex()
