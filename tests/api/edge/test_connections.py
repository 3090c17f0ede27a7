"""What a connection may take before anybody knows who it is.

Whoever has a valid key is served meanwhile.
"""

import asyncio
import gzip
import json
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
import msgspec
import pytest
from starlette.datastructures import State

from api.app import create_app
from api.collector.collector import Collector
from api.collector.errors import Refusal
from api.collector.request import Packed, unpacked
from api.edge import metrics
from api.edge.connections import BoundedProtocol
from config.collector import CollectorParams, ConnectionParams, EdgeParams
from config.settings import Settings
from local.servers.postgres import EmbeddedPostgres
from local.servers.process import wait_until
from local.servers.valkey import EmbeddedValkey
from tests.support.collecting import Sender, Served, basic, sending, served, streamed, track
from tests.support.serving import serving_api

CONNECTIONS: Final = ConnectionParams(
    limit=40,
    head_timeout=timedelta(seconds=0.3),
    body_timeout=timedelta(seconds=0.6),
    head_limit_bytes=8_192,
    head_limit_fields=60,
    unread_timeout=timedelta(seconds=0.3),
)
COLLECTOR: Final = CollectorParams(
    keyless_limit=3, keyless_body_limit_bytes=20_000, keyless_timeout=timedelta(seconds=30)
)
_DEADLINE_S: Final = 30.0


@pytest.fixture(scope="module")
def shared(
    postgres_server: EmbeddedPostgres,
    valkey_server: EmbeddedValkey,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Served]:
    folder: Path = tmp_path_factory.mktemp("connections")
    with served(postgres_server, valkey_server.url, folder, COLLECTOR) as found:
        edge = EdgeParams(collector=COLLECTOR, connections=CONNECTIONS)
        settings = found.settings.model_copy(update={"edge": edge})
        with serving_api(create_app(settings)) as address:
            yield Served(settings, address, found.write_key, found.source_id)


@pytest.fixture
def settings(shared: Served) -> Settings:
    return shared.settings


@pytest.fixture
def client(shared: Served) -> Iterator[Sender]:
    with sending(shared) as made:
        yield made


@pytest.fixture
def line(shared: Served) -> Iterator[Callable[[], socket.socket]]:
    """Opens plain connections to the server."""
    place = urlsplit(shared.address)
    with ExitStack() as opened:

        def connect() -> socket.socket:
            return opened.enter_context(
                socket.create_connection(
                    (str(place.hostname), place.port or 0), timeout=_DEADLINE_S
                )
            )

        yield connect


def answer_of(line: socket.socket) -> bytes:
    """Everything until the server closes."""
    parts = []
    try:
        while part := line.recv(65_536):
            parts.append(part)
    except ConnectionError:
        pass
    return b"".join(parts)


def sent_until_refused(line: socket.socket, piece: bytes, most: int) -> bytes:
    """Send the same again and again until the server has had enough; its answer."""
    try:
        for _ in range(most):
            line.sendall(piece)
    except ConnectionError:
        pass
    return answer_of(line)


def head(write_key: str, fields: str, path: str = "/v1/t") -> bytes:
    """The head of a request that carries a write key."""
    named = f"authorization: {basic(write_key)['authorization']}"
    return f"POST {path} HTTP/1.1\r\nhost: x\r\n{named}\r\n{fields}\r\n\r\n".encode()


HEAD: Final = b"POST /v1/batch HTTP/1.1\r\nhost: x\r\n"


