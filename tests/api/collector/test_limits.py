"""What the collector refuses, and what it does not let a client get it to do."""

import gzip
import json
import socket
import time
import zlib
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest

from api.app import create_app
from api.edge import metrics
from config.collector import CollectorParams, EdgeParams
from config.settings import Settings
from local.servers.postgres import EmbeddedPostgres
from local.servers.valkey import EmbeddedValkey
from tests.support.collecting import Sender, Served, basic, sending, served, streamed, track
from tests.support.serving import serving_api

LIMITS = CollectorParams(body_limit_bytes=100_000, event_limit_bytes=2_000, batch_limit_events=50)


@pytest.fixture(scope="module")
def shared(
    postgres_server: EmbeddedPostgres,
    valkey_server: EmbeddedValkey,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Served]:
    with served(
        postgres_server, valkey_server.url, tmp_path_factory.mktemp("collector_limits"), LIMITS
    ) as found:
        yield found


@pytest.fixture
def settings(shared: Served) -> Settings:
    return shared.settings


@pytest.fixture
def client(shared: Served) -> Iterator[Sender]:
    with sending(shared) as made:
        yield made


def head(path: str, write_key: str, length: int) -> bytes:
    """The head of a request whose body is yet to come."""
    authorization = basic(write_key)["authorization"]
    return (
        f"POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: {authorization}\r\ncontent-length:"
        f" {length}\r\n\r\n".encode()
    )


def sized(size: int) -> bytes:
    """An event of exactly this many bytes."""
    frame = b'{"type":"track","event":"E","userId":"u","pad":"%b"}'
    return frame % (b"x" * (size - len(frame) + 2))


def test_an_event_may_be_as_large_as_the_limit_and_no_larger(
    client: Sender, settings: Settings
) -> None:
    assert client.post("/v1/t", sized(2_000)).status_code == 200
    client.refused("/v1/t", sized(2_001), 400, "event_too_large")
    client.refused(
        "/v1/batch", b'{"batch":[%b,%b]}' % (sized(200), sized(2_001)), 400, "event_too_large"
    )
    assert len(streamed(settings)) == 1


def test_a_batch_may_have_as_many_events_as_the_limit_and_no_more(
    client: Sender, settings: Settings
) -> None:
    assert (
        client.post("/v1/batch", {"batch": [track(number) for number in range(50)]}).status_code
        == 200
    )
    client.refused(
        "/v1/batch", {"batch": [track(number) for number in range(51)]}, 400, "too_many_events"
    )
    assert len(streamed(settings)) == 50


def test_a_body_may_be_as_large_as_the_limit_and_no_larger(client: Sender) -> None:
    frame = b'{"batch":[],"pad":"%b"}'
    exact = frame % (b"x" * (100_000 - len(frame) + 2))
    assert client.post("/v1/batch", exact).status_code == 200
    client.refused("/v1/batch", exact + b" ", 413, "body_too_large")


def test_a_body_of_unknown_length_is_cut_off_at_the_limit(client: Sender) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(20):
            yield b" " * 10_000

    answer = client.http.post("/v1/batch", content=chunks(), headers=basic(client.write_key))
    assert answer.status_code == 413
    assert answer.headers["connection"] == "close"


@pytest.mark.parametrize("wrap", [gzip.compress, zlib.compress])
def test_a_compression_bomb_is_refused_at_the_limit(
    client: Sender, wrap: Callable[[bytes], bytes]
) -> None:
    bomb = wrap(b" " * 20_000_000)
    assert len(bomb) < LIMITS.body_limit_bytes
    headers = basic(client.write_key) | {
        "content-encoding": "gzip" if wrap is gzip.compress else "deflate"
    }
    client.refused("/v1/batch", bomb, 413, "body_too_large", headers)


def test_a_bomb_in_many_gzip_members_is_refused_at_the_limit(client: Sender) -> None:
    members = gzip.compress(b" " * 30_000) * 100
    assert len(members) < LIMITS.body_limit_bytes
    client.refused("/v1/batch", members, 413, "body_too_large")


def test_gzip_in_members_is_read_whole(client: Sender, settings: Settings) -> None:
    body = json.dumps({"batch": [track()]}).encode()
    assert (
        client.post(
            "/v1/batch", gzip.compress(body[:20]) + gzip.compress(body[20:]) + b"\0\0"
        ).status_code
        == 200
    )
    assert len(streamed(settings)) == 1


@pytest.mark.parametrize("cut", [3, 12, 40])
def test_broken_compression_is_refused(client: Sender, cut: int) -> None:
    packed = gzip.compress(json.dumps({"batch": [track(number) for number in range(9)]}).encode())
    client.refused("/v1/batch", packed[:cut], 400, "invalid_encoding")
    client.refused("/v1/batch", packed[:cut] + b"\xff" * 60, 400, "invalid_encoding")


def test_an_unknown_compression_is_refused(client: Sender) -> None:
    client.refused(
        "/v1/batch",
        b"...",
        415,
        "unsupported_encoding",
        basic(client.write_key) | {"content-encoding": "br"},
    )


def test_a_body_that_a_proxy_has_unpacked_is_read_though_it_is_announced_as_gzip(
    client: Sender,
) -> None:
    assert (
        client.post(
            "/v1/batch",
            {"batch": [track()]},
            basic(client.write_key) | {"content-encoding": "gzip"},
        ).status_code
        == 200
    )


def test_a_large_context_is_not_multiplied_without_bound(client: Sender) -> None:
    body = {"batch": [{}] * 50, "context": {"pad": "x" * 3_000}}
    client.refused("/v1/batch", body, 413, "body_too_large")


def test_a_context_that_makes_an_event_too_large_is_refused(client: Sender) -> None:
    client.refused(
        "/v1/batch", {"batch": [track()], "context": {"pad": "x" * 1_990}}, 400, "event_too_large"
    )


def test_a_body_that_does_not_arrive_is_given_up(settings: Settings, shared: Served) -> None:
    hasty = CollectorParams(body_timeout=LIMITS.body_timeout / 600)
    with serving_api(
        create_app(settings.model_copy(update={"edge": EdgeParams(collector=hasty)}))
    ) as address:
        place = urlsplit(address)
        with socket.create_connection((str(place.hostname), place.port or 0), timeout=10) as line:
            line.sendall(head("/v1/batch", shared.write_key, 99) + b"{")
            answer = b"".join(iter(lambda: line.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'"code":"body_timeout"' in answer


def test_more_requests_at_once_than_the_limit_are_asked_to_come_again(
    settings: Settings, shared: Served
) -> None:
    narrow = CollectorParams(requests_limit=1, retry_after_s=2.5)
    with serving_api(
        create_app(settings.model_copy(update={"edge": EdgeParams(collector=narrow)}))
    ) as address:
        place = urlsplit(address)
        second = Sender(address, shared.write_key)
        assert second.post("/v1/t", track(1)).status_code == 200
        with socket.create_connection((str(place.hostname), place.port or 0), timeout=10) as line:
            line.sendall(head("/v1/t", shared.write_key, 2))
            deadline = time.monotonic() + 30
            # The second must not come before the first is seen.
            while metrics.IN_FLIGHT._value.get() == 0:
                assert time.monotonic() < deadline
            answer = second.refused("/v1/t", track(3), 429, "too_many_requests")
            assert answer.headers["retry-after"] == "3"
            line.sendall(b"{}")
            assert line.recv(4096).startswith(b"HTTP/1.1 200 ")
        assert second.post("/v1/t", track(4)).status_code == 200
        second.http.close()
