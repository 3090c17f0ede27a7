"""Bodies that are no strict JSON: whatever they hold costs work in proportion to their size, and
nothing before a key in them is known."""

import json
import subprocess
import sys
from collections.abc import Iterator

import pytest

from api.collector import lenient as lenient_json
from api.collector.body import read_batch
from config.collector import CollectorParams
from config.settings import Settings
from local.servers.postgres import EmbeddedPostgres
from local.servers.valkey import EmbeddedValkey
from tests.support.collecting import Sender, Served, basic, sending, served, streamed_events, track

_PROCESSOR_S = 20
"""Far more than linear work on these bodies takes on any machine, far less than quadratic work
does."""
_BODY = b'{"batch":[{}],"pad":"%b","x":NaN}'
_TEXTS = (
    b"\xff" * 400_000,
    b"\xffa" * 200_000,
    b"\\ud800" * 66_000,
    b"\xed\xa0\x80" * 130_000,
    b"\xff\\udc80" * 57_000,
    b"\xc3\xbc" * 200_000 + b"\xff",
)
_READ = f"""
import resource, sys
resource.setrlimit(resource.RLIMIT_CPU, ({_PROCESSOR_S}, {_PROCESSOR_S}))
from api.collector.body import read_batch
from config.collector import CollectorParams
for body in sys.stdin.buffer.read().split(b"|"):
    read_batch(body, CollectorParams())
"""


@pytest.fixture(scope="module")
def shared(
    postgres_server: EmbeddedPostgres,
    valkey_server: EmbeddedValkey,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Served]:
    with served(
        postgres_server,
        valkey_server.url,
        tmp_path_factory.mktemp("collector_lenient"),
        CollectorParams(),
    ) as found:
        yield found


@pytest.fixture
def settings(shared: Served) -> Settings:
    return shared.settings


@pytest.fixture
def client(shared: Served) -> Iterator[Sender]:
    with sending(shared) as made:
        yield made


@pytest.mark.servers
def test_text_that_is_no_unicode_is_read_with_work_that_grows_with_its_size_alone() -> None:
    bodies = b"|".join(_BODY % text for text in _TEXTS)

    assert subprocess.run([sys.executable, "-c", _READ], input=bodies, check=False).returncode == 0


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (b"\xff", b"\xff"),
        (b"\xff\xfe\xc3\xbc", b"\xff\xfe\xc3\xbc"),
        (b"\\u00fc\xfc", b"\xc3\xbc\xfc"),
        (b"\\ud83d\xff", b"\xef\xbf\xbd\xff"),
        (b"\\ud83d\\ude00\xff", b"\xf0\x9f\x98\x80\xff"),
        (b"\\ude00\\ud83d", b"\xef\xbf\xbd" * 2),
        (b"\xed\xa0\xbd", b"\xed\xa0\xbd"),
        (b"\xf0\x9f\x98", b"\xf0\x9f\x98"),
    ],
)
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_bytes_that_are_no_unicode_stay_and_halves_of_pairs_are_replaced(
    text: bytes, kept: bytes, mark: bytes
) -> None:
    (event,) = read_batch(mark + b'{"batch":[{"a":"%b","b":NaN}]}' % text, CollectorParams()).events

    assert bytes(event) == b'{"a":"%b","b":null}' % kept


def lenient(write_key: str, **more: str) -> bytes:
    """A batch of one event that no strict reader takes."""
    return json.dumps(
        {"batch": [{**track(1), "x": float("nan")}], "writeKey": write_key, **more}
    ).encode()


@pytest.mark.parametrize("pad", [0, 100_000])
def test_a_lenient_body_that_names_its_own_key_is_taken(
    client: Sender, settings: Settings, pad: int
) -> None:
    assert client.post("/v1/batch", lenient(client.write_key, pad="x" * pad), {}).status_code == 200
    assert (
        client.post(
            "/v1/batch", lenient(client.write_key).decode().encode("utf-16"), {}
        ).status_code
        == 200
    )
    assert [event["x"] for event in streamed_events(settings)] == [None, None]


@pytest.mark.parametrize("pad", [0, 100_000])
def test_a_lenient_body_is_not_read_before_a_key_in_it_is_known(
    client: Sender, settings: Settings, pad: int
) -> None:
    rest = b" " * pad + b"{"  # whoever read it would find that it is no JSON at all
    client.refused("/v1/batch", b'{"batch":[NaN' + rest, 401, "missing_write_key", {})
    client.refused(
        "/v1/batch", b'{"writeKey":"invented","batch":[NaN' + rest, 401, "unknown_write_key", {}
    )
    client.refused(
        "/v1/batch",
        b'{"writeKey" : "%b","batch":[NaN' % client.write_key.encode() + rest,
        400,
        "invalid_json",
        {},
    )
    client.refused(
        "/v1/batch", b'{"batch":[NaN' + rest, 400, "invalid_json", basic(client.write_key)
    )
    assert streamed_events(settings) == []


@pytest.mark.parametrize(
    "beside", ['"context":{},"context":{}', '"con\\u0074ext":{}', '"context":{"\\u0061":1}']
)
def test_a_body_whose_context_may_come_twice_is_not_read_the_slow_way_before_a_key_in_it_is_known(
    client: Sender, settings: Settings, beside: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    slowly: list[str] = []
    loaded = lenient_json.loaded

    def noted(text: str) -> object:
        slowly.append(text)
        return loaded(text)

    monkeypatch.setattr(lenient_json, "loaded", noted)
    body = '{"writeKey":"%s","batch":[' + json.dumps(track(1)) + "]," + beside + "}"
    client.refused("/v1/batch", (body % "invented").encode(), 401, "unknown_write_key", {})
    assert slowly == []
    assert client.post("/v1/batch", (body % client.write_key).encode(), {}).status_code == 200
    assert len(slowly) == 1
    assert len(streamed_events(settings)) == 1


def test_letters_beyond_ascii_that_are_spelled_as_escapes_are_read_the_quick_way() -> None:
    body = json.dumps({"batch": [track(1)], "context": {"campaign": "été"}}).encode()
    assert read_batch(body, CollectorParams(), lenient=False).defaults == [
        ("context", b'{"campaign": "\\u00e9t\\u00e9"}')
    ]


def test_a_key_in_another_place_of_a_body_is_none(client: Sender, settings: Settings) -> None:
    body = json.dumps(
        {"batch": [{**track(1), "writeKey": client.write_key, "x": float("nan")}]}
    ).encode()
    client.refused("/v1/batch", body, 401, "missing_write_key", {})
    assert streamed_events(settings) == []
