"""What Google's error answers mean: the reasons of field violations, of the whole, the status.

An ingestion request with one bad member fails as a whole and nothing of it is processed, so the
places of members that Google objects to are given back: without them the request passes. Reasons
unknown to the tables follow the status, as Google adds reasons at any time. Sources: Data Manager
API, Understand API errors; google.rpc.Code, google.rpc.ErrorInfo, BadRequest and RetryInfo;
AIP-193.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sinks.ads.outcomes import Outcome, Rejected, Retry

_BY_STATUS: Final = {
    "UNAUTHENTICATED": "reauth",
    "PERMISSION_DENIED": "permission",
    "NOT_FOUND": "missing",
    "RESOURCE_EXHAUSTED": "throttled",
    "ABORTED": "busy",
    **dict.fromkeys(
        ("UNAVAILABLE", "DEADLINE_EXCEEDED", "INTERNAL", "UNKNOWN", "CANCELLED"), "transient"
    ),
    **dict.fromkeys(
        (
            "INVALID_ARGUMENT",
            "FAILED_PRECONDITION",
            "OUT_OF_RANGE",
            "ALREADY_EXISTS",
            "UNIMPLEMENTED",
        ),
        "invalid",
    ),
}
_BY_REASON: Final = {
    **dict.fromkeys(
        (
            "ACCESS_TOKEN_EXPIRED",
            "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
            "ACCESS_TOKEN_TYPE_UNSUPPORTED",
        ),
        "reauth",
    ),
    **dict.fromkeys(
        ("SERVICE_DISABLED", "CONSUMER_INVALID", "CONSUMER_SUSPENDED", "USER_PROJECT_DENIED"),
        "permission",
    ),
    **dict.fromkeys(
        (
            "PERMISSION_DENIED",
            "OPERATING_ACCOUNT_LOGIN_ACCOUNT_MISMATCH",
            "OWNERSHIP_REQUIRED_FOR_UPDATE",
        ),
        "permission",
    ),
    **dict.fromkeys(
        ("NOT_ALLOWLISTED", "ADVERTISER_NOT_ALLOWLISTED_FOR_UPLOADED_DATA"), "permission"
    ),
    **dict.fromkeys(
        ("TERMS_AND_CONDITIONS_NOT_SIGNED", "EU_POLITICAL_ADVERTISING_DECLARATION_REQUIRED"),
        "terms",
    ),
    **dict.fromkeys(
        ("NOT_FOUND", "INVALID_USER_LIST_ID", "INVALID_REQUEST_ID", "REQUEST_TOO_OLD"), "missing"
    ),
    **dict.fromkeys(
        ("USER_LIST_MUTATION_NOT_SUPPORTED", "SENSITIVE_USER_LIST_IMMUTABLE"), "policy"
    ),
    "USER_LIST_TYPE_NOT_SUPPORTED_FOR_ACCOUNT": "policy",
    **dict.fromkeys(("RESOURCE_EXHAUSTED", "RATE_LIMIT_EXCEEDED"), "throttled"),
    **dict.fromkeys(("INTERNAL_ERROR", "DEADLINE_EXCEEDED"), "transient"),
}
_OF_A_ROW: Final = frozenset(
    {
        "REQUIRED_FIELD_MISSING",
        "INVALID_FORMAT",
        "INVALID_HEX_ENCODING",
        "INVALID_BASE64_ENCODING",
        "INVALID_SHA256_FORMAT",
        "INVALID_AUDIENCE_MEMBER",
        "TOO_MANY_USER_IDENTIFIERS",
        "NO_IDENTIFIERS_PROVIDED",
        "FIELD_VALUE_TOO_LONG",
        "FIELD_VALUE_TOO_SHORT",
    }
)
"""Reasons that are one member's fault.

