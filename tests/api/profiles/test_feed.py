"""All events of a workspace, newest received first."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from config.settings import Settings
from domain.intake.envelope import encode_event
from store.profiles import feed
from store.profiles.feed import FeedParams
from tests.api.conftest import START_MS, Api, Tenant

PATH = "/cdp/events"


def received(tenant: Tenant, at_ms: int, name: str, **fields: Any) -> bytes:
    """One track event that arrived at an instant."""
    return tenant.event(event=name, at_ms=at_ms, **{"userId": "u1", **fields})


@pytest.fixture
def looking_at(
    settings: Settings, tenant: Tenant, api_with: Callable[[Settings, str], Api]
) -> Callable[[int], Api]:
    """A client of an application whose pages look at so many events."""

    def make(look_at: int) -> Api:
        query = settings.query.model_copy(update={"feed": FeedParams(look_at=look_at)})
        return api_with(settings.model_copy(update={"query": query}), tenant.read)

    return make


def test_events_come_newest_received_first_with_whose_they_are(tenant: Tenant, api: Api) -> None:
    tenant.feed(
        received(tenant, START_MS + 5_000, "Second"),
        received(tenant, START_MS, "First", messageId="mine"),
        encode_event(
            tenant.source,
            START_MS + 9_000,
            0,
            b'{"type":"track","event":"Late","userId":"u2","timestamp":"2020-01-01T00:00:00Z"}',
        ),
    )

    events = api.get(PATH)["items"]

    assert [event["name"] for event in events] == ["Late", "Second", "First"]
    assert events[2]["message_id"] == "mine"
    assert events[2]["source_id"] == tenant.source
    assert events[2]["payload"]["event"] == "First"
    whose = {name: api.get("/cdp/profiles/lookup", kind="user_id", value=name)["id"] for name in
             ("u1", "u2")}  # fmt: skip
    assert [event["profile_id"] for event in events] == [whose["u2"], whose["u1"], whose["u1"]]


def test_an_event_is_the_survivors_after_a_merge(tenant: Tenant, api: Api) -> None:
    tenant.feed(tenant.event("page", name="Home", anonymousId="a1"))
    tenant.feed(tenant.event("identify", userId="u1", anonymousId="a1"))

    survivor = api.get("/cdp/profiles/lookup", kind="user_id", value="u1")["id"]

    assert {event["profile_id"] for event in api.get(PATH)["items"]} == {survivor}


def test_pages_hold_every_event_once_though_all_arrived_at_once(tenant: Tenant, api: Api) -> None:
    tenant.feed(*(received(tenant, START_MS, "Seen") for _ in range(23)))

    pages = list(api.pages(PATH, limit=5))

    ids = [event["id"] for page in pages for event in page]
    assert len(ids) == len(set(ids)) == 23
    assert [len(page) for page in pages] == [5, 5, 5, 5, 3]


def test_filters_meet_in_every_combination(tenant: Tenant, api: Api) -> None:
    tenant.feed(
        *(received(tenant, START_MS + minute * 60_000, "Seen") for minute in range(4)),
        received(tenant, START_MS, "Bought"),
        tenant.event("page", userId="u1", name="Seen"),
    )
    span = {"since": "2026-09-21T14:14:21Z", "until": "2026-09-21T14:16:21Z"}  # received + 1 s

    def names(**wanted: Any) -> list[str]:
        return [event["name"] for event in api.everything(PATH, limit=2, **wanted)]

    assert sorted(names(type="track")) == ["Bought", *["Seen"] * 4]
    assert names(name="Bought") == ["Bought"]
    assert len(names(name="Seen")) == 5
    assert len(names(type="track", name="Seen", source=tenant.source)) == 4
    assert len(names(type="track", name="Seen", source=tenant.source, **span)) == 2
    assert names(source=tenant.source + 1) == []
    assert names(type="alias") == []


def test_a_rare_name_costs_a_bounded_look_per_page_and_is_found_in_the_end(
    tenant: Tenant, settings: Settings, looking_at: Callable[[int], Api]
) -> None:
    tenant.feed(received(tenant, START_MS, "Rare"))
    with psycopg.connect(settings.postgres.dsn.get_secret_value()) as conn:
        conn.execute(
            "INSERT INTO events SELECT md5(n::text)::uuid, %s, %s, 'track', 'Common',"
            " md5('nobody')::uuid, now(), to_timestamp(%s) + n * interval '1 second', 0, '{}'"
            " FROM generate_series(1, 2500) n",
            (tenant.id, tenant.source, START_MS / 1_000 + 10),
        )
    api = looking_at(1_000)

    first = api.get(PATH, name="Rare")
    pages = list(api.pages(PATH, name="Rare"))

    assert first["items"] == []
    assert first["next"] is not None
    assert [len(page) for page in pages] == [0, 0, 1]
    assert sum(len(page) for page in api.pages(PATH, name="Common", limit=200)) == 2_500
    assert [len(page) for page in api.pages(PATH, type="track", limit=200)][-1] == 101
    assert api.get(PATH, name="Common")["items"][0]["profile_id"] is None


def test_a_page_looks_at_no_more_than_it_may(postgres_dsn: str) -> None:
    with psycopg.connect(postgres_dsn) as conn:
        conn.execute(
            "INSERT INTO events SELECT md5(n::text)::uuid, 1, 1, 'track', 'Common', md5('x')::uuid,"
            " now(), now() - n * interval '1 second', 0, '{}' FROM generate_series(1, 20000) n"
        )
        conn.execute("ANALYZE events")
        asked = dict.fromkeys(("type", "source", "since", "until", "at", "key"))
        plan = conn.execute(
            "EXPLAIN (ANALYZE, FORMAT JSON) " + feed._PAGE,
            {**asked, "workspace": 1, "name": "Rare", "limit": 50, "look": 1_000},
        ).fetchone()
    assert plan is not None
    assert "events_received" in str(plan[0])
    assert "'Sort'" not in str(plan[0])
    assert "'Seq Scan'" not in str(plan[0])


@pytest.mark.parametrize(
    "wanted",
    [
        {"limit": 0},
        {"limit": 201},
        {"source": -1},
        {"source": 2**31},
        {"type": "x" * 33},
        {"name": "x" * 1025},
        {"since": "yesterday"},
        {"cursor": "nonsense"},
    ],
)
def test_what_makes_no_sense_is_refused(api: Api, wanted: dict[str, Any]) -> None:
    answer = api.http.get(PATH, params=wanted)

    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"] == "application/problem+json"


def test_odd_questions_find_nothing(tenant: Tenant, api: Api) -> None:
    tenant.feed(received(tenant, START_MS, "Seen"))

    ranges: tuple[Any, ...] = (
        {"since": "9999-12-31T23:59:59Z"},
        {"until": "0001-01-01T00:00:00Z"},
    )
    for wanted in ranges:
        assert api.get(PATH, **wanted) == {"items": [], "next": None, "total": None}
    assert api.get(PATH, since="2026-09-22T00:00:00Z", until="2026-09-21T00:00:00Z")["items"] == []
