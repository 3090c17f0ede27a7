"""A webhook of one's own: the notice as JSON, signed.

    Stratum-Signature: t=<seconds since 1970>,v1=<hex HMAC-SHA-256 of "<t>.<body>" under the
    channel's secret> Stratum-Delivery: <number of the notice>, the same for every attempt

Whoever receives it computes the signature over the bytes as they came, compares it in constant
time, refuses a `t` more than five minutes old, and ignores a delivery that it has seen. Any 2xx is
success.
"""

import hmac
import json
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Final

from domain.alerts import Notice
from domain.instants import SECOND_MS, to_ms
from sinks.alerts.channel import (
    Again,
    Arrived,
    Outcome,
    Refused,
    format_instant,
    headline,
    pause_s,
)
from sinks.alerts.links import Links
from sinks.http.messages import Request, Response, Transport

_LATER: Final = frozenset({408, 425, 429})


@dataclass(frozen=True)
class Webhook:
    """One address.

    Attributes:
        url: where notices go; it may hold a secret.
        secret: what they are signed with.
        links: where notices lead.
        transport: sends requests.
    """

    url: str = field(repr=False)
    secret: str = field(repr=False)
    links: Links
    transport: Transport

    def send(self, notice: Notice, notice_id: int, now: datetime) -> Outcome:
        """Post the notice."""
        return classify(self.transport(self.encode(notice, notice_id, to_ms(now) // SECOND_MS)))

    def encode(self, notice: Notice, notice_id: int, now_s: int) -> Request:
        """Spell the request."""
        episode = notice.episode
        body = json.dumps(
            {
                "id": notice_id,
                "alert": notice.dedup_key,
                "step": notice.step.value,
                "severity": episode.severity.word,
                "workspace_id": notice.workspace,
                "kind": episode.kind,
                "key": episode.key,
                "members": list(episode.members),
                "title": headline(notice),
                "summary": episode.summary,
                "opened_at": format_instant(episode.opened_ms),
                "at": format_instant(notice.at_ms),
                "resolved_at": format_instant(notice.ended_ms) if notice.ended_ms else None,
                "page": self.links.to_dashboard(notice) or None,
                "runbook": self.links.to_runbook(notice) or None,
            }
        ).encode()
        headers = (
            ("content-type", "application/json"),
            ("stratum-delivery", str(notice_id)),
            ("stratum-signature", f"t={now_s},v1={signature(self.secret, now_s, body)}"),
        )
        return Request("POST", self.url, headers, body)


def signature(secret: str, at_s: int, body: bytes) -> str:
    """The signature of a body, 64 hexadecimal digits."""
    return hmac.new(secret.encode(), f"{at_s}.".encode() + body, sha256).hexdigest()


def classify(response: Response) -> Outcome:
    """Read the answer."""
    status = response.status
    if 200 <= status < 300:
        return Arrived()
    if not status:
        return Again(response.fault)
    if status in _LATER or status >= 500:
        return Again(f"answered {status}", pause_s(response.headers.get("retry-after")))
    return Refused(f"answered {status}: it does not want this notice")
