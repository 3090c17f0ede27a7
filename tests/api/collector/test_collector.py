"""The collector as its clients meet it: paths, write keys, encodings, answers, preflights,
settings."""

import gzip
import json
import time
import zlib
from collections.abc import Iterator
from itertools import cycle
from typing import Any

import httpx
import pytest

from config.collector import CollectorParams
from config.settings import Settings
from domain.policies import ProfileRules
from local.servers.postgres import EmbeddedPostgres
from local.servers.valkey import EmbeddedValkey
from oracle.statements.consent import read_consent
from tests.support.collecting import (
    Sender,
    Served,
    basic,
    sending,
    served,
    streamed,
    streamed_events,
    track,
)

BATCHES = ["/v1/batch", "/v1/b", "/v1/import", "/beacon/v1/batch"]
SINGLES = {
    f"/v1/{name}": kind
    for kind in ("track", "identify", "page", "screen", "group", "alias")
    for name in (kind, kind[0])
}


@pytest.fixture(scope="module")
def shared(
    postgres_server: EmbeddedPostgres,
    valkey_server: EmbeddedValkey,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Served]:
    with served(
        postgres_server, valkey_server.url, tmp_path_factory.mktemp("collector"), CollectorParams()
    ) as found:
        yield found


@pytest.fixture
def settings(shared: Served) -> Settings:
    return shared.settings


@pytest.fixture
def client(shared: Served) -> Iterator[Sender]:
    with sending(shared) as made:
        yield made


def accepted(answer: httpx.Response) -> None:
    assert (answer.status_code, answer.content) == (200, b'{"success":true}'), answer.text
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize("path", [*BATCHES, *SINGLES])
def test_every_path_takes_every_spelling_of_key_type_and_compression(
    client: Sender, settings: Settings, path: str
) -> None:
    key, sent = client.write_key, 0
    types = cycle(
        [
            "application/json",
            "application/json;charset=UTF-8",
            "text/plain",
            "application/x-www-form-urlencoded",
            "image/png",
        ]
    )
    for in_header, in_body, in_query in (
        (True, False, False),
        (False, True, False),
        (False, False, True),
        (True, True, True),
    ):
        for packing in ("", "gzip", "gzip unannounced", "deflate"):
            event = track(sent)
            body: dict[str, Any] = {"batch": [event]} if path in BATCHES else event
            content = json.dumps(body | ({"writeKey": key} if in_body else {})).encode()
            headers = (basic(key) if in_header else {}) | {"content-type": next(types)}
            if packing:
                content = zlib.compress(content) if packing == "deflate" else gzip.compress(content)
                headers |= {"content-encoding": packing} if packing in {"gzip", "deflate"} else {}
            accepted(client.post(path + (f"?writeKey={key}" if in_query else ""), content, headers))
            sent += 1
    assert sorted(event["messageId"] for event in streamed_events(settings)) == sorted(
        f"m{number}" for number in range(sent)
    )


@pytest.mark.parametrize(("path", "kind"), SINGLES.items())
def test_a_typed_path_names_the_type_of_an_event_without_one(
    client: Sender, settings: Settings, path: str, kind: str
) -> None:
    accepted(client.post(path, {"userId": "u"}))
    accepted(client.post(path, b" { } "))
    accepted(client.post(path, {"type": "other", "userId": "u"}))
    assert sorted(event["type"] for event in streamed_events(settings)) == sorted(
        [kind, kind, "other"]
    )


def test_an_events_bytes_stay_as_they_were_sent(client: Sender, settings: Settings) -> None:
    event = (
        '{"userId" : "ü\\u00fc\\/", '
        ' "n":1.0e2,"big":123456789012345678901234567890,"messageId":"m","a":"b","a":"c"}'.encode()
    )
    accepted(client.post("/v1/batch", b'{"batch":[ ' + event + b" ]}"))
    assert [bytes(record.event) for record in streamed(settings)] == [event]


def test_the_envelope_says_who_when_and_with_which_clock(
    client: Sender, settings: Settings, shared: Served
) -> None:
    before = time.time_ns() // 1_000_000
    accepted(client.post("/v1/batch", {"batch": [track()], "sentAt": "2026-03-01T09:30:00.250Z"}))
    (record,) = streamed(settings)
    assert record.source == shared.source_id
    assert before <= record.received <= time.time_ns() // 1_000_000
    assert record.sent == 1_772_357_400_250
    assert record.message_id == ""


@pytest.mark.parametrize(
    "sent_at",
    [
        None,
        "",
        "yesterday",
        17,
        {"a": 1},
        [],
        True,
        "0001-01-01T00:00:00",
        "9999-12-31T23:59:59Z",
        1e300,
    ],
)
def test_a_strange_sent_at_costs_no_event(client: Sender, settings: Settings, sent_at: Any) -> None:
    accepted(client.post("/v1/batch", {"batch": [track()], "sentAt": sent_at}))
    assert len(streamed(settings)) == 1