Any other names a member only because Google has to name some field.
"""

_ADVICE: Final = {
    "reauth": "Connect Google again: the access was revoked or lacks the scope auth/datamanager.",
    "permission": "Give the connected Google account access to the ad account,"
    " and enable the Data Manager API in the Cloud project.",
    "terms": "Accept the Customer Match terms in the ad account.",
    "missing": "Google does not know it any more, or the connected account cannot see it.",
    "invalid": "Google does not accept the request as it is; see the reason in its documentation.",
    "policy": "Google does not let this list or account be changed; see its Customer Match policy.",
}
_ADVICE_BY_REASON: Final = {
    "EU_POLITICAL_ADVERTISING_DECLARATION_REQUIRED": "Declare in Google Ads whether the account's"
    " campaigns hold EU political advertising.",
    "DISPLAY_NAME_ALREADY_USED": "Another list of the ad account has this name:"
    " rename the audience or that list.",
    "MEMBERSHIP_DURATION_TOO_LONG": "Set google.membership to a shorter time.",
    "SERVICE_DISABLED": "Enable the Data Manager API in the Cloud project"
    " that the client id belongs to.",
    "OPERATING_ACCOUNT_LOGIN_ACCOUNT_MISMATCH": "Set google.login_customer_id to the account"
    " through which the ad account is managed.",
}
_MEMBER: Final = re.compile(r"audience_?members\[(\d+)\]", re.IGNORECASE)
_CODE: Final = re.compile(r"[A-Z0-9_]{1,100}")
_SECONDS: Final = re.compile(r"(\d+(?:\.\d+)?)s?")


@dataclass(frozen=True)
class Waits:
    """Seconds to stay away after a throttle where Google does not say.

    Attributes:
        minute_s: where the quota is one per minute, or unnamed.
        day_s: where it is one per day.
    """

    minute_s: float
    day_s: float


def classify(error: Mapping[str, Any], retry_after: str, rows: int, waits: Waits) -> Outcome:
    """Turn the ``error`` object of an answer into an outcome.

    Args:
        error: with ``status`` and ``details``.
        retry_after: the header, empty where there was none.
        rows: rows in the request, 0 where it was none that sends rows.
        waits: for throttles.

    >>> classify({"code": 401, "status": "UNAUTHENTICATED"}, "", 0, Waits(60, 3600)).reason
    'reauth'
    >>> classify({"code": 429, "status": "RESOURCE_EXHAUSTED"}, "", 0, Waits(60, 3600))
    Retry(reason='throttled', after_s=60)
    """
    status = _code(error.get("status"))
    details = [detail for detail in _list(error.get("details")) if isinstance(detail, dict)]
    violations = [
        item
        for detail in details
        for item in _list(detail.get("fieldViolations"))
        if isinstance(item, dict)
    ]
    reasons = [_code(item.get("reason")) for item in violations] + [
        _code(detail.get("reason")) for detail in details
    ]
    kind, reason = _kind(status, reasons)
    if kind == "throttled":
        return Retry(kind, _wait(details, retry_after, waits))
    if kind not in _ADVICE:
        return Retry(kind)
    spelled = "/".join(
        filter(None, (str(error.get("code", ""))[:3], status, reason if reason != status else ""))
    )
    return Rejected(
        kind,
        spelled,
        _ADVICE_BY_REASON.get(reason, _ADVICE[kind]),
        _bad_rows(violations, rows) if kind == "invalid" else (),
    )


def _kind(status: str, reasons: Iterable[str]) -> tuple[str, str]:
    """Choose the class and the reason that decided it.

    It is the first reason that the table knows, else the status with the first reason.
    """
    first = ""
    for reason in reasons:
        if reason in _BY_REASON:
            return _BY_REASON[reason], reason
        first = first or reason
    return _BY_STATUS.get(status, "unexpected"), first


def _bad_rows(violations: Iterable[Mapping[str, Any]], rows: int) -> tuple[int, ...]:
    """Return the places of bad members; none where anything else is wrong besides."""
    places = set()
    for violation in violations:
        member = _MEMBER.match(str(violation.get("field", "")))
        if (
            member is None
            or _code(violation.get("reason")) not in _OF_A_ROW
            or int(member[1]) >= rows
        ):
            return ()
        places.add(int(member[1]))
    return tuple(sorted(places))


def _wait(details: Iterable[Mapping[str, Any]], retry_after: str, waits: Waits) -> float:
    """Read how long to stay away: RetryInfo, the header, or the kind of quota that is used up."""
    wait_s = waits.minute_s
    for detail in details:
        delay = _SECONDS.fullmatch(str(detail.get("retryDelay", "")))
        if delay:
            return float(delay[1])
        metadata = detail.get("metadata")
        if isinstance(metadata, dict) and "PerDay" in str(metadata.get("quota_limit", "")):
            wait_s = waits.day_s
    header = _SECONDS.fullmatch(retry_after)
    return float(header[1]) if header else wait_s


def _code(value: object) -> str:
    """Pass a constant's name and nothing else: whatever is shown must not repeat what we sent."""
    return value if isinstance(value, str) and _CODE.fullmatch(value) else ""


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
