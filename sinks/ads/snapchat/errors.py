"""What Snapchat's error answers mean: by known error code, else by the HTTP status.

Sources: Snap Marketing API, Errors and Rate limits; of the codes in bodies only those below are
known for sure. What the table does not know is tried again a few times. A 401 may come without
JSON; access tokens are renewed before one gets here (`sinks.http.oauth`).
"""

import re
from typing import Final

from sinks.ads.outcomes import Outcome, Rejected, Retry
from sinks.ads.platform import Create, Find, PlatformCall

_BY_CODE: Final = {"E3002": "permission", "E2023": "invalid"}
_BY_STATUS: Final = {
    401: "reauth",
    403: "permission",
    **dict.fromkeys((404, 410), "missing"),
    **dict.fromkeys((400, 405, 406, 413, 415, 422), "invalid"),
    **dict.fromkeys((408, *range(500, 600)), "transient"),
    429: "throttled",
}
_WITHOUT_JSON: Final = frozenset({"reauth", "throttled", "transient"})
"""What a status alone is believed; other pages without JSON may come from something in between."""
_CODE: Final = re.compile(r"E\d{4}")

_ADVICE: Final = {
    "reauth": "Connect Snapchat again: the grant has expired or was revoked.",
    "permission": "Give the connected user a role on the ad account that may manage audiences,"
    " and accept Snapchat's audience terms there.",
    "missing": "The segment no longer exists at Snapchat, or the connected user cannot see it.",
    "invalid": "Snapchat does not accept the request as it is; see the code in its documentation.",
}
_NO_ACCOUNT: Final = (
    "Check Snapchat's account_id in the settings: there is no such ad account,"
    " or the connected user cannot see it."
)


def refused_grant() -> Rejected:
    """The connection's grant no longer gives access tokens."""
    return Rejected("reauth", "grant", _ADVICE["reauth"])


def code_in(*texts: object) -> str:
    """Find a Snapchat error code in what an answer says; empty where there is none.

    >>> code_in(None, "E2025: the name is taken")
    'E2025'
    """
    found = (_CODE.match(text) for text in texts if isinstance(text, str))
    return next((match[0] for match in found if match), "")


def classify(
    status: int, code: str, json: bool, operation: PlatformCall, throttle_wait_s: float
) -> Outcome:
    """Turn an answer other than success into an outcome.

    Args:
        status: HTTP status; 200 where only a part of the request failed.
        code: Snapchat's code, empty where it gives none.
        json: the body is Snapchat's own envelope.
        operation: what was asked.
        throttle_wait_s: wait for a throttle; Snapchat does not say.

    >>> classify(403, "E3002", True, Find("a", "i"), 1).reason
    'permission'
    >>> classify(429, "", False, Find("a", "i"), 1)
    Retry(reason='throttled', after_s=1)
    """
    kind = _BY_CODE.get(code) or _BY_STATUS.get(status, "unexpected")
    if not json and kind not in _WITHOUT_JSON:
        return Retry("html")
    if kind == "throttled":
        return Retry(kind, throttle_wait_s)
    if kind not in _ADVICE:
        return Retry(kind)
    detail = f"{status} {code}".rstrip()
    if kind == "missing" and isinstance(operation, Find | Create):
        return Rejected("permission", detail, _NO_ACCOUNT)
    return Rejected(kind, detail, _ADVICE[kind])
