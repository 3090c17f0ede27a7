"""Which of Meta's error codes mean what: one table, read by code and then by subcode.

Sources: Graph API error handling; Marketing API rate limiting and error codes; Custom Audience
terms. Codes unknown to the table are tried again a few times, as their HTTP status cannot be
trusted either way.
"""

from collections.abc import Mapping
from typing import Any, Final

from sinks.ads.outcomes import Outcome, Rejected, Retry

_BY_CODE: Final = {
    **dict.fromkeys((102, 190, 467), "reauth"),
    **dict.fromkeys((10, 200, 294), "permission"),
    **dict.fromkeys((4, 17, 32, 613, 80000, 80003, 80004, 80014), "throttled"),
    **dict.fromkeys((1, 2, 341, 803, 5000, 21009), "transient"),
    **dict.fromkeys((100, 105, 194, 2635, 2650, 2656, 1487301), "invalid"),
    **dict.fromkeys((368, 2655, 1713228, 1713230, 1713231), "policy"),
    1487366: "missing",
}
_BY_SUBCODE: Final = {
    (100, 33): "missing",
    (200, 1870090): "terms",
    (2650, 1870145): "busy",
    **{(100, subcode): "policy" for subcode in (1713228, 1713230, 1713231)},
}

_ADVICE: Final = {
    "reauth": "Connect Meta again: the access token has expired or was revoked.",
    "permission": "Give the token's user ads_management on the ad account.",
    "terms": "Accept Meta's Custom Audience terms for the ad account.",
    "missing": "The audience no longer exists at Meta, or the token cannot see it.",
    "invalid": "Meta does not accept the request as it is; see the code in its documentation.",
    "policy": "Meta restricts this audience or account; resolve it in Business Support.",
}


def classify(error: Mapping[str, Any], regain_s: float, throttle_wait_s: float) -> Outcome:
    """Turn the ``error`` object of an answer into an outcome.

    Args:
        error: with ``code`` and perhaps ``error_subcode`` and ``is_transient``.
        regain_s: seconds until Meta lets us in again as its headers say, 0 where they do not.
        throttle_wait_s: wait for a throttle where they do not.

    >>> classify({"code": 190, "error_subcode": 463}, 0, 60).reason
    'reauth'
    >>> classify({"code": 80003}, 0, 60)
    Retry(reason='throttled', after_s=60)
    """
    code, subcode = _integer(error.get("code")), _integer(error.get("error_subcode"))
    kind = _BY_SUBCODE.get((code, subcode)) or _BY_CODE.get(code, "unexpected")
    if kind == "throttled":
        return Retry(kind, regain_s or throttle_wait_s)
    if error.get("is_transient") is True:
        return Retry("transient")
    if kind in _ADVICE:
        return Rejected(kind, f"{code}/{subcode}" if subcode else str(code), _ADVICE[kind])
    return Retry(kind)


def _integer(value: object) -> int:
    return value if isinstance(value, int) else 0
