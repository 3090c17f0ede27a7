"""The pace of an account: one bucket for all processes, by themselves where there is none, and a
token for every request."""

from datetime import timedelta

import pytest
import redis
from hypothesis import given
from hypothesis import strategies as st
from redis.backoff import NoBackoff
from redis.retry import Retry

from sinks.http.messages import Request, Response
from sinks.http.rate_limit import LocalTokens, RateLimitedTransport, SharedTokens
from sinks.http.token_bucket import Bucket, take

ASK = Request("GET", "http://127.0.0.1/")


class Clock:
    def __init__(self) -> None:
        self.ms = 1_000_000
        self.waited: list[float] = []

    def __call__(self) -> int:
        return self.ms

    def wait(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.ms += round(seconds * 1000)


def test_processes_share_one_bucket(valkey_url: str) -> None:
    with redis.Redis.from_url(valkey_url) as one, redis.Redis.from_url(valkey_url) as two:
        first, second = (
            SharedTokens(client, "meta:1", 0.01, 5, lambda: 0) for client in (one, two)
        )

        waits = [take() for _ in range(4) for take in (first, second)]

    assert [wait == 0 for wait in waits] == [True] * 5 + [False] * 3
    assert all(90_000 < wait <= 100_000 for wait in waits[5:])


def test_accounts_have_buckets_of_their_own(valkey_url: str) -> None:
    with redis.Redis.from_url(valkey_url) as client:
        buckets = [
            SharedTokens(client, name, 0.01, 1, lambda: 0)
            for name in ("meta:1", "meta:2", "google:1")
        ]

        assert [take() for take in buckets] == [0, 0, 0]


def test_process_keeps_the_pace_by_itself_and_says_so_while_valkey_is_away(
    capsys: pytest.CaptureFixture[str],
) -> None:
    away = redis.Redis(
        host="127.0.0.1", port=1, socket_connect_timeout=0.1, retry=Retry(NoBackoff(), 0)
    )
    with away:
        take = SharedTokens(away, "meta:1", 1.0, 2, lambda: 0)

        assert [take() for _ in range(3)] == [0, 0, 1000]
    assert capsys.readouterr().out.count("pace_not_shared") == 1


def test_shared_bucket_is_asked_again_after_a_while(valkey_url: str) -> None:
    clock = Clock()
    with redis.Redis.from_url(valkey_url) as client:
        take = SharedTokens(client, "meta:1", 0.01, 1, clock)
        take._away_until_ms = clock.ms + 5_000
        assert take() == 0
        clock.ms += 5_000
        assert take() == 0, "the shared one is still full"
        assert take() > 0


@given(
    st.lists(st.integers(0, 3_000), max_size=30),
    st.sampled_from([0.5, 2.0, 7.0]),
    st.integers(1, 5),
)
def test_local_bucket_is_the_pure_one(gaps: list[int], rate: float, burst: int) -> None:
    clock, bucket = Clock(), None
    tokens = LocalTokens(rate, burst, clock)
    for gap in gaps:
        clock.ms += gap
        bucket, wait = take(bucket, clock.ms, rate, burst)
        assert tokens() == wait
    assert bucket is None or isinstance(bucket, Bucket)


def test_every_request_spends_a_token_and_waits_for_it() -> None:
    clock, sent = Clock(), list[int]()

    def send(_: Request) -> Response:
        sent.append(clock.ms)
        return Response(200)

    paced = RateLimitedTransport(
        send, LocalTokens(2.0, 1, clock), timedelta(seconds=10), clock.wait
    )

    assert paced.try_acquire()
    assert paced.try_acquire(), "taken ahead once"
    for _ in range(3):
        assert paced(ASK).status == 200

    assert [at - sent[0] for at in sent] == [0, 500, 1000]
    assert not paced.try_acquire()


def test_request_that_would_wait_too_long_is_throttled_and_not_sent() -> None:
    clock = Clock()
    paced = RateLimitedTransport(
        lambda _: Response(200), LocalTokens(0.01, 1, clock), timedelta(seconds=10), clock.wait
    )

    answers = [paced(ASK), paced(ASK)]

    assert [(answer.status, answer.fault) for answer in answers] == [(200, ""), (0, "throttled")]
    assert clock.waited == []
