"""Access tokens: fetched once, renewed ahead of expiry and after a 401, and never shown."""

import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import pytest

from sinks.http.messages import Request, Response
from sinks.http.oauth import Grant, OAuthTransport, TokenParams

TOKEN_URL = "http://tokens.example/token"
GRANT = Grant(TOKEN_URL, "client", "the-secret", "the-refresh-token")
ASK = Request("POST", "http://api.example/x", (("accept", "application/json"),), b"rows")


class World:
    """A token endpoint and an API, answering from lists; the last answer of a list is repeated."""

    def __init__(
        self, tokens: list[Response] | None = None, answers: list[Response] | None = None
    ) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.tokens = tokens or []
        self.answers = answers or [Response(200, body=b"{}")]
        self.asked: list[Request] = []
        self.sent: list[Request] = []
        self.transport = OAuthTransport(
            self.send,
            GRANT,
            TokenParams(timedelta(minutes=2), timedelta(minutes=30)),
            lambda: self.now,
        )

    def send(self, request: Request) -> Response:
        if request.url == TOKEN_URL:
            self.asked.append(request)
            return (
                self.tokens[min(len(self.asked), len(self.tokens)) - 1]
                if self.tokens
                else issued(f"token-{len(self.asked)}")
            )
        self.sent.append(request)
        return self.answers[min(len(self.sent), len(self.answers)) - 1]

    def used(self) -> list[str]:
        return [dict(request.headers)["authorization"] for request in self.sent]


def issued(token: str, **more: object) -> Response:
    return Response(
        200,
        body=json.dumps(
            {"access_token": token, "expires_in": 3599, "token_type": "Bearer"} | more
        ).encode(),
    )


def refused(error: str, status: int = 400) -> Response:
    return Response(
        status,
        body=json.dumps({"error": error, "error_description": "the-refresh-token is bad"}).encode(),
    )


def test_one_token_serves_many_requests() -> None:
    world = World()
    for _ in range(3):
        assert world.transport(ASK).status == 200

    assert world.used() == ["Bearer token-1"] * 3
    assert (world.sent[0].method, world.sent[0].url, world.sent[0].body) == (
        ASK.method,
        ASK.url,
        ASK.body,
    )
    (asked,) = world.asked
    assert asked.method == "POST"
    assert parse_qs(asked.body.decode()) == {
        "grant_type": ["refresh_token"],
        "refresh_token": ["the-refresh-token"],
        "client_id": ["client"],
        "client_secret": ["the-secret"],
    }
    assert dict(asked.headers)["content-type"] == "application/x-www-form-urlencoded"


@pytest.mark.parametrize(("passed_s", "token"), [(3599 - 121, "token-1"), (3599 - 119, "token-2")])
def test_token_is_renewed_ahead_of_its_expiry(passed_s: int, token: str) -> None:
    world = World()
    world.transport(ASK)
    world.now += timedelta(seconds=passed_s)
    world.transport(ASK)

    assert world.used()[-1] == f"Bearer {token}"


def test_token_that_lives_shorter_than_the_margin_is_used_for_half_its_life() -> None:
    world = World(tokens=[issued("short", expires_in=60)])
    world.transport(ASK)
    world.now += timedelta(seconds=29)
    world.transport(ASK)
    assert len(world.asked) == 1
    world.now += timedelta(seconds=2)
    world.transport(ASK)
    assert len(world.asked) == 2


def test_token_without_a_lifetime_holds_as_long_as_configured() -> None:
    world = World(tokens=[issued("t", expires_in=0)])
    world.transport(ASK)
    world.now += timedelta(minutes=27)
    world.transport(ASK)
    assert len(world.asked) == 1
    world.now += timedelta(minutes=2)
    world.transport(ASK)
    assert len(world.asked) == 2


def test_refused_token_is_renewed_once_and_the_request_repeated() -> None:
    world = World(answers=[Response(401), Response(200, body=b"done")])

    assert world.transport(ASK).body == b"done"
    assert world.used() == ["Bearer token-1", "Bearer token-2"]
    assert world.sent[0].body == world.sent[1].body == b"rows"


def test_second_refusal_is_answered_as_it_is() -> None:
    world = World(answers=[Response(401, body=b"no")])

    assert world.transport(ASK) == Response(401, body=b"no")
    assert (len(world.sent), len(world.asked)) == (2, 2)


@pytest.mark.parametrize("status", [200, 400, 403, 429, 500])
def test_other_answers_pass_through(status: int) -> None:
    world = World(answers=[Response(status, {"x": "y"}, b"body")])

    assert world.transport(ASK) == Response(status, {"x": "y"}, b"body")
    assert len(world.sent) == 1


@pytest.mark.parametrize(
    "error",
    ["invalid_grant", "invalid_client", "unauthorized_client", "invalid_request", "deleted_client"],
)
@pytest.mark.parametrize("status", [400, 401, 403])
def test_refused_grant_asks_for_a_person(error: str, status: int) -> None:
    world = World(tokens=[refused(error, status)])

    assert world.transport(ASK) == Response(401, fault="reauth")
    assert world.sent == []


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (Response(500, body=b"oops"), "transient"),
        (Response(503, body=b'{"error":"server_error"}'), "transient"),
        (Response(502, body=b"<html>"), "transient"),
        (Response(400, body=b'{"error":"temporarily_unavailable"}'), "transient"),
        (Response(403, body=b'{"error":"rate_limit_exceeded"}'), "transient"),
        (Response(404, body=b"<html>"), "transient"),
        (Response(200, body=b"<html>"), "transient"),
        (Response(200, body=b"{}"), "transient"),
        (Response(429, {"retry-after": "7"}, b'{"error":"slow_down"}'), "throttled"),
        (Response(0, fault="timeout"), "timeout"),
        (Response(0, fault="connection"), "connection"),
    ],
)
def test_token_endpoint_in_trouble_is_a_reason_to_try_again(answer: Response, fault: str) -> None:
    world = World(tokens=[answer, issued("later")])

    first = world.transport(ASK)

    assert (first.status, first.fault) == (0, fault)
    assert world.sent == []
    assert world.transport(ASK).status == 200
    assert world.used() == ["Bearer later"]


def test_trouble_while_renewing_after_a_401_is_a_reason_to_try_again() -> None:
    world = World(tokens=[issued("t"), Response(500)], answers=[Response(401)])

    assert world.transport(ASK).fault == "transient"


def test_new_refresh_token_replaces_the_old_one() -> None:
    world = World(tokens=[issued("a", refresh_token="rotated"), issued("b")])
    world.transport(ASK)
    world.now += timedelta(hours=2)
    world.transport(ASK)

    assert parse_qs(world.asked[1].body.decode())["refresh_token"] == ["rotated"]


def test_secrets_stay_out_of_reprs() -> None:
    world = World(tokens=[issued("the-access-token")])
    world.transport(ASK)
    held = world.transport.__dict__

    shown = (
        repr(GRANT)
        + repr(world.transport)
        + repr(held)
        + repr(world.asked + world.sent)
        + repr(world.tokens)
    )

    assert not [
        secret
        for secret in ("the-secret", "the-refresh-token", "the-access-token")
        if secret in shown
    ]
