"""What each channel's answers mean: arrived, again later, never like this."""

from collections.abc import Callable

import pytest

from sinks.alerts import pagerduty, slack, webhook
from sinks.alerts.channel import Again, Arrived, Outcome, Refused, pause_s
from sinks.http.messages import Response


def answered(status: int, body: bytes = b"", retry_after: str = "") -> Response:
    return Response(status, {"retry-after": retry_after} if retry_after else {}, body)


TABLE: list[tuple[Callable[[Response], Outcome], Response, type[Outcome]]] = [
    (pagerduty.classify, answered(202), Arrived),
    (pagerduty.classify, answered(200), Refused),
    (pagerduty.classify, answered(400), Refused),
    (pagerduty.classify, answered(403), Refused),
    (pagerduty.classify, answered(429), Again),
    (pagerduty.classify, answered(500), Again),
    (pagerduty.classify, Response(0, fault="timeout"), Again),
    (slack.classify, answered(200, b"ok"), Arrived),
    (slack.classify, answered(200, b"<html>a proxy</html>"), Refused),
    (slack.classify, answered(400, b"invalid_payload"), Refused),
    (slack.classify, answered(403, b"action_prohibited"), Refused),
    (slack.classify, answered(404, b"no_service"), Refused),
    (slack.classify, answered(410, b"channel_is_archived"), Refused),
    (slack.classify, answered(429), Again),
    (slack.classify, answered(500, b"rollup_error"), Again),
    (slack.classify, Response(0, fault="connection"), Again),
    (webhook.classify, answered(200), Arrived),
    (webhook.classify, answered(204), Arrived),
    (webhook.classify, answered(302), Refused),
    (webhook.classify, answered(401), Refused),
    (webhook.classify, answered(408), Again),
    (webhook.classify, answered(429), Again),
    (webhook.classify, answered(503), Again),
    (webhook.classify, Response(0, fault="timeout"), Again),
]


@pytest.mark.parametrize(("classify", "response", "expected"), TABLE)
def test_every_answer_is_one_of_three(
    classify: Callable[[Response], Outcome], response: Response, expected: type[Outcome]
) -> None:
    assert isinstance(classify(response), expected)


@pytest.mark.parametrize("classify", [pagerduty.classify, slack.classify, webhook.classify])
def test_a_channel_may_ask_for_a_pause(classify: Callable[[Response], Outcome]) -> None:
    outcome = classify(answered(429, retry_after="17"))
    assert isinstance(outcome, Again)
    assert outcome.after_s == 17


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("0", 0),
        ("1.5", 1.5),
        ("99999999", 3600),
        ("-3", None),
        ("nan", None),
        ("soon", None),
        (None, None),
    ],
)
def test_a_pause_is_seconds_and_has_a_limit(header: str | None, expected: float | None) -> None:
    assert pause_s(header) == expected


def test_nothing_that_an_answer_says_is_repeated() -> None:
    """An echo of the address or of a token must not reach a log."""
    for classify in (pagerduty.classify, slack.classify, webhook.classify):
        for status in (302, 400, 404, 429, 500):
            outcome = classify(answered(status, b"https://hooks.example/sesame is wrong"))
            assert "sesame" not in repr(outcome)