@pytest.mark.parametrize(
    ("begun", "piece"),
    [
        (HEAD + b"x-endless: ", b"x" * 65_536),
        (HEAD, b"x-field: %b\r\n" % (b"y" * 6_000)),
        (b"GET /", b"a" * 65_536),
        (HEAD + b"x-endless: ", b"x"),
    ],
)
def test_a_head_without_end_is_refused_at_the_limit(
    client: Sender, line: Callable[[], socket.socket], begun: bytes, piece: bytes
) -> None:
    endless = line()
    endless.sendall(begun)

    answer = sent_until_refused(endless, piece, 400_000 // len(piece) + 1)

    assert answer.startswith(b"HTTP/1.1 431 ")
    assert b"\r\nx-content-type-options: nosniff\r\n" in answer
    assert b'"code":"head_too_large"' in answer
    assert client.post("/v1/t", track()).status_code == 200


def test_more_fields_than_the_limit_are_refused(
    client: Sender, line: Callable[[], socket.socket]
) -> None:
    many = line()
    many.sendall(HEAD + b"".join(b"f%d: 1\r\n" % number for number in range(61)) + b"\r\n")

    assert b'"code":"too_many_fields"' in answer_of(many)
    assert client.post("/v1/t", track()).status_code == 200


def test_a_trailer_without_end_is_refused(
    client: Sender, line: Callable[[], socket.socket]
) -> None:
    endless = line()
    head = (
        "POST /v1/t HTTP/1.1\r\nhost: x\r\n"
        f"authorization: {basic(client.write_key)['authorization']}\r\n"
        "transfer-encoding: chunked\r\n\r\n"
    )
    endless.sendall(head.encode() + b"1\r\n{\r\n0\r\nx-trailer: ")

    assert b" 400 " in sent_until_refused(endless, b"x" * 8_192, 100).split(b"\r\n", 1)[0]


def test_chunks_that_are_all_extension_are_refused(
    client: Sender, line: Callable[[], socket.socket]
) -> None:
    padded = line()
    head = (
        "POST /v1/t HTTP/1.1\r\nhost: x\r\n"
        f"authorization: {basic(client.write_key)['authorization']}\r\n"
        "transfer-encoding: chunked\r\n\r\n"
    )
    padded.sendall(head.encode())

    assert sent_until_refused(padded, b"1;%b\r\n \r\n" % (b"e" * 4_000), 100).startswith(
        b"HTTP/1.1 400 "
    )


def test_a_body_in_the_smallest_chunks_is_taken(
    client: Sender, settings: Settings, line: Callable[[], socket.socket]
) -> None:
    slow = line()
    event = b'{"userId":"u","event":"E","pad":"%b"}' % (b"p" * 9_000)
    slow.sendall(
        head(client.write_key, "transfer-encoding: chunked\r\nconnection: close")
        + b"".join(b"1\r\n%c\r\n" % byte for byte in event)
        + b"0\r\n\r\n"
    )

    assert answer_of(slow).startswith(b"HTTP/1.1 200 ")
    assert len(streamed(settings)) == 1


def test_a_head_that_does_not_come_is_given_up(line: Callable[[], socket.socket]) -> None:
    silent, begun, second = line(), line(), line()
    begun.sendall(HEAD)
    second.sendall(b"GET /cdp/health HTTP/1.1\r\nhost: x\r\n\r\nGET /cdp/health HTTP/1.1\r\nho")

    assert answer_of(silent) == b""
    assert answer_of(begun).startswith(b"HTTP/1.1 408 ")
    assert answer_of(second).count(b"HTTP/1.1 ") == 2


def test_a_head_that_drips_is_given_up(line: Callable[[], socket.socket]) -> None:
    dripping = line()
    dripping.sendall(HEAD)
    dripping.settimeout(0.02)
    deadline, answer = time.monotonic() + _DEADLINE_S, b""
    while not answer and time.monotonic() < deadline:
        try:
            dripping.sendall(b"x-a: 1\r\n")
            answer = dripping.recv(65_536)
        except TimeoutError:
            continue
        except ConnectionError:
            break

    assert answer.startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize("path", ["/cdp/funnels", "/v1/t"])
@pytest.mark.parametrize("framing", ["content-length: 50", "transfer-encoding: chunked"])
def test_a_body_that_drips_is_given_up_whatever_is_asked(
    client: Sender, line: Callable[[], socket.socket], path: str, framing: str
) -> None:
    dripping = line()
    dripping.sendall(head(client.write_key, framing, path))
    dripping.settimeout(0.05)
    deadline, closed = time.monotonic() + _DEADLINE_S, False
    while not closed and time.monotonic() < deadline:
        try:
            dripping.sendall(b"1\r\n \r\n" if "chunked" in framing else b" ")
            closed = not dripping.recv(65_536)
        except TimeoutError:
            continue
        except ConnectionError:
            closed = True

    assert closed


@pytest.mark.parametrize("seed", range(12))
def test_requests_are_the_same_however_their_bytes_are_cut(
    client: Sender, settings: Settings, line: Callable[[], socket.socket], seed: int
) -> None:
    chance = random.Random(seed)
    bodies = [
        msgspec.json.encode(track(number, pad="p" * chance.choice([0, 9_000, 30_000])))
        for number in range(3)
    ]
    fields = ["", "", "\r\nconnection: close"]
    whole = b"".join(
        head(client.write_key, f"content-length: {len(body)}{field}") + body
        for body, field in zip(bodies, fields, strict=True)
    )
    cuts = sorted(chance.sample(range(1, len(whole)), chance.randrange(4)))
    sender = line()
    sender.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for start, end in pairwise([0, *cuts, len(whole)]):
        sender.sendall(whole[start:end])
        time.sleep(0.01)

    assert answer_of(sender).count(b"HTTP/1.1 200 ") == 3
    assert sorted(bytes(record.event) for record in streamed(settings)) == sorted(bodies)


def test_a_head_without_end_behind_a_large_body_is_refused(
    client: Sender, line: Callable[[], socket.socket]
) -> None:
    body = msgspec.json.encode(track(pad="p" * 30_000))
    endless = line()
    refused = metrics.CONNECTIONS_REFUSED.labels("head_too_large")
    before = refused._value.get()

    endless.sendall(
        head(client.write_key, f"content-length: {len(body)}") + body + HEAD + b"x-endless: "
    )
    sent_until_refused(endless, b"x" * 1_000, 100)

    assert refused._value.get() == before + 1
    assert client.post("/v1/t", track()).status_code == 200


def test_requests_in_advance_are_bounded(line: Callable[[], socket.socket]) -> None:
    eager = line()
    eager.sendall(b"GET /cdp/health/live HTTP/1.1\r\nhost: x\r\n\r\n" * 3_000)

    answer = answer_of(eager)
    assert CONNECTIONS.pipelined_limit <= answer.count(b"HTTP/1.1 200") < 100
    assert answer.count(b"HTTP/1.1 429") == 1
    assert answer.endswith(b'"message":"More requests are sent in advance than the limit."}')


@pytest.mark.parametrize(
    ("behind", "status"),
    [
        (b"\x00\x01\x02 is no request\r\n\r\n", b"400"),
        (b"GET http://[ HTTP/1.1\r\nhost: x\r\n\r\n", b"400"),
        (b"GET /\xff HTTP/1.1\r\nhost: x\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\n" + b"x: 1\r\n" * 62, b"431"),
        (HEAD + b"transfer-encoding: chunked\r\n\r\nno size\r\n", b"400"),
        (HEAD + b"content-length: 5\r\n\r\n", b"408"),
    ],
)
@pytest.mark.parametrize("before", [1, 3])
def test_what_cannot_be_read_costs_nobody_before_it_the_answer(
    client: Sender,
    settings: Settings,
    line: Callable[[], socket.socket],
    before: int,
    behind: bytes,
    status: bytes,
) -> None:
    bodies = [msgspec.json.encode(track(number)) for number in range(before)]
    eager = line()
    eager.sendall(
        b"".join(head(client.write_key, f"content-length: {len(body)}") + body for body in bodies)
        + behind
    )

    answers = [part[:3] for part in answer_of(eager).split(b"HTTP/1.1 ")[1:]]
    assert answers == [b"200"] * before + [status]
    assert len(streamed(settings)) == before


def test_behind_an_answer_that_ends_the_connection_no_refusal_follows(
    client: Sender, line: Callable[[], socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    failures: list[BaseException] = []
    finish = BoundedProtocol.on_response_complete

    def watched(protocol: BoundedProtocol) -> None:
        try:
            finish(protocol)
        except BaseException as error:
            failures.append(error)
            raise

    monkeypatch.setattr(BoundedProtocol, "on_response_complete", watched)
    bomb = gzip.compress(b" " * (COLLECTOR.body_limit_bytes + 1))
    eager = line()
    unreadable = HEAD + b"transfer-encoding: chunked\r\n\r\nno size\r\n"
    eager.sendall(
        head(client.write_key, f"content-encoding: gzip\r\ncontent-length: {len(bomb)}")
        + bomb
        + unreadable
    )

    assert [part[:3] for part in answer_of(eager).split(b"HTTP/1.1 ")[1:]] == [b"413"]
    assert failures == []


def test_half_sent_requests_take_nobodys_place(
    shared: Served, client: Sender, line: Callable[[], socket.socket]
) -> None:
    assert client.post("/v1/t", track(1)).status_code == 200  # on a connection that stays open
    crowd = []
    for _ in range(3 * CONNECTIONS.limit):
        one = line()
        one.sendall(HEAD)
        crowd.append(one)

    assert client.post("/v1/t", track(2)).status_code == 200
    assert (
        httpx.post(
            f"{shared.address}/v1/t", json=track(3), headers=basic(client.write_key), timeout=30
        ).status_code
        == 200
    )
    assert any(answer_of(one) == b"" for one in crowd[: CONNECTIONS.limit])  # closed without a word


def test_slow_bodies_without_a_key_take_nobodys_place(
    client: Sender, settings: Settings, line: Callable[[], socket.socket]
) -> None:
    slow = [line() for _ in range(20)]
    for one in slow:
        one.sendall(HEAD + b"content-length: 90\r\n\r\n{")

    assert client.post("/v1/t", track(1)).status_code == 200
    beacon = client.http.post("/v1/batch", json={"batch": [track(2)], "writeKey": client.write_key})
    assert beacon.status_code == 200
    assert len(streamed(settings)) == 2
    assert answer_of(slow[0]).startswith(b"HTTP/1.1 408 ")


def test_a_key_in_the_head_is_checked_before_the_body_comes(
    line: Callable[[], socket.socket],
) -> None:
    begun = "POST {} HTTP/1.1\r\nhost: x\r\n{}content-length: 500000\r\n\r\n"
    for path, field in (
        ("/v1/batch", f"authorization: {basic('invented')['authorization']}\r\n"),
        ("/v1/batch?writeKey=invented", ""),
        ("/cdp/funnels", "authorization: Bearer invented\r\n"),
        ("/cdp/funnels", ""),
    ):
        waiting = line()
        waiting.sendall(begun.format(path, field).encode())
        assert waiting.recv(65_536).startswith(b"HTTP/1.1 401 ")


def test_a_body_that_names_its_own_key_is_no_larger_than_a_beacon_may_be(client: Sender) -> None:
    body = {"batch": [track()], "writeKey": client.write_key, "pad": "x" * 20_000}
    client.refused("/v1/batch", body, 413, "body_too_large", {})
    client.refused("/v1/batch", gzip.compress(b" " * 2_000_000), 413, "body_too_large", {})
    assert client.post("/v1/batch", body).status_code == 200


class Counted(bytes):
    """Bytes that count how many of them are copied."""

    copied = 0

    def __getitem__(self, key: Any) -> Any:
        found = super().__getitem__(key)
        if isinstance(key, slice):
            Counted.copied += len(found)
        return found


@pytest.mark.parametrize(
    "member",
    [gzip.compress(b"", mtime=0), gzip.compress(b"x" * 300, mtime=0)],
    ids=["empty", "short"],
)
@pytest.mark.parametrize("padding", [b"", b"\0" * 100], ids=["bare", "padded"])
def test_members_are_read_with_work_that_grows_with_their_bytes_alone(
    member: bytes, padding: bytes
) -> None:
    body = Counted((member + padding) * 5_000)
    Counted.copied = 0

    assert len(unpacked(Packed(body, "gzip"), 4_000_000, 5_000)) == 5_000 * len(
        gzip.decompress(member)
    )
    assert Counted.copied < 600 * 5_000  # a piece for each, however many follow


def test_more_members_than_the_limit_are_refused(client: Sender) -> None:
    assert (
        client.post(
            "/v1/batch",
            gzip.compress(b'{"batch":[') + gzip.compress(b"") * 900 + gzip.compress(b"]}"),
        ).status_code
        == 200
    )
    client.refused("/v1/batch", gzip.compress(b"") * 1_001, 400, "invalid_encoding")
    with pytest.raises(Refusal):
        unpacked(Packed(gzip.compress(b"") * 200_000, ""), 4_194_304, 1_000)


def test_large_bodies_are_read_beside_the_event_loop_and_small_ones_at_once() -> None:
    collector = Collector(CollectorParams(inline_limit_bytes=1_000), State())

    def reader_of(size: int) -> threading.Thread:
        return asyncio.run(collector._aside(collector._threads, size, threading.current_thread))

    assert reader_of(1_000) is threading.current_thread()
    assert reader_of(1_001) is not threading.current_thread()


@pytest.mark.parametrize(
    "fields",
    [
        "sentat",
        "rsa-retry-attempt,rsa-retry-reason",
        "rsa-since-first-attempt, rsa-since-last-attempt, rsa-recovered",
        "x-of-tomorrow",
    ],
)
def test_a_browser_may_send_whatever_fields_its_sdk_has(client: Sender, fields: str) -> None:
    asked = {
        "origin": "http://shop.example",
        "access-control-request-method": "POST",
        "access-control-request-headers": fields,
    }
    answer = client.http.options("/v1/track", headers=asked)

    allowed = {name.strip() for name in answer.headers["access-control-allow-headers"].split(",")}
    assert {name.strip() for name in fields.split(",")} | {
        "authorization",
        "content-type",
    } <= allowed
    assert "access-control-request-headers" in answer.headers["vary"]


@pytest.mark.parametrize("fields", ["a b", "x" * 3_000, "a,,b", "f\u00fcr", "a:b"])
def test_what_is_no_list_of_fields_is_not_repeated(client: Sender, fields: str) -> None:
    asked = {
        b"origin": b"http://shop.example",
        b"access-control-request-headers": fields.encode("latin-1"),
    }
    answer = client.http.options("/v1/track", headers=asked)

    assert answer.status_code == 204
    assert fields not in answer.headers["access-control-allow-headers"]


def test_an_empty_line_is_no_beginning(line: Callable[[], socket.socket]) -> None:
    first, between = line(), line()
    first.sendall(b"\r\n")
    between.sendall(b"GET /cdp/health/live HTTP/1.1\r\nhost: x\r\n\r\n")
    assert between.recv(65_536).startswith(b"HTTP/1.1 200 ")
    between.sendall(b"\r\n")

    assert answer_of(first) == b""
    assert answer_of(between) == b""


def test_a_body_that_drips_after_its_answer_gets_no_second_one(
    line: Callable[[], socket.socket],
) -> None:
    refused = line()
    refused.sendall(head("invented", "content-length: 50"))

    assert answer_of(refused).count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize("protocol", ["h2c", "websocket"])
def test_a_wish_for_another_protocol_is_answered_in_this_one_and_ends_it(
    client: Sender, line: Callable[[], socket.socket], protocol: str
) -> None:
    wishing = line()
    wish = (
        "GET /cdp/health/live HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade:"
        f" {protocol}\r\n\r\n"
    )
    wishing.sendall(wish.encode() * 2)

    answer = answer_of(wishing)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.count(b"HTTP/1.1 ") == 1
    assert client.post("/v1/t", track()).status_code == 200


@pytest.mark.parametrize("framing", ["content-length", "chunked", "expect"])
@pytest.mark.parametrize(
    ("pieces", "following"),
    [
        (1, b""),
        (7, b""),
        (10_000, b""),
        (1, b"POST /v1/t HTTP/1.1\r\nhost: x\r\n\r\n"),
        (1, b"\0\0"),
    ],
)
def test_a_body_beside_a_wish_for_another_protocol_is_taken(
    client: Sender,
    settings: Settings,
    line: Callable[[], socket.socket],
    framing: str,
    pieces: int,
    following: bytes,
) -> None:
    wishing, event = line(), json.dumps(track()).encode()
    wish = (
        "connection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings:"
        " AAEAAEAAAAIAAAABAAMAAABk\r\n"
    )
    length = (
        "transfer-encoding: chunked" if framing == "chunked" else f"content-length: {len(event)}"
    )
    expect = "expect: 100-continue\r\n" if framing == "expect" else ""
    body = (
        b"5\r\n%b\r\n%x\r\n%b\r\n0\r\n\r\n" % (event[:5], len(event) - 5, event[5:])
        if framing == "chunked"
        else event
    )
    sent = head(client.write_key, wish + expect + length) + body + following
    for at in range(0, len(sent), size := -(-len(sent) // pieces)):
        wishing.sendall(sent[at : at + size])
        # Byte by byte, the sleeps would outlast the time of a head.
        time.sleep(0.0005 if pieces == 7 else 0)

    assert (
        answer_of(wishing)
        .removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n")
        .startswith(b"HTTP/1.1 200 ")
    )
    assert [bytes(one.event) for one in streamed(settings)] == [event]


def test_a_client_that_reads_nothing_is_cut_off(
    shared: Served, line: Callable[[], socket.socket]
) -> None:
    deaf = line()
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    cut = metrics.CONNECTIONS_REFUSED.labels("unread")._value
    before = cut.get()
    ask = b"GET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n"
    deaf.sendall(ask * CONNECTIONS.pipelined_limit)

    assert wait_until(lambda: cut.get() > before, _DEADLINE_S)
    assert httpx.get(f"{shared.address}/cdp/health/live", timeout=30).status_code == 200


@pytest.mark.parametrize("named", [True, False])
def test_who_sends_too_much_gets_to_read_so(
    client: Sender, line: Callable[[], socket.socket], named: bool
) -> None:
    sending_on = line()
    authorization = (
        f"authorization: {basic(client.write_key)['authorization']}\r\n" if named else ""
    )
    sending_on.sendall(HEAD + f"{authorization}content-length: 6000000\r\n\r\n".encode())
    sending_on.sendall(b" " * 6_000_000)

    assert answer_of(sending_on).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    "host", [b"[", b"", b"a b", b"x:y:z", b"\xff", b"x" * 5_000, b"//", b"[::1", b"%", b"a/../b"]
)
@pytest.mark.parametrize(
    "path",
    [
        b"/cdp/nothing",
        b"/cdp/profiles/",
        b"/nothing/",
        b"/v1/batch/",
        b"//v1//",
        b"/%00",
        b"/%ff/",
        b"/cdp/%2e%2e/",
    ],
)
def test_no_host_makes_an_answer_fail(
    line: Callable[[], socket.socket], host: bytes, path: bytes
) -> None:
    asking = line()
    asking.sendall(b"GET %b HTTP/1.1\r\nhost: %b\r\nconnection: close\r\n\r\n" % (path, host))

    assert answer_of(asking)[9:10] in {b"3", b"4"}
