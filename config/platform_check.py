"""Checks a platform with a call that changes nothing: it lists the account's audiences."""

import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from config.destinations import Wiring, pace_server
from config.settings import Settings
from sinks.ads.outcomes import Delivered, Rejected, Retry
from sinks.ads.platform import Find
from sinks.http.client import HttpRunner

OK: Final = "ok"
NOT_CONFIGURED: Final = "not_configured"
_PATIENCE: Final = timedelta(seconds=10)
"""Longest silence; the caller waits for the result."""
_NOBODY: Final = Find("stratum check", "stratum:check")


@dataclass(frozen=True)
class Checked:
    """Its result.

    Attributes:
        result: ``ok``, ``not_configured``, or a reason as in `sinks.ads.outcomes`: ``reauth``,
            ``permission``, ``throttled``, ``timeout`` …
        advice: what to do, for a person; empty where all is well.
    """

    result: str
    advice: str


def check(settings: Settings, platform: str) -> Checked:
    """Check one platform; blocks for at most some seconds.

    Raises:
        KeyError: there is no such platform.
    """
    if not settings.platforms[platform].connected:
        return Checked(
            NOT_CONFIGURED, f"Set its account and access: docs/platforms/{platform}.md says how."
        )
    with (
        HttpRunner(replace(settings.delivery.http, timeout=_PATIENCE)) as http,
        pace_server(settings) as valkey,
    ):
        outcome = (
            Wiring(settings, http, valkey, partial(datetime.now, UTC), time.sleep)
            .destination(platform)
            .call(_NOBODY)
        )
    match outcome:
        case Delivered():
            return Checked(OK, "")
        case Rejected(reason=reason, detail=detail, advice=advice):
            return Checked(reason, f"{advice} ({detail})" if detail else advice)
        case Retry(reason=reason):
            return Checked(
                reason,
                "The platform did not answer, or not now; pushes are tried again by themselves.",
            )
