import json
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from threading import Lock

import httpx
import pytest

from local.traffic.sender import (
    CollectorUnavailableError,
    Delivered,
    Item,
    Refused,
    Sender,
    SendParams,
    WriteKeyRefusedError,
)

QUICK = SendParams(batch_events=3, connections=2, first_pause=timedelta(milliseconds=1))
OK = httpx.Response(200, json={"success": True})


class Collector:
    """Answers as told and remembers what it took."""

    def __init__(self, judge: Callable[[list[int]], httpx.Response]) -> None:
        self.requests: list[httpx.Request] = []
        self.taken: list[int] = []
        self._judge = judge
        self._lock = Lock()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        numbers = [event["n"] for event in json.loads(request.content)["batch"]]
        with self._lock:
            self.requests.append(request)
            answer = self._judge(numbers)
            if answer.is_success:
                self.taken += numbers
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)


def sender(collector: Collector, params: SendParams = QUICK) -> Sender:
    return Sender("http://collector", "key", params, transport=httpx.MockTransport(collector))


def items(count: int) -> Iterator[Item]:
    return (Item(number, b'{"n":%d}' % number) for number in range(count))


def test_everything_arrives_once_in_batches_with_the_write_key() -> None:
    collector = Collector(lambda _: OK)
    client = sender(collector)
    assert sum(outcome.accepted for outcome in client.deliver(client.batches(items(10)))) == 10
    assert sorted(collector.taken) == list(range(10))
    assert len(collector.requests) == 4
    assert {request.headers["Authorization"] for request in collector.requests} == {
        "Basic a2V5Og=="
    }


def test_batches_stay_below_the_size_limit() -> None:
    client = sender(Collector(lambda _: OK), SendParams(batch_events=100, batch_bytes=20))
    assert [len(batch) for batch in client.batches(items(6))] == [2, 2, 2]


def test_a_busy_collector_is_asked_again_until_it_has_the_batch() -> None:
    answers = iter([httpx.Response(503, headers={"Retry-After": "0"}), httpx.Response(429), OK])
    collector = Collector(lambda _: next(answers))
    assert sender(collector).send(list(items(2))) == Delivered(2, ())
    assert collector.taken == [0, 1]


def test_retry_after_is_honoured_up_to_the_longest_pause() -> None:
    params = SendParams(
        longest_pause=timedelta(milliseconds=50), give_up_after=timedelta(milliseconds=300)
    )
    collector = Collector(lambda _: httpx.Response(429, headers={"Retry-After": "60"}))
    with pytest.raises(CollectorUnavailableError, match="429"):
        sender(collector, params).send(list(items(1)))
    assert 2 <= len(collector.requests) <= 7


def test_an_event_that_is_refused_does_not_take_its_batch_with_it() -> None:
    collector = Collector(
        lambda numbers: (
            httpx.Response(400, json={"code": "too_large", "message": "…"}) if 4 in numbers else OK
        )
    )
    outcome = sender(collector).send(list(items(7)))
    assert outcome == Delivered(6, (Refused(Item(4, b'{"n":4}'), "too_large"),))
    assert sorted(collector.taken) == [0, 1, 2, 3, 5, 6]


def test_an_unknown_write_key_ends_it_at_once() -> None:
    collector = Collector(lambda _: httpx.Response(401, json={"code": "invalid_write_key"}))
    with pytest.raises(WriteKeyRefusedError):
        sender(collector).send(list(items(5)))
    assert len(collector.requests) == 1


def test_something_that_is_no_collector_is_told_apart_from_bad_events() -> None:
    collector = Collector(lambda _: httpx.Response(404))
    with pytest.raises(CollectorUnavailableError, match="404"):
        sender(collector).send(list(items(5)))


def test_who_stops_asking_is_not_kept_waiting_by_retries() -> None:
    busy = Collector(lambda numbers: OK if numbers == [0, 1, 2] else httpx.Response(503))
    client = sender(
        busy,
        SendParams(
            batch_events=3,
            connections=2,
            first_pause=timedelta(minutes=1),
            longest_pause=timedelta(minutes=1),
        ),
    )
    began = time.monotonic()
    outcomes = client.deliver(client.batches(items(9)))
    assert next(outcomes).accepted == 3
    outcomes.close()
    assert time.monotonic() - began < 10
