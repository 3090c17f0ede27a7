"""Input that no specification foresees: every event of it is kept, or the request is refused.

Nothing crashes.
"""

import json
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from config.collector import CollectorParams
from config.settings import Settings
from local.servers.postgres import EmbeddedPostgres
from local.servers.valkey import EmbeddedValkey
from tests.support.collecting import (
    Sender,
    Served,
    sending,
    served,
    streamed,
    streamed_events,
    track,
)

ROOMY = CollectorParams(event_limit_bytes=1_000_000)


@pytest.fixture(scope="module")
def shared(
    postgres_server: EmbeddedPostgres,
    valkey_server: EmbeddedValkey,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Served]:
    with served(
        postgres_server, valkey_server.url, tmp_path_factory.mktemp("collector_hostile"), ROOMY
    ) as found:
        yield found


@pytest.fixture
def settings(shared: Served) -> Settings:
    return shared.settings


@pytest.fixture
def client(shared: Served) -> Iterator[Sender]:
    with sending(shared) as made:
        yield made


def beside_good_ones(event: bytes) -> bytes:
    """A batch of two good events with this one between."""
    return b'{"batch":[%b,%b,%b]}' % (
        json.dumps(track(1)).encode(),
        event,
        json.dumps(track(2)).encode(),
    )


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b'{"batch":[{"a":1}',
        b'{"batch":[1,',
        b'{"a"}',
        b"{'a':1}",
        b'{"batch":[]}}',
        b"\x00",
        b"<xml/>",
        b"a=b&c=d",
    ],
)
@pytest.mark.parametrize("path", ["/v1/batch", "/v1/t"])
def test_what_is_no_json_is_refused(client: Sender, path: str, body: bytes) -> None:
    client.refused(path, body, 400, "invalid_json")


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"7",
        b"null",
        b'"text"',
        b"true",
        b"{}",
        b'{"batch":{}}',
        b'{"batch":null}',
        b'{"batch":"x"}',
        b"NaN",
    ],
)
def test_a_batch_that_is_none_is_refused(client: Sender, body: bytes) -> None:
    client.refused("/v1/batch", body, 400, "invalid_body")


@pytest.mark.parametrize("body", [b"[]", b"7", b"null", b'"text"', b"[NaN]"])
def test_an_event_that_is_no_object_is_refused_on_its_own_path(client: Sender, body: bytes) -> None:
    client.refused("/v1/t", body, 400, "invalid_body")


@pytest.mark.parametrize(
    "event",
    [
        b"7",
        b"null",
        b"[]",
        b'"x"',
        b"{}",
        b'{"type":"other"}',
        b'{"userId":{}}',
        b'{"userId":[1],"messageId":5}',
        b'{"type":7}',
    ],
)
def test_an_event_without_sense_is_kept_for_the_engine_to_judge(
    client: Sender, settings: Settings, event: bytes
) -> None:
    assert client.post("/v1/batch", beside_good_ones(event)).status_code == 200
    found = {bytes(record.event) for record in streamed(settings)}
    assert len(found) == 3
    assert event in found


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("NaN", None),
        ("Infinity", None),
        ("-Infinity", None),
        ("1e999", None),
        ("9" * 5000, None),
        ('"a\tb\u0000c"', "a\tb\0c"),
        ("12.50", 12.5),
    ],
)
def test_lenient_spellings_cost_no_event(
    client: Sender, settings: Settings, text: str, value: Any
) -> None:
    odd = (
        '{"type":"track","event":"E","userId":"u","messageId":"odd",'
        f'"properties":{{"x":{text},"y":NaN}}}}'
    )
    assert client.post("/v1/batch", beside_good_ones(odd.encode())).status_code == 200
    found = {event["messageId"]: event for event in streamed_events(settings)}
    assert set(found) == {"m1", "odd", "m2"}
    assert found["odd"]["properties"] == {"x": value, "y": None}
    assert {name: found[name] for name in ("m1", "m2")} == {"m1": track(1), "m2": track(2)}


def test_a_single_event_with_nan_is_kept(client: Sender, settings: Settings) -> None:
    assert client.post("/v1/track", b'{"userId":"u","properties":{"x":NaN}}').status_code == 200
    assert streamed_events(settings) == [
        {"type": "track", "userId": "u", "properties": {"x": None}}
    ]


def test_a_key_that_comes_twice_stays_twice_in_a_lenient_body(
    client: Sender, settings: Settings
) -> None:
    consent = b'{"consent":{"categoryPreferences":{"ads":false,"ads":true}}}'
    odd = (
        b'{"type":"track","event":"E","userId":"u","messageId":"odd","context":%b,"properties":{"x":NaN,"y":{}}}'
        % consent
    )
    assert client.post("/v1/batch", beside_good_ones(odd)).status_code == 200
    assert sum(consent in bytes(record.event) for record in streamed(settings)) == 1


