"""Writes what Google's requests hold: accounts, a list, the rows of its members.

Sources: Data Manager API v1: Destination, AudienceMember, UserList.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from sinks.ads.platform import Row


def account_path(customer_id: str) -> str:
    """The account's resource name; hyphens do not matter."""
    return f"accountTypes/GOOGLE_ADS/accounts/{_digits(customer_id)}"


def new_list(name: str, intent: str, membership: timedelta) -> dict[str, Any]:
    """The body that creates a list of contact data."""
    return {
        "displayName": name,
        "description": intent,
        "membershipDuration": f"{membership // timedelta(seconds=1)}s",
        "ingestedUserListInfo": {
            "uploadKeyTypes": ["CONTACT_ID"],
            "contactIdInfo": {"dataSourceType": "DATA_SOURCE_TYPE_FIRST_PARTY"},
        },
    }


def destination(platform_id: str, customer_id: str, login_customer_id: str) -> dict[str, Any]:
    """The list that a write changes, and the manager account through which it is reached."""
    found: dict[str, Any] = {
        "operatingAccount": _product_account(customer_id),
        "productDestinationId": platform_id,
    }
    if login_customer_id:
        found["loginAccount"] = _product_account(login_customer_id)
    return found


def members(
    written: Mapping[str, Any], rows: Iterable[Row], fields: Mapping[str, str]
) -> dict[str, Any]:
    """The body that adds rows to a list or removes them.

    Args:
        written: the `destination`.
        rows: values as ``kind:hash``; personal data.
        fields: kind → Google's name of it.
    """
    return {
        "destinations": [written],
        "audienceMembers": [
            {"userData": {"userIdentifiers": [_identifier(value, fields) for value in row]}}
            for row in rows
        ],
        "encoding": "HEX",
    }


def places(wanted: Sequence[int], room: int) -> list[int]:
    """Share out the places of a member: evenly, and what a kind leaves goes to the others.

    Args:
        wanted: identifiers per kind.
        room: places in all; an odd one goes to the earlier kind.

    Returns:
        Places per kind.

    >>> places([9, 9], 9), places([9, 2], 9), places([2, 3], 9)
    ([5, 4], [7, 2], [2, 3])
    """
    part, more = divmod(room, len(wanted))
    shares = [min(count, part + (number < more)) for number, count in enumerate(wanted)]
    for number, count in enumerate(wanted):
        shares[number] = min(count, shares[number] + room - sum(shares))
    return shares


def _identifier(value: str, fields: Mapping[str, str]) -> dict[str, str]:
    kind, _, digest = value.partition(":")
    return {fields[kind]: digest}


def _digits(customer_id: str) -> str:
    return customer_id.replace("-", "").strip()


def _product_account(customer_id: str) -> dict[str, str]:
    return {"accountType": "GOOGLE_ADS", "accountId": _digits(customer_id)}
