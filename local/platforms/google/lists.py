"""What the Google sandbox remembers: user lists as sets of members, and receipts.

A remove takes every member who shares an identifier with the removed one: Google matches people,
not records. Everything acknowledged is in a file first (`local.platforms.state_log`), so a killed
sandbox comes back with it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from local.platforms.google.contract import Upload
from local.platforms.google.members import Person
from local.platforms.google.proto_json import enum_of, invalid, message_of
from local.platforms.ledger import Ledger
from local.platforms.people import People

FIRST_ID: Final = 7_090_784_486
DAY_S: Final = 86_400
LONGEST_DAYS: Final = 540
SMALLEST_AUDIENCE: Final = 100
"""Members below which no ads may use a list, and below which no match rate is shown."""
_KEY_TYPES: Final = (
    "UPLOAD_KEY_TYPE_UNSPECIFIED",
    "CONTACT_ID",
    "MOBILE_ID",
    "USER_ID",
    "PAIR_ID",
    "PSEUDONYMOUS_ID",
)
_SOURCES: Final = (
    "DATA_SOURCE_TYPE_UNSPECIFIED",
    "DATA_SOURCE_TYPE_FIRST_PARTY",
    "DATA_SOURCE_TYPE_THIRD_PARTY_CREDIT_BUREAU",
    "DATA_SOURCE_TYPE_THIRD_PARTY_VOTER_FILE",
    "DATA_SOURCE_TYPE_THIRD_PARTY_PARTNER_DATA",
)


@dataclass
class UserList(People[str]):
    """One list; an identifier begins with its kind."""

    id: str
    account: str
    name: str
    description: str
    duration_s: int

    def members(self) -> dict[str, Any]:
        """Its members, each a list of identifiers."""
        return {"rows": [sorted(person) for person in self.people]}

    def shown(self) -> dict[str, Any]:
        """Spell it as a UserList; the sandbox matches three people in five."""
        size, enough = str(len(self.people) * 3 // 5), len(self.people) >= SMALLEST_AUDIENCE
        contact: dict[str, Any] = {"dataSourceType": "DATA_SOURCE_TYPE_FIRST_PARTY"} | (
            {"matchRatePercentage": 60} if enough else {}
        )
        return {
            "name": f"accountTypes/GOOGLE_ADS/accounts/{self.account}/userLists/{self.id}",
            "id": self.id,
            "displayName": self.name,
            "description": self.description,
            "membershipStatus": "OPEN",
            "membershipDuration": f"{self.duration_s}s",
            "accessReason": "OWNED",
            "sizeInfo": {
                f"{network}MembersCount": size
                for network in ("displayNetwork", "searchNetwork", "youtube", "gmail")
            },
            "targetNetworkInfo": {"eligibleForDisplay": enough, "eligibleForSearch": enough},
            "ingestedUserListInfo": {"uploadKeyTypes": ["CONTACT_ID"], "contactIdInfo": contact},
        }


class Lists(Ledger[UserList]):
    """All lists and receipts of one sandbox. `path` None keeps them in memory."""

    def __init__(self, path: Path | None = None) -> None:
        self.receipts: dict[str, list[dict[str, Any]]] = {}
        super().__init__(path, FIRST_ID)

    def create(self, account: str, body: object) -> UserList:
        """Check a UserList and create it.

        Raises:
            ApiError: it is not acceptable, or another list of the account has its name.
        """
        name, description, duration_s = _check_list(body)
        if any(held.account == account and held.name == name for held in self.audiences.values()):
            raise invalid(
                "The display name is already being used",
                "DISPLAY_NAME_ALREADY_USED",
                "user_list.display_name",
            )
        return self._create(account=account, name=name, text=description, s=duration_s)

    def write(
        self, verb: str, list_ids: list[str], people: list[Person], receipts: list[dict[str, Any]]
    ) -> str:
        """Add or remove members, and keep what will be said about it.

        Returns:
            The request id.
        """
        request_id = f"t-{len(self.receipts) + 1:08d}"
        plain = [sorted(person) for person in people]
        self._log.record(
            {
                "do": verb,
                "ids": list_ids,
                "people": plain,
                "request": request_id,
                "receipts": receipts,
            }
        )
        return request_id

    def _made(self, entry: dict[str, Any]) -> UserList:
        return UserList(*(entry[key] for key in ("id", "account", "name", "text", "s")))

    def _write(self, verb: str, entry: dict[str, Any]) -> None:
        self.receipts[entry["request"]] = entry["receipts"]
        for list_id in entry["ids"]:
            held = self.audiences[list_id]
            change = held.add if verb == "add" else held.remove
            for person in entry["people"]:
                change(frozenset(person))


def receipts(verb: str, upload: Upload) -> list[dict[str, Any]]:
    """Give the result of a request once it is processed, for each destination in its order."""
    refusals = sum(upload.refused.values())
    counts = {"recordCount": str(upload.records), "userIdentifierCount": str(upload.identifiers)}
    rate = (
        "MATCH_RATE_RANGE_51_TO_60"
        if upload.records >= SMALLEST_AUDIENCE
        else "MATCH_RATE_RANGE_NOT_ELIGIBLE"
    )
    errors = [
        {"recordCount": str(count), "reason": reason} for reason, count in upload.refused.items()
    ]
    said: dict[str, Any] = {
        "requestStatus": "SUCCESS"
        if not refusals
        else "FAILED"
        if refusals == upload.records
        else "PARTIAL_SUCCESS"
    }
    if errors:
        said["errorInfo"] = {"errorCounts": errors}
    if verb == "add":
        said["audienceMembersIngestionStatus"] = {
            "userDataIngestionStatus": counts | {"uploadMatchRateRange": rate}
        }
    else:
        said["audienceMembersRemovalStatus"] = {"userDataRemovalStatus": counts}
    accounts = [
        ({"accountType": "GOOGLE_ADS", "accountId": to.account}, to.list_id)
        for to in upload.destinations
    ]
    return [
        {"destination": {"operatingAccount": account, "productDestinationId": list_id}} | said
        for account, list_id in accounts
    ]


def _check_list(body: object) -> tuple[str, str, int]:
    """Check a UserList to be created.

    Gives name, description and membership duration in seconds.
    """
    known = {
        "displayName",
        "description",
        "membershipStatus",
        "integrationCode",
        "membershipDuration",
        "ingestedUserListInfo",
    }
    held = message_of(body, known, "user_list")
    name, description = held.get("displayName"), held.get("description", "")
    if not isinstance(name, str) or not name.strip() or not isinstance(description, str):
        raise invalid(
            "The display name is not valid", "INVALID_DISPLAY_NAME", "user_list.display_name"
        )
    info = message_of(
        held.get("ingestedUserListInfo"),
        {"uploadKeyTypes", "contactIdInfo"},
        "user_list.ingested_user_list_info",
    )
    _check_keys(info)
    return name, description, _duration(held.get("membershipDuration", f"{LONGEST_DAYS * DAY_S}s"))


def _check_keys(info: Mapping[str, Any]) -> None:
    where, keys = "user_list.ingested_user_list_info", info.get("uploadKeyTypes")
    if not isinstance(keys, list) or [
        enum_of(key, _KEY_TYPES, f"{where}.upload_key_types") for key in keys
    ] != ["CONTACT_ID"]:
        raise invalid(
            "The sandbox keeps contact lists only",
            "UNSUPPORTED_USER_LIST_UPLOAD_KEY_TYPES",
            f"{where}.upload_key_types",
        )
    contact = message_of(
        info.get("contactIdInfo", {}), {"dataSourceType"}, f"{where}.contact_id_info"
    )
    if (
        enum_of(contact.get("dataSourceType"), _SOURCES, f"{where}.contact_id_info")
        not in _SOURCES[:2]
    ):
        raise invalid(
            "The account is not allowlisted",
            "NOT_ALLOWLISTED",
            f"{where}.contact_id_info.data_source_type",
        )


def _duration(value: object) -> int:
    spelled = re.fullmatch(r"(\d{1,12})s", value) if isinstance(value, str) else None
    if spelled is None or int(spelled[1]) == 0 or int(spelled[1]) % DAY_S:
        raise invalid(
            "The duration must be whole days", "INVALID_ARGUMENT", "user_list.membership_duration"
        )
    if int(spelled[1]) > LONGEST_DAYS * DAY_S:
        raise invalid(
            "The membership duration is too long",
            "MEMBERSHIP_DURATION_TOO_LONG",
            "user_list.membership_duration",
        )
    return int(spelled[1])
