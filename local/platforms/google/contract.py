"""What the Data Manager API accepts: the Google sandbox's rule book.

It is written from the contract and not from our connector.

Requests are proto JSON: a field that the message does not have, an enum value that does not exist,
a number where text belongs or two members of a oneof refuse the whole request. Nothing of a refused
request is processed. Messages repeat no value of the request. Sources: Data Manager API v1:
IngestAudienceMembersRequest, RemoveAudienceMembersRequest, UserList; Understand API errors.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

MAX_MEMBERS: Final = 10_000
MAX_IDENTIFIERS: Final = 10
MAX_DESTINATIONS: Final = 10
ENCODINGS: Final = ("ENCODING_UNSPECIFIED", "HEX", "BASE64")
CONSENTS: Final = ("CONSENT_STATUS_UNSPECIFIED", "CONSENT_GRANTED", "CONSENT_DENIED")
TERMS: Final = ("TERMS_OF_SERVICE_STATUS_UNSPECIFIED", "ACCEPTED", "REJECTED")
ACCOUNT_TYPES: Final = (
    "ACCOUNT_TYPE_UNSPECIFIED",
    "GOOGLE_ADS",
    "DISPLAY_VIDEO_PARTNER",
    "DISPLAY_VIDEO_ADVERTISER",
    "DATA_PARTNER",
    "GOOGLE_ANALYTICS_PROPERTY",
    "GOOGLE_AD_MANAGER_AUDIENCE_LINK",
    "FLOODLIGHT_CONFIG",
    "GOOGLE_AD_MANAGER",
)
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
_STATUS: Final = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ABORTED",
} | {
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}

Person = frozenset[str]
"""One member: ``email:<hash>``, ``phone:<hash>`` and ``address:…``, hashes as lower-case hex."""


class ApiError(Exception):
    """An answer in google.rpc.Status's envelope.

    `field` and `reason` name what a 400 is about; `quota` the quota of a 429.
    """

    def __init__(
        self, code: int, message: str, reason: str = "", field: str = "", quota: str = ""
    ) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.field = field
        self.quota = quota

    def body(self, request_id: str) -> dict[str, Any]:
        """Spell the answer."""
        status = _STATUS[self.code]
        info: dict[str, Any] = {
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": "RATE_LIMIT_EXCEEDED" if self.quota else status,
            "domain": "googleapis.com" if self.quota else "datamanager.googleapis.com",
            "metadata": {"quota_limit": self.quota} if self.quota else {"requestId": request_id},
        }
        details = [
            info,
            {"@type": "type.googleapis.com/google.rpc.RequestInfo", "requestId": request_id},
        ]
        message = str(self)
        if self.code == 400:
            violation = {"field": self.field, "description": message} | (
                {"reason": self.reason} if self.reason else {}
            )
            details.append(
                {
                    "@type": "type.googleapis.com/google.rpc.BadRequest",
                    "fieldViolations": [violation],
                }
            )
            message = "There was a problem with the request."
        return {
            "error": {"code": self.code, "message": message, "status": status, "details": details}
        }


@dataclass(frozen=True)
class Destination:
    """Where members go."""

    account: str
    login: str
    list_id: str


@dataclass
class Upload:
    """A checked request.

    Attributes:
        destinations: at least one.
        people: members that may be processed.
        refused: processing error → members that are accepted now and refused later, for want of
            consent.
        records: members in the request.
        identifiers: identifiers in the request.
        dry: ``validateOnly``.
    """

    destinations: list[Destination]
    people: list[Person] = field(default_factory=list)
    refused: dict[str, int] = field(default_factory=dict)
    records: int = 0
    identifiers: int = 0
    dry: bool = False


def invalid(message: str, reason: str = "", field: str = "") -> ApiError:
    """Refuse a request as it is."""
    return ApiError(400, message, reason, field)


def message_of(value: object, known: set[str], where: str) -> Mapping[str, Any]:
    """Read one message and refuse fields that it does not have."""
    if not isinstance(value, dict):
        raise invalid("Invalid JSON payload received: an object is expected", field=where)
    for name in value.keys() - known:
        raise invalid(
            f'Invalid JSON payload received. Unknown name "{name[:50]}": Cannot find field.',
            field=where,
        )
    return value


def enum_of(value: object, names: tuple[str, ...], where: str) -> str:
    """Read an enum, by name or by number as Google's own clients send it.

    Absent is its zero value.
    """
    if value is None:
        return names[0]
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < len(names):
        return names[value]
    if isinstance(value, str) and value in names:
        return value
    raise invalid("Invalid value for an enum", "INVALID_ENUM_VALUE", where)


def check_upload(verb: str, body: object) -> Upload:
    """Check the body of ``audienceMembers:ingest`` (add) or ``audienceMembers:remove`` (remove).

    Raises:
        ApiError: the whole request is refused.
    """
    known = {"destinations", "audienceMembers", "encoding", "encryptionInfo", "validateOnly"}
    request = message_of(
        body, known | ({"consent", "termsOfService"} if verb == "add" else set()), ""
    )
    if "encryptionInfo" in request:
        raise invalid("The sandbox decrypts nothing", "INVALID_ARGUMENT", "encryption_info")
    if not isinstance(request.get("validateOnly", False), bool):
        raise invalid("validateOnly must be a boolean", field="validate_only")
    destinations, references = _destinations(request.get("destinations"))
    members = request.get("audienceMembers")
    if not isinstance(members, list) or not members:
        raise invalid("Required field is missing", "REQUIRED_FIELD_MISSING", "audience_members")
    if len(members) > MAX_MEMBERS:
        raise invalid(
            f"At most {MAX_MEMBERS} audience members",
            "TOO_MANY_AUDIENCE_MEMBERS",
            "audience_members",
        )
    encoding = enum_of(request.get("encoding"), ENCODINGS, "encoding")
    if encoding == ENCODINGS[0]:
        raise invalid("Required field is missing", "REQUIRED_FIELD_MISSING", "encoding")
    if verb == "add":
        terms = message_of(
            request.get("termsOfService", {}),
            {"customerMatchTermsOfServiceStatus"},
            "terms_of_service",
        )
        if (
            enum_of(terms.get("customerMatchTermsOfServiceStatus"), TERMS, "terms_of_service")
            != "ACCEPTED"
        ):
            raise invalid(
                "Required terms and conditions are not accepted",
                "TERMS_AND_CONDITIONS_NOT_SIGNED",
                "terms_of_service",
            )
        _refusal(request.get("consent"), "consent")
    rules = _Rules(encoding, references, request.get("consent"), verb == "add")
    upload = Upload(destinations, records=len(members), dry=request.get("validateOnly", False))
    for place, member in enumerate(members):
        _take(upload, member, f"audience_members[{place}]", rules)
    return upload


@dataclass(frozen=True)
class _Rules:
    """What the request says about all its members; only an add asks for consent."""

    encoding: str
    references: set[str]
    consent: object
    asks_consent: bool


def _take(upload: Upload, member: object, where: str, rules: _Rules) -> None:
    """Check one member and sort it by whether it may be processed."""
    held = message_of(member, {*_DATA, "destinationReferences", "consent"}, where)
    if not rules.references.issuperset(held.get("destinationReferences", [])):
        raise invalid(
            "Unknown destination reference",
            "INVALID_DESTINATION",
            f"{where}.destination_references",
        )
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
    if not isinstance(identifiers, list) or not identifiers:
        raise invalid(
            "Required field is missing",
            "REQUIRED_FIELD_MISSING",
            f"{where}.user_data.user_identifiers",
        )
    if len(identifiers) > MAX_IDENTIFIERS:
        raise invalid(
            f"At most {MAX_IDENTIFIERS} identifiers",
            "TOO_MANY_USER_IDENTIFIERS",
            f"{where}.user_data.user_identifiers",
        )
    spelled = [
        _identifier(value, f"{where}.user_data.user_identifiers[{i}]", rules.encoding)
        for i, value in enumerate(identifiers)
    ]
    upload.identifiers += len(spelled)
    refusal = (
        _refusal(held.get("consent", rules.consent), f"{where}.consent")
        if rules.asks_consent
        else ""
    )
    if refusal:
        upload.refused[refusal] = upload.refused.get(refusal, 0) + 1
    else:
        upload.people.append(frozenset(spelled))


def _refusal(consent: object, where: str) -> str:
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


def _destinations(value: object) -> tuple[list[Destination], set[str]]:
    if not isinstance(value, list) or not value:
        raise invalid("Required field is missing", "REQUIRED_FIELD_MISSING", "destinations")
    if len(value) > MAX_DESTINATIONS:
        raise invalid(
            f"At most {MAX_DESTINATIONS} destinations", "TOO_MANY_DESTINATIONS", "destinations"
        )
    found, references = [], set()
    for place, item in enumerate(value):
        where = f"destinations[{place}]"
        known = {
            "reference",
            "operatingAccount",
            "loginAccount",
            "linkedAccount",
            "productDestinationId",
        }
        held = message_of(item, known, where)
        if held.get("reference", "") in references:
            raise invalid(
                "References must differ", "DUPLICATE_DESTINATION_REFERENCE", f"{where}.reference"
            )
        if "reference" in held:
            references.add(held["reference"])
        account = _account(held.get("operatingAccount"), f"{where}.operating_account")
        login = (
            _account(held["loginAccount"], f"{where}.login_account")
            if "loginAccount" in held
            else account
        )
        list_id = held.get("productDestinationId")
        if not isinstance(list_id, str) or not list_id.isdigit():
            raise invalid(
                "This destination is not valid",
                "INVALID_DESTINATION",
                f"{where}.product_destination_id",
            )
        found.append(Destination(account, login, list_id))
    return found, references


def _account(value: object, where: str) -> str:
    """Read a Google Ads account: ten digits, as text."""
    held = message_of(value, {"accountType", "accountId", "product"}, where)
    number = held.get("accountId")
    if enum_of(held.get("accountType"), ACCOUNT_TYPES, where) != "GOOGLE_ADS" or not isinstance(
        number, str
    ):
        raise invalid("A Google Ads account is expected", "INVALID_DESTINATION", where)
    if not re.fullmatch(r"\d{10}", number):
        raise invalid("The account id is malformed", "INVALID_DESTINATION", f"{where}.account_id")
    return number
