"""Reads Google's view of a list and of an accepted request: numbers and constants only.

Sources: Data Manager API v1: UserList, RequestStatusPerDestination, MatchRateRange. 64-bit numbers
come as text.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sinks.ads.outcomes import Outcome, Processed, Retry

UNKNOWN: Final = -1
"""A number that Google does not give."""

_SIZES: Final = {
    "display": "displayNetworkMembersCount",
    "search": "searchNetworkMembersCount",
    "youtube": "youtubeMembersCount",
    "gmail": "gmailMembersCount",
}
_DONE: Final = frozenset({"SUCCESS", "PARTIAL_SUCCESS", "FAILED"})
_RATE: Final = re.compile(r"MATCH_RATE_RANGE_(\d+)_TO_(\d+)")
_LOWEST_RATE: Final = (0, 19)
_CODE: Final = re.compile(r"[A-Z0-9_]{1,100}")


def read_list(user_list: Mapping[str, Any]) -> dict[str, int | str]:
    """Read sizes per network (−1: unknown) and their range, match rate (per cent), eligibility."""
    sizes, target = _object(user_list.get("sizeInfo")), _object(user_list.get("targetNetworkInfo"))
    contact = _object(_object(user_list.get("ingestedUserListInfo")).get("contactIdInfo"))
    by_network = {network: _integer(sizes.get(field), UNKNOWN) for network, field in _SIZES.items()}
    known = [size for size in by_network.values() if size != UNKNOWN]
    return {
        "size_lower": min(known, default=UNKNOWN),
        "size_upper": max(known, default=UNKNOWN),
        **{f"size_{network}": size for network, size in by_network.items()},
        "match_rate": _integer(contact.get("matchRatePercentage"), UNKNOWN),
        "membership_status": _code(user_list.get("membershipStatus")),
        "eligible_for_display": int(target.get("eligibleForDisplay") is True),
        "eligible_for_search": int(target.get("eligibleForSearch") is True),
    }


def read_status(destinations: Sequence[Any], ask_again_s: float) -> Outcome:
    """Read the result of a request with one destination.

    Returns:
        Delivered with ``status``, ``records``, ``identifiers``, ``match_rate_low`` and
        ``match_rate_high`` (per cent, −1: unknown) and the records in error by reason
        (``error_denied_consent`` …), or Retry ``busy`` while Google is at it.
    """
    answer = _object(destinations[0] if destinations else None)
    status = _code(answer.get("requestStatus"))
    if status not in _DONE:
        return Retry("busy", ask_again_s)
    ingested = _object(
        _object(answer.get("audienceMembersIngestionStatus")).get("userDataIngestionStatus")
    )
    removed = _object(
        _object(answer.get("audienceMembersRemovalStatus")).get("userDataRemovalStatus")
    )
    counts = ingested or removed
    errors = _by_reason(
        "error", _object(answer.get("errorInfo")).get("errorCounts"), "PROCESSING_ERROR_REASON_"
    )
    warnings = _by_reason(
        "warning",
        _object(answer.get("warningInfo")).get("warningCounts"),
        "PROCESSING_WARNING_REASON_",
    )
    records = _integer(counts.get("recordCount"), 0)
    low, high = _match_rate(ingested.get("uploadMatchRateRange"))
    return Processed(
        rows=records,
        invalid=min(sum(errors.values()), records) if status != "FAILED" else records,
        readback={
            "status": status,
            "records": records,
            "identifiers": _integer(counts.get("userIdentifierCount"), 0),
            "match_rate_low": low,
            "match_rate_high": high,
            **errors,
            **warnings,
        },
    )


def _match_rate(range_name: object) -> tuple[int, int]:
    """Read a range's name.

    >>> _match_rate("MATCH_RATE_RANGE_41_TO_50"), _match_rate("MATCH_RATE_RANGE_LESS_THAN_20")
    ((41, 50), (0, 19))
    >>> _match_rate("MATCH_RATE_RANGE_UNKNOWN")
    (-1, -1)
    """
    if range_name == "MATCH_RATE_RANGE_LESS_THAN_20":
        return _LOWEST_RATE
    found = _RATE.fullmatch(str(range_name))
    return (int(found[1]), int(found[2])) if found else (UNKNOWN, UNKNOWN)


def _by_reason(kind: str, counts: object, prefix: str) -> dict[str, int]:
    """Count records by reason."""
    found: dict[str, int] = {}
    for count in counts if isinstance(counts, list) else []:
        reason = _code(_object(count).get("reason")).removeprefix(prefix).lower() or "unspecified"
        found[f"{kind}_{reason}"] = found.get(f"{kind}_{reason}", 0) + _integer(
            _object(count).get("recordCount"), 0
        )
    return found


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _integer(value: object, otherwise: int) -> int:
    try:
        return int(value) if isinstance(value, (int, str)) else otherwise
    except ValueError:
        return otherwise


def _code(value: object) -> str:
    return value if isinstance(value, str) and _CODE.fullmatch(value) else ""
