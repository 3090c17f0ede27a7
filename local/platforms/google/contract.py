"""What the Data Manager API accepts as an upload: the Google sandbox's rule book.

It is written from the contract and not from our connector. Nothing of a refused request is
processed. Members are checked by `local.platforms.google.members`. Sources: Data Manager API v1:
IngestAudienceMembersRequest, RemoveAudienceMembersRequest.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from local.platforms.google.members import MemberRules, Person, check_consent, check_member
from local.platforms.google.proto_json import enum_of, invalid, message_of

MAX_MEMBERS: Final = 10_000
MAX_DESTINATIONS: Final = 10
ENCODINGS: Final = ("ENCODING_UNSPECIFIED", "HEX", "BASE64")
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
    members = _members(request)
    encoding = enum_of(request.get("encoding"), ENCODINGS, "encoding")
    if encoding == ENCODINGS[0]:
        raise invalid("Required field is missing", "REQUIRED_FIELD_MISSING", "encoding")
    if verb == "add":
        _check_terms(request)
        check_consent(request.get("consent"), "consent")
    rules = MemberRules(encoding, references, request.get("consent"), verb == "add")
    upload = Upload(destinations, records=len(members), dry=request.get("validateOnly", False))
    for place, member in enumerate(members):
        checked = check_member(member, f"audience_members[{place}]", rules)
        upload.identifiers += len(checked.identifiers)
        if checked.refusal:
            upload.refused[checked.refusal] = upload.refused.get(checked.refusal, 0) + 1
        else:
            upload.people.append(frozenset(checked.identifiers))
    return upload


def _members(request: Mapping[str, Any]) -> list[object]:
    members = request.get("audienceMembers")
    if not isinstance(members, list) or not members:
        raise invalid("Required field is missing", "REQUIRED_FIELD_MISSING", "audience_members")
    if len(members) > MAX_MEMBERS:
        raise invalid(
            f"At most {MAX_MEMBERS} audience members",
            "TOO_MANY_AUDIENCE_MEMBERS",
            "audience_members",
        )
    return members


def _check_terms(request: Mapping[str, Any]) -> None:
    """Refuse an add whose sender has not accepted the terms of Customer Match."""
    name, where = "customerMatchTermsOfServiceStatus", "terms_of_service"
    terms = message_of(request.get("termsOfService", {}), {name}, where)
    if enum_of(terms.get(name), TERMS, where) != "ACCEPTED":
        raise invalid(
            "Required terms and conditions are not accepted",
            "TERMS_AND_CONDITIONS_NOT_SIGNED",
            where,
        )


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