def test_an_event_without_a_message_id_gets_one_of_its_own(
    client: Sender, settings: Settings
) -> None:
    bare = {"type": "track", "event": "Viewed", "userId": "u"}
    accepted(
        client.post(
            "/v1/batch",
            {"batch": [bare, bare, bare | {"messageId": ""}, bare | {"messageId": None}]},
        )
    )
    names = [record.message_id for record in streamed(settings)]
    assert all(names)
    assert len(set(names)) == 4


def test_a_body_of_nearly_four_mebibytes_is_taken(client: Sender, settings: Settings) -> None:
    events = [track(number, pad="x" * 800) for number in range(4_500)]
    accepted(client.post("/v1/batch", {"batch": events}))
    accepted(client.post("/v1/batch", {"batch": events}, packed=True))
    assert len(streamed(settings)) == 9_000


def test_an_empty_batch_is_a_success(client: Sender, settings: Settings) -> None:
    accepted(client.post("/v1/batch", {"batch": []}))
    assert streamed(settings) == []


def test_a_batchs_context_goes_to_the_events_that_have_none(
    client: Sender, settings: Settings
) -> None:
    own, shared = {"ip": "1.2.3.4"}, {"library": {"name": "x"}}
    body = {
        "batch": [track(0), track(1, context=own), track(2, context=None)],
        "context": shared,
        "integrations": {"All": True},
    }
    accepted(client.post("/v1/batch", body))
    found = {event["messageId"]: event for event in streamed_events(settings)}
    assert [found[name]["context"] for name in ("m0", "m1", "m2")] == [shared, own, None]
    assert all(event["integrations"] == {"All": True} for event in found.values())


@pytest.mark.parametrize(
    "own",
    [{"ip": "1.2.3.4"}, {"consent": {"categoryPreferences": {"advertising": True}}}, None, {}],
)
def test_a_refusal_in_a_batchs_context_counts_for_events_with_a_context_of_their_own(
    client: Sender, settings: Settings, own: dict[str, Any] | None
) -> None:
    shared = {"ip": "9.9.9.9", "consent": {"categoryPreferences": {"advertising": False}}}
    accepted(
        client.post("/v1/batch", {"batch": [track(0), track(1, context=own)], "context": shared})
    )
    payloads = [bytes(record.event) for record in streamed(settings)]
    assert [read_consent(payload, ProfileRules()) for payload in payloads] == [
        {"advertising": False}
    ] * 2
    assert [json.loads(payload)["context"] for payload in payloads] == [shared, own]


@pytest.mark.parametrize(
    "odd", [{"userId": {}}, {"messageId": []}, {"messageId": True}, {"anonymousId": [1]}]
)
def test_a_batchs_context_goes_to_an_event_with_an_id_of_the_wrong_type(
    client: Sender, settings: Settings, odd: dict[str, Any]
) -> None:
    shared = {"ip": "9.9.9.9", "consent": {"categoryPreferences": {"advertising": False}}}
    accepted(client.post("/v1/batch", {"batch": [track(0) | odd], "context": shared}))
    (record,) = streamed(settings)
    assert json.loads(bytes(record.event)) == track(0) | odd | {"context": shared}


@pytest.mark.parametrize("key", ["context", "con\\u0074ext"])
@pytest.mark.parametrize("own", ["", ',"context":{"ip":"1.2.3.4"}'])
def test_a_refusal_in_a_batchs_context_counts_where_another_one_follows(
    client: Sender, settings: Settings, key: str, own: str
) -> None:
    refusal = '{"ip":"9.9.9.9","consent":{"categoryPreferences":{"advertising":false}}}'
    grant = (
        '{"consent":{"categoryPreferences":{"advertising":true}},'
        '"big":1e400,"deep":{"context":"x"}}'
    )
    event = f'{{"type":"track","event":"E","userId":"u"{own}}}'
    for last in ("{}", "null", grant):
        body = f'{{"batch":[{event},{event}],"{key}":{refusal},"context":{last}}}'
        accepted(client.post("/v1/batch", body.encode()))
    payloads = [bytes(record.event) for record in streamed(settings)]
    assert [read_consent(payload, ProfileRules()) for payload in payloads] == [
        {"advertising": False}
    ] * 6
    if own:
        assert all(json.loads(payload)["context"] == {"ip": "1.2.3.4"} for payload in payloads)


def test_a_batchs_context_that_cannot_be_read_and_speaks_of_consent_is_not_dropped(
    client: Sender, settings: Settings
) -> None:
    body = {
        "batch": [track(0), track(1)],
        "context": [{"consent": {"categoryPreferences": {"advertising": False}}}],
    }
    accepted(client.post("/v1/batch", body))
    assert [read_consent(bytes(record.event), ProfileRules()) for record in streamed(settings)] == [
        {"*": False}
    ] * 2


def test_events_of_one_person_share_a_partition_and_keep_their_order(
    client: Sender, settings: Settings
) -> None:
    events = [track(number, userId=f"u{number % 7}") for number in range(700)]
    accepted(client.post("/v1/batch", {"batch": events[:300]}))
    accepted(client.post("/v1/batch", {"batch": events[300:]}))
    found = streamed_events(settings)
    for user in range(7):
        assert [event for event in found if event["userId"] == f"u{user}"] == events[user::7]
        places = [place for place, event in enumerate(found) if event["userId"] == f"u{user}"]
        assert len(places) == 100


