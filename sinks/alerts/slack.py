"""Slack, incoming webhook: one message per notice. The address is the secret.

Facts: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks. 200 with the body
``ok`` is success.
"""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from domain.alerts import Notice, Severity, Step
from sinks.alerts.channel import Again, Arrived, Outcome, Refused, facts, headline, pause_s
from sinks.alerts.links import Links
from sinks.http.messages import Request, Response, Transport

_SIGN: Final = {
    Severity.INFO: ":information_source:",
    Severity.WARNING: ":warning:",
    Severity.CRITICAL: ":rotating_light:",
}
_TEXT_LIMIT: Final = 2_900
"""A section holds 3,000 characters."""
_ADVICE: Final = {
    "invalid_payload": "Slack does not understand the message",
    "no_text": "Slack does not understand the message",
    "action_prohibited": "an administrator of the Slack workspace has restricted this webhook",
    "invalid_token": "the webhook's address is wrong or was revoked: make a new one",
    "channel_not_found": "the webhook's channel is gone: make a new webhook",
    "no_service": "the webhook is gone or disabled: make a new one",
    "no_team": "the Slack workspace is gone",
    "channel_is_archived": "the webhook's channel is archived: make a new webhook",
}
_OK: Final = 200
_THROTTLED: Final = 429


@dataclass(frozen=True)
class Slack:
    """One webhook.

    Attributes:
        url: its address, a secret.
        links: where notices lead.
        transport: sends requests.
    """

    url: str = field(repr=False)
    links: Links
    transport: Transport

    # The signature is that of `sinks.alerts.channel.Channel`.
    def send(self, notice: Notice, notice_id: int, now: datetime) -> Outcome:  # noqa: ARG002
        """Post a message."""
        return classify(self.transport(self.encode(notice)))

    def encode(self, notice: Notice) -> Request:
        """Spell the request."""
        sign = (
            ":white_check_mark:" if notice.step is Step.RESOLVED else _SIGN[notice.episode.severity]
        )
        text = _escaped(headline(notice))[:_TEXT_LIMIT]
        links = " · ".join(f"<{href}|{words}>" for words, href in self.links.named(notice))
        said = "\n".join(f"*{name}:* {_escaped(value)}" for name, value in facts(notice))
        said = (
            f"{said[: max(0, _TEXT_LIMIT - len(links) - 1)]}\n{links}"
            if links
            else said[:_TEXT_LIMIT]
        )
        blocks: list[dict[str, Any]] = [
            {"type": "section", "text": {"type": "mrkdwn", "text": f"{sign} *{text}*"}},
            {"type": "context", "elements": [{"type": "mrkdwn", "text": said}]},
        ]
        body = {"text": text, "blocks": blocks}
        return Request(
            "POST", self.url, (("content-type", "application/json"),), json.dumps(body).encode()
        )


def classify(response: Response) -> Outcome:
    """Read the answer."""
    status, text = response.status, response.body[:100].decode("ascii", "replace").strip()
    if status == _OK and text == "ok":
        return Arrived()
    if not status:
        return Again(response.fault)
    if status == _THROTTLED:
        return Again("throttled", pause_s(response.headers.get("retry-after")))
    if status >= 500:
        return Again(f"Slack answered {status}")
    return Refused(
        f"Slack answered {status}: {_ADVICE.get(text, 'check the address of this channel')}"
    )


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
