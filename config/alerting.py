"""Settings of alerts: when on-call is notified, of what, and where."""

from collections.abc import Mapping
from dataclasses import field
from datetime import timedelta
from typing import Literal

from pydantic import ConfigDict, SecretStr
from pydantic.dataclasses import dataclass

from operators.alerts.params import AlertingParams
from sinks.alerts.channel import Channel
from sinks.alerts.links import Links
from sinks.alerts.mail import Mail, Tls
from sinks.alerts.pagerduty import PagerDuty
from sinks.alerts.sender import SenderParams
from sinks.alerts.slack import Slack
from sinks.alerts.webhook import Webhook
from sinks.http.client import HttpParams
from sinks.http.messages import Transport
from store.alerts.conditions import ConditionParams

PAGERDUTY = "https://events.pagerduty.com/v2/enqueue"


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class ChannelParams:
    """One channel. Which fields are needed follows from its kind.

    Attributes:
        kind: pagerduty, slack, webhook or email.
        severity: it receives alerts that are, or became, at least so bad.
        workspaces: ids of those whose alerts it receives; none: all.
        kinds: kinds of alerts that it receives; none: all.
        url: of a Slack or other webhook; of PagerDuty's EU region, where that is meant.
        routing_key: of a PagerDuty integration.
        secret: what a webhook's notices are signed with.
        host: of the SMTP server.
        port: of the SMTP server.
        tls: starttls, tls or none.
        username: at the SMTP server; empty: none.
        password: at the SMTP server.
        sender: address that mail comes from.
        to: addresses that mail goes to.

    Raises:
        ValueError: something that its kind needs is missing.
    """

    kind: Literal["pagerduty", "slack", "webhook", "email"]
    severity: Literal["info", "warning", "critical"] = "warning"
    workspaces: frozenset[int] = frozenset()
    kinds: frozenset[str] = frozenset()
    url: SecretStr = SecretStr("")
    routing_key: SecretStr = SecretStr("")
    secret: SecretStr = SecretStr("")
    host: str = ""
    port: int = 587
    tls: Tls = "starttls"
    username: str = ""
    password: SecretStr = SecretStr("")
    sender: str = ""
    to: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        needed: dict[str, dict[str, object]] = {
            "pagerduty": {"routing_key": self.routing_key.get_secret_value()},
            "slack": {"url": self.url.get_secret_value()},
            "webhook": {
                "url": self.url.get_secret_value(),
                "secret": self.secret.get_secret_value(),
            },
            "email": {"host": self.host, "sender": self.sender, "to": self.to},
        }
        missing = sorted(name for name, value in needed[self.kind].items() if not value)
        if missing:
            raise ValueError(f"a channel of kind {self.kind} needs {', '.join(missing)}")


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Alerts:
    """Alerts to on-call.

    Attributes:
        interval: pause between two looks at everything.
        channels: name → channel; none: alerts are only recorded and shown.
        source: what channels show as the origin.
        runbook_url: where it is said what to do; the kind of an alert is its anchor. Empty: no
            link.
        dashboard_url: where people reach the dashboard, such as ``https://cdp.example.com``; an
            alert links to the page of what it is about. Empty: no link.
        conditions: what counts.
        alerting: when alerts are sent.
        sending: how it is sent.
        http: limits of one exchange.
    """

    interval: timedelta = timedelta(seconds=5)
    channels: dict[str, ChannelParams] = field(default_factory=dict)
    source: str = "stratum"
    runbook_url: str = ""
    dashboard_url: str = ""
    conditions: ConditionParams = ConditionParams()
    alerting: AlertingParams = AlertingParams()
    sending: SenderParams = field(default_factory=SenderParams)
    http: HttpParams = HttpParams(timeout=timedelta(seconds=15))


def channels(settings: Alerts, transport: Transport) -> Mapping[str, Channel]:
    """Every channel by name."""
    return {
        name: _channel(params, settings, transport) for name, params in settings.channels.items()
    }


def _channel(params: ChannelParams, settings: Alerts, transport: Transport) -> Channel:
    links = Links(settings.runbook_url, settings.dashboard_url)
    url = params.url.get_secret_value()
    match params.kind:
        case "pagerduty":
            return PagerDuty(
                url or PAGERDUTY,
                params.routing_key.get_secret_value(),
                settings.source,
                links,
                transport,
            )
        case "slack":
            return Slack(url, links, transport)
        case "webhook":
            return Webhook(url, params.secret.get_secret_value(), links, transport)
        case "email":
            password = params.password.get_secret_value()
            return Mail(
                params.host,
                params.port,
                params.tls,
                params.username,
                password,
                params.sender,
                params.to,
                links,
            )