def test_the_user_of_basic_authorization_comes_before_the_key_in_the_body(
    client: Sender, settings: Settings
) -> None:
    body = {"batch": [track()], "writeKey": "wrong"}
    accepted(client.post("/v1/batch?writeKey=wrong", body))
    client.refused(
        "/v1/batch",
        {"batch": [track()], "writeKey": client.write_key},
        401,
        "unknown_write_key",
        basic("wrong"),
    )
    assert len(streamed(settings)) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer token"},
        {"authorization": "Basic"},
        {"authorization": "Basic %%%"},
        basic(""),
        {"authorization": "Basic /////w=="},
    ],
)
def test_without_a_readable_key_the_body_decides(client: Sender, headers: dict[str, str]) -> None:
    accepted(client.post("/v1/batch", {"batch": [track()], "writeKey": client.write_key}, headers))
    client.refused("/v1/batch", {"batch": [track()]}, 401, "missing_write_key", headers)
    client.refused(
        "/v1/batch", {"batch": [track()], "writeKey": 7}, 401, "missing_write_key", headers
    )
    client.refused(
        "/v1/batch", {"batch": [track()], "writeKey": "no"}, 401, "unknown_write_key", headers
    )


def test_nothing_of_an_unknown_source_reaches_the_log(client: Sender, settings: Settings) -> None:
    client.refused("/v1/track", track(), 401, "unknown_write_key", basic("nobody"))
    assert streamed(settings) == []


@pytest.mark.parametrize("path", [*BATCHES, "/v1/t", "/v1/projects/key/settings", "/sourceConfig/"])
def test_browsers_may_send_after_a_preflight(client: Sender, path: str) -> None:
    asked = {
        "origin": "https://shop.example",
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization",
    }
    answer = client.http.options(path, headers=asked)
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "https://shop.example"
    assert {"authorization", "content-type", "anonymousid", "x-retry-count"} <= set(
        answer.headers["access-control-allow-headers"].split(", ")
    )
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert int(answer.headers["access-control-max-age"]) > 0


def test_pages_may_read_answers_and_refusals(client: Sender) -> None:
    origin = {"origin": "https://shop.example"}
    for answer in (
        client.post("/v1/t", track(), basic(client.write_key) | origin),
        client.post("/v1/t", b"{", basic(client.write_key) | origin),
    ):
        assert answer.headers["access-control-allow-origin"] == "https://shop.example"
        assert answer.headers["vary"] == "origin"


def test_segment_and_rudder_clients_find_their_settings(client: Sender, shared: Served) -> None:
    key = client.write_key
    segment = client.http.get(
        f"/v1/projects/{key}/settings", headers={"origin": "https://shop.example"}
    )
    assert segment.json()["integrations"]["Segment.io"]["apiKey"] == key
    assert segment.headers["access-control-allow-origin"] == "https://shop.example"
    for rudder in (
        client.http.get("/sourceConfig/", headers=basic(key)),
        client.http.get(f"/sourceConfig/?writeKey={key}&p=npm"),
    ):
        source = rudder.json()["source"]
        assert source["id"] == str(shared.source_id)
        assert (source["enabled"], source["destinations"]) == (True, [])
        assert isinstance(source["config"], dict)


@pytest.mark.parametrize(
    "path", ["/v1/projects/nobody/settings", "/sourceConfig/?writeKey=nobody", "/sourceConfig/"]
)
def test_settings_of_nobody_are_refused(client: Sender, path: str) -> None:
    answer = client.http.get(path)
    assert answer.status_code == 401
    assert set(answer.json()) == {"code", "message"}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/batch", 405),
        ("PUT", "/v1/t", 405),
        ("POST", "/v1/other", 404),
        ("GET", "/v1", 404),
        ("POST", "/", 405),
    ],
)
def test_other_paths_and_methods_are_refused_in_json(
    client: Sender, method: str, path: str, status: int
) -> None:
    answer = client.http.request(method, path)
    assert answer.status_code == status
    assert set(answer.json()) == {"code", "message"}


def test_metrics_count_events_and_refusals_without_personal_data(
    client: Sender, shared: Served
) -> None:
    accepted(client.post("/v1/batch", {"batch": [track(0), track(1, userId="mary@example.com")]}))
    client.refused("/v1/batch", b"{", 400, "invalid_json")
    text = client.http.get("/metrics").text
    assert f'stratum_collector_events_total{{source="{shared.source_id}"}}' in text
    assert 'stratum_collector_refusals_total{code="invalid_json"}' in text
    assert 'stratum_http_requests_total{route="/v1/batch",status="200"}' in text
    assert "mary" not in text


def test_the_document_describes_the_collector_and_the_query_api(client: Sender) -> None:
    paths = client.http.get("/openapi.json").json()["paths"]
    assert {*BATCHES, *SINGLES, "/sourceConfig/", "/cdp/profiles"} <= set(paths)
    assert set(paths["/v1/batch"]["post"]["responses"]) == {
        "200",
        "400",
        "401",
        "408",
        "413",
        "415",
        "429",
        "503",
    }
