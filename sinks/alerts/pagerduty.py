"""PagerDuty, Events API v2: an alert per episode, by its dedup key; its end resolves it.

Facts: https://developer.pagerduty.com/docs/send-alert-event. 202 is success; 400 is never tried
again; 429 and 5xx are.
"""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from domain.alerts import Notice, Severity, Step
from sinks.alerts.channel import (
    Again,
    Arrived,
    Outcome,
    Refused,
    facts,
    format_instant,
    headline,
    pause_s,
)
from sinks.alerts.links import Links
from sinks.http.messages import Request, Response, Transport

_SEVERITY: Final = {
    Severity.INFO: "info",
    Severity.WARNING: "warning",
    Severity.CRITICAL: "critical",
}
_SUMMARY_LIMIT: Final = 1024
_ACCEPTED: Final = 202
_BAD_REQUEST: Final = 400
_THROTTLED: Final = 429


@dataclass(frozen=True)
class PagerDuty:
    """One integration.

    Attributes:
        url: where events go.
        routing_key: of the integration; a secret.
        source: what PagerDuty shows as the origin.
        links: where notices lead.
        transport: sends requests.
    """

    url: str
    routing_key: str = field(repr=False)
    source: str
    links: Links
    transport: Transport

    # The signature is that of `sinks.alerts.channel.Channel`.
    def send(self, notice: Notice, notice_id: int, now: datetime) -> Outcome:  # noqa: ARG002
        """Trigger, trigger again, or resolve."""
        return classify(self.transport(self.encode(notice)))

    def encode(self, notice: Notice) -> Request:
        """Spell the request."""
        body: dict[str, Any] = {"routing_key": self.routing_key, "dedup_key": notice.dedup_key}
        if notice.step is Step.RESOLVED:
            body["event_action"] = "resolve"
        else:
            body |= {
                "event_action": "trigger",
                "payload": self._payload(notice),
                "client": "Stratum",
            }
            links = self.links.named(notice)
            if links:
                body["links"] = [{"href": href, "text": words} for words, href in links]
        return Request(
            "POST", self.url, (("content-type", "application/json"),), json.dumps(body).encode()
        )

    def _payload(self, notice: Notice) -> dict[str, Any]:
        return {
            "summary": headline(notice)[:_SUMMARY_LIMIT],
            "source": self.source,
            "severity": _SEVERITY[notice.episode.severity],
            "timestamp": format_instant(notice.at_ms),
            "component": notice.episode.key,
            "group": f"workspace {notice.workspace}",
            "class": notice.episode.kind,
            "custom_details": dict(facts(notice)),
        }


def classify(response: Response) -> Outcome:
    """Read the answer."""
    status = response.status
    if status == _ACCEPTED:
        return Arrived()
    if not status:
        return Again(response.fault)
    if status == _THROTTLED:
        return Again("throttled", pause_s(response.headers.get("retry-after")))
    if status == _BAD_REQUEST:
        return Refused(
            "PagerDuty says the event is invalid: check the routing key (32 characters) of this"
            " channel"
        )
    return (
        Refused(f"PagerDuty answered {status}")
        if status < 500
        else Again(f"PagerDuty answered {status}")
    )
