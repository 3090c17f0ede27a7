"""Where a notice leads: what to do, and the dashboard's page of what it is about."""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from domain.alerts import Notice

_SIGNAL: Final = re.compile(r"(?:signal|anomaly):(source:\d+|platform:[a-z]+|conversions)(?::.+)?")
_AUDIENCE: Final = re.compile(r"(?:gate|push):[a-z]+:(\d+)")
_PAGES: Final = {
    "dead_letters": "operate/dead-letters",
    "internal_errors": "operate/dead-letters",
    "commands": "operate/dead-letters",
    "partition": "operate/lag",
    "log": "operate/lag",
    "withdrawal": "cdp/audience-sync",
    "privacy": "privacy",
}
"""First part of a key → page, for what has no page of its own."""
_ALERTS: Final = "trust/alerts"


@dataclass(frozen=True)
class Links:
    """What the links of all channels begin with.

    Attributes:
        runbook: where it is said what to do; empty: no link.
        dashboard: where the dashboard is reached, such as ``https://cdp.example.com``; empty: no
            link.
    """

    runbook: str = ""
    dashboard: str = ""

    def to_runbook(self, notice: Notice) -> str:
        """Where it is said what to do; empty without an address."""
        return f"{self.runbook.rstrip('/')}#{notice.episode.kind}" if self.runbook else ""

    def to_dashboard(self, notice: Notice) -> str:
        """The page of what the notice is about; empty without an address."""
        if not self.dashboard:
            return ""
        return f"{self.dashboard.rstrip('/')}/dashboard/{_page(notice.episode.key)}"

    def named(self, notice: Notice) -> list[tuple[str, str]]:
        """Words and address of each link that there is."""
        found = [
            ("open in the dashboard", self.to_dashboard(notice)),
            ("what to do", self.to_runbook(notice)),
        ]
        return [(words, address) for words, address in found if address]


def _page(key: str) -> str:
    """The page of a condition, by its key.

    That of its signal or audience where the key names one, else that of the key's first part; the
    list of alerts where there is none. The dashboard has the same pages
    (``features/alert/about.ts``); ``tests/golden/alerts/pages.json`` holds both to them.
    """
    if signal := _SIGNAL.fullmatch(key):
        return f"trust/signals/{quote(signal[1], safe=':')}"
    if audience := _AUDIENCE.fullmatch(key):
        return f"cdp/audience-sync/{audience[1]}"
    return _PAGES.get(key.partition(":")[0], _ALERTS)
