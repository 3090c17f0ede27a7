"""Which of TikTok's codes mean what: one table.

HTTP is 200 for nearly every error, so the code in the body decides.

Sources: the code list of TikTok's business SDK (``tiktok_code.py``, v1.3); Marketing API, Return
codes. Codes unknown to the table are tried again a few times. A duplicate (40050) is tried again
too, never taken for done: the same rows may have been removed in between.
"""

from dataclasses import dataclass
from typing import Final

from sinks.ads.outcomes import Outcome, Rejected, Retry
from sinks.ads.platform import Create, Find, PlatformCall, Write

_PARAMETER: Final = 40002
"""Says that a parameter is wrong, and also that the audience is being updated just now."""
_ADVERTISER_RATE: Final = 40133

_BY_CODE: Final = {
    **dict.fromkeys((40102, 40104, 40105, 40106, 40110, 40113, 40114), "reauth"),
    **dict.fromkeys((40001, 40003, 40118, 40125, 40130, 40300, 40301), "permission"),
    **dict.fromkeys((40016, 40100, 40132, _ADVERTISER_RATE, 61000), "throttled"),
    **dict.fromkeys((40050, 40201, 40202), "busy"),
    60001: "transient",
    **dict.fromkeys(
        (40000, _PARAMETER, 40007, 40011, 40061, 40062, 40900, *range(40905, 40911)), "invalid"
    ),
    41000: "policy",
}
_FAULTS_OF_THE_SERVER: Final = range(50_000, 52_000)

_ADVICE: Final = {
    "reauth": "Authorise the app again at TikTok and set the new access token.",
    "permission": "Give the app the audience permission"
    " and the token's user access to the advertiser.",
    "missing": "The audience no longer exists at TikTok, or the advertiser may not see it.",
    "invalid": "TikTok does not accept the request as it is; see the code in its documentation.",
    "policy": "TikTok blocks this address; resolve it with TikTok's support.",
}

NOT_LISTED: Final = Rejected("missing", "not listed", _ADVICE["missing"])
"""The outcome of reading an audience that a listing by its id leaves out."""


@dataclass(frozen=True)
class Waits:
    """How long to stay away, seconds.

    Attributes:
        rate_s: after the advertiser's limit per second.
        quota_s: after a limit of which TikTok does not say whether it is per second, minute or day.
        busy_s: while an audience is being updated.
    """

    rate_s: float
    quota_s: float
    busy_s: float


def classify(code: int, operation: PlatformCall, waits: Waits) -> Outcome:
    """Turn a code other than success into an outcome.

    40002 is one code for many causes: for a write it may be an audience under update, so it is
    tried again a few times; where an audience is read or deleted it says that there is none.

    >>> classify(40105, Find("a", "i"), Waits(1, 60, 60)).reason
    'reauth'
    >>> classify(40133, Find("a", "i"), Waits(1, 60, 60))
    Retry(reason='throttled', after_s=1)
    """
    kind = _BY_CODE.get(code, "transient" if code in _FAULTS_OF_THE_SERVER else "unexpected")
    if code == _PARAMETER and isinstance(operation, Write):
        kind = "busy"
    elif code == _PARAMETER and not isinstance(operation, Find | Create):
        kind = "missing"
    if kind == "throttled":
        return Retry(kind, waits.rate_s if code == _ADVERTISER_RATE else waits.quota_s)
    if kind == "busy":
        return Retry(kind, waits.busy_s)
    if kind in _ADVICE:
        return Rejected(kind, str(code), _ADVICE[kind])
    return Retry(kind)


def wrong_address(status: int) -> Rejected:
    """An answer that is no JSON, from a path or method that TikTok does not know."""
    return Rejected(
        "invalid", f"http {status}", "Check base_url and version of TikTok in the settings."
    )
