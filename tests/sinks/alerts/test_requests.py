"""Golden files: what goes to each channel, one file per step."""

import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from domain.alerts import Notice, Severity, Step
from sinks.alerts.links import Links
from sinks.alerts.mail import Mail
from sinks.alerts.pagerduty import PagerDuty
from sinks.alerts.slack import Slack
from sinks.alerts.webhook import Webhook, signature
from sinks.http.messages import Request, Response
from tests.sinks.alerts.notices import LINKS, NOW, NOW_MS, notice

GOLDEN = Path(__file__).parents[2] / "golden" / "alerts"
STEPS = (Step.OPENED, Step.WORSENED, Step.REMINDED, Step.RESOLVED, Step.TEST)


def unsent(_request: Request) -> Response:
    raise AssertionError("nothing is sent here")


PAGERDUTY = PagerDuty("https://events.pagerduty.com/v2/enqueue", "r" * 32, "stratum", LINKS, unsent)
SLACK = Slack("https://hooks.slack.com/services/T/B/sesame", LINKS, unsent)
WEBHOOK = Webhook("https://hooks.example/sesame", "opensesame", LINKS, unsent)
MAIL = Mail(
    "smtp.example.com",
    587,
    "starttls",
    "stratum",
    "opensesame",
    "Stratum <stratum@example.com>",
    ("on@example.com", "call@example.com"),
    LINKS,
)


def spelled(request: Request) -> dict[str, object]:
    return {
        "method": request.method,
        "url": request.url,
        "headers": dict(request.headers),
        "body": json.loads(request.body),
    }


def mailed(one: Notice) -> dict[str, object]:
    message = MAIL.encode(one, 9, NOW)
    return {"headers": dict(message.items()), "body": message.get_content()}


CHANNELS: dict[str, Callable[[Notice], dict[str, object]]] = {
    "pagerduty": lambda one: spelled(PAGERDUTY.encode(one)),
    "slack": lambda one: spelled(SLACK.encode(one)),
    "webhook": lambda one: spelled(WEBHOOK.encode(one, 9, NOW_MS // 1000)),
    "mail": mailed,
}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("channel", CHANNELS)
def test_what_is_sent_equals_its_golden_file(channel: str, step: Step) -> None:
    assert CHANNELS[channel](notice(step)) == json.loads(
        (GOLDEN / channel / f"{step.value}.json").read_text()
    )


def test_secrets_and_addresses_stay_out_of_reprs() -> None:
    requests = [PAGERDUTY.encode(notice()), SLACK.encode(notice()), WEBHOOK.encode(notice(), 9, 0)]
    shown = repr([PAGERDUTY, SLACK, WEBHOOK, MAIL, requests])
    assert "sesame" not in shown
    assert "rrrr" not in shown


@pytest.mark.parametrize("severity", Severity)
def test_severities_are_those_that_pagerduty_knows(severity: Severity) -> None:
    body = json.loads(PAGERDUTY.encode(notice(severity=severity)).body)
    assert body["payload"]["severity"] == severity.word


def test_a_long_summary_is_cut_to_what_channels_take() -> None:
    long = notice(summary="é & " * 3_000)
    assert len(json.loads(PAGERDUTY.encode(long).body)["payload"]["summary"]) == 1024
    message = json.loads(SLACK.encode(long).body)
    assert all(
        len(text["text"]) <= 3_000
        for text in (message["blocks"][0]["text"], *message["blocks"][1]["elements"])
    )
    assert len(MAIL.encode(long, 9, NOW)["Subject"]) <= 200


def test_a_long_link_does_not_make_a_message_too_long_for_slack() -> None:
    slack = Slack(
        "https://hooks.slack.com/services/T/B/x", Links("https://docs.example/" + "x" * 500), unsent
    )
    one = notice(summary="x" * 3_000)
    message = json.loads(slack.encode(one).body)
    assert len(message["blocks"][1]["elements"][0]["text"]) <= 3_000


def test_no_text_can_call_a_channel_or_make_a_link_in_slack() -> None:
    message = SLACK.encode(notice(summary="<!channel> <https://evil.example|click>")).body.decode()
    assert "<!channel>" not in message
    assert "<https://evil" not in message


def test_a_line_break_cannot_write_a_mail_header() -> None:
    message = MAIL.encode(notice(summary="a\r\nBcc: eve@example.com"), 9, NOW)
    assert message["Bcc"] is None
    assert message["Subject"] == "[critical] a Bcc: eve@example.com"


def test_a_signature_is_over_the_time_and_the_bytes_under_the_secret() -> None:
    """The first value was computed with `openssl dgst -sha256 -hmac secret` over
    ``1772357400.{"id":1}``."""
    first = signature("secret", 1772357400, b'{"id":1}')
    assert first == "c48907534640a0164fdde8577ca976a775fe77a020b4a0861a4ee2812efa5cb6"
    assert (
        len(
            {
                first,
                signature("other", 1772357400, b'{"id":1}'),
                signature("secret", 1772357401, b'{"id":1}'),
            }
        )
        == 3
    )


def test_a_resolved_alert_carries_its_opening_s_key_and_nothing_else_pagerduty_would_read() -> None:
    opened, resolved = (
        json.loads(PAGERDUTY.encode(notice(step)).body) for step in (Step.OPENED, Step.RESOLVED)
    )
    assert opened["dedup_key"] == resolved["dedup_key"]
    assert resolved.keys() == {"routing_key", "dedup_key", "event_action"}


@pytest.mark.parametrize(("key", "page"), json.loads((GOLDEN / "pages.json").read_text()).items())
def test_a_notice_leads_to_the_page_of_what_it_is_about(key: str, page: str) -> None:
    one = notice()
    one = msgspec.structs.replace(one, episode=msgspec.structs.replace(one.episode, key=key))
    assert LINKS.to_dashboard(one) == f"https://cdp.example/dashboard/{page}"
    assert Links().named(one) == []