def test_half_a_surrogate_pair_becomes_a_replacement_character(
    client: Sender, settings: Settings
) -> None:
    odd = (
        b'{"type":"track","event":"E","userId":"u","messageId":"odd","properties":{"x":"cut'
        b' \\ud83d","y":"whole \\ud83d\\ude00"}}'
    )
    assert client.post("/v1/batch", beside_good_ones(odd)).status_code == 200
    found = {event["messageId"]: event for event in streamed_events(settings)}
    assert found["odd"]["properties"] == {"x": "cut \ufffd", "y": "whole \U0001f600"}


@pytest.mark.parametrize("lenient", [b"1", b"NaN"])
def test_bytes_that_are_not_utf8_stay_as_they_are(
    client: Sender, settings: Settings, lenient: bytes
) -> None:
    odd = (
        b'{"type":"track","event":"E","userId":"J\xfcrgen","messageId":"odd","properties":{"x":'
        + lenient
        + b"}}"
    )
    assert client.post("/v1/batch", beside_good_ones(odd)).status_code == 200
    assert sum(b"J\xfcrgen" in bytes(record.event) for record in streamed(settings)) == 1


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_is_understood(client: Sender, settings: Settings, encoding: str) -> None:
    assert (
        client.post(
            "/v1/batch", json.dumps({"batch": [track(1, name="ü")]}).encode(encoding)
        ).status_code
        == 200
    )
    assert streamed_events(settings) == [track(1, name="ü")]


@pytest.mark.parametrize("depth", [2_000, 1_000_000])
@pytest.mark.parametrize(("opens", "closes"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_deep_nesting_is_refused(client: Sender, depth: int, opens: bytes, closes: bytes) -> None:
    deep = opens * min(depth, 700_000) + b"1" + closes * min(depth, 700_000)
    answer = client.post("/v1/batch", b'{"batch":[{"type":"track","properties":' + deep + b"}]}")
    assert (answer.status_code, answer.json()["code"]) in {
        (400, "too_deep"),
        (413, "body_too_large"),
    }
    assert client.post("/v1/t", track()).status_code == 200


def test_nesting_that_a_parser_bears_is_kept(client: Sender, settings: Settings) -> None:
    deep = b"[" * 400 + b"]" * 400
    assert (
        client.post(
            "/v1/batch", beside_good_ones(b'{"type":"track","properties":%b}' % deep)
        ).status_code
        == 200
    )
    assert len(streamed(settings)) == 3


@pytest.mark.parametrize(
    "name",
    ["x" * 10_000, "\0", "\u0000a\n", " ", "🙂" * 3_000, "a/../b", "'; DROP TABLE events; --"],
)
def test_ids_of_any_size_and_content_are_kept(
    client: Sender, settings: Settings, name: str
) -> None:
    assert (
        client.post(
            "/v1/batch", {"batch": [track(1, userId=name, anonymousId=name, messageId=name)]}
        ).status_code
        == 200
    )
    assert streamed_events(settings) == [track(1, userId=name, anonymousId=name, messageId=name)]


def test_numbers_as_ids_are_kept_as_numbers(client: Sender, settings: Settings) -> None:
    events = [
        track(1, userId=7),
        track(2, userId=7.5),
        track(3, userId=-(10**30)),
        track(4, userId=None, anonymousId=True),
    ]
    assert client.post("/v1/batch", {"batch": events}).status_code == 200
    assert sorted(streamed_events(settings), key=lambda event: event["messageId"]) == events


def test_ten_thousand_traits_are_kept(client: Sender, settings: Settings) -> None:
    event = {
        "type": "identify",
        "userId": "u",
        "messageId": "m",
        "traits": {f"t{number}": 0 for number in range(10_000)},
    }
    assert client.post("/v1/batch", {"batch": [event]}).status_code == 200
    assert streamed_events(settings) == [event]


@pytest.mark.parametrize(
    "head",
    [b"\x00" * 40, b"GET / HTTP/9.9\r\n\r\n", b"POST /v1/t HTTP/1.1\r\ncontent-length: -1\r\n\r\n"],
)
def test_what_is_no_http_disturbs_nobody(client: Sender, head: bytes) -> None:

    place = urlsplit(str(client.http.base_url))
    with socket.create_connection((str(place.hostname), place.port or 0), timeout=10) as line:
        line.sendall(head)
        line.shutdown(socket.SHUT_WR)
        while line.recv(4096):
            pass
    assert client.post("/v1/t", track()).status_code == 200
