"""Event volumes."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from config.settings import Settings
from store.segments import volumes
from store.segments.statistics import SeriesParams
from tests.api.conftest import START_MS, Api, Tenant

PATH = "/cdp/statistics/events"
DAY: dict[str, Any] = {"since": "2026-09-21T00:00:00Z", "until": "2026-09-22T00:00:00Z"}
HOUR: dict[str, Any] = {"since": "2026-09-21T14:00:00Z", "until": "2026-09-21T15:00:00Z"}
MINUTE_MS = 60_000


@pytest.fixture
def fed(tenant: Tenant) -> Tenant:
    """Three views in as many minutes, a purchase, and a page of the same name."""
    tenant.feed(
        *(
            tenant.event(event="Viewed", at_ms=START_MS + number * MINUTE_MS, userId="u1")
            for number in range(3)
        ),
        tenant.event(event="Bought", userId="u1"),
        tenant.event("page", userId="u1", name="Viewed"),
    )
    return tenant


def counted(answer: Any) -> list[tuple[Any, int]]:
    return [(each["name"], each["events"]) for each in answer["names"]]


@pytest.mark.usefixtures("fed")
def test_events_are_told_apart_by_name_source_or_type(api: Api, tenant: Tenant) -> None:
    assert counted(api.get(PATH, **DAY)) == [("Viewed", 4), ("Bought", 1)]
    assert counted(api.get(PATH, by="type", **DAY)) == [("track", 4), ("page", 1)]
    by_source = api.get(PATH, by="source", **DAY)
    assert counted(by_source) == [(str(tenant.source), 5)]
    assert by_source["by"] == "source"


@pytest.mark.usefixtures("fed")
def test_names_and_source_narrow_what_is_counted(api: Api, tenant: Tenant) -> None:
    names: dict[str, Any] = {"name": ["Viewed", "Unheard of"]}
    assert counted(api.get(PATH, **names, **DAY)) == [("Viewed", 4)]
    assert counted(api.get(PATH, by="type", **names, **DAY)) == [("track", 3), ("page", 1)]
    assert counted(api.get(PATH, name=["Viewed", "Bought"], source=tenant.source, **DAY)) == [
        ("Viewed", 4),
        ("Bought", 1),
    ]
    assert counted(api.get(PATH, source=tenant.source + 1, **DAY)) == []


@pytest.mark.usefixtures("fed")
def test_minutes_are_shown_of_short_ranges_only(api: Api) -> None:
    answer = api.get(PATH, step="minute", name="Viewed", **HOUR)

    assert answer["names"][0]["points"] == [
        {"at": "2026-09-21T14:13:00Z", "events": 2},
        {"at": "2026-09-21T14:14:00Z", "events": 1},
        {"at": "2026-09-21T14:15:00Z", "events": 1},
    ]
    refused = api.get(PATH, expect=422, step="minute", **DAY)
    assert "3 hours" in refused["detail"]


def test_of_many_sources_the_largest_are_shown_and_the_rest_added_up(
    tenant: Tenant, settings: Settings, api_with: Callable[[Settings, str], Api]
) -> None:
    with psycopg.connect(settings.postgres.dsn.get_secret_value()) as conn:
        conn.execute(
            "INSERT INTO events SELECT md5(n::text)::uuid, %s, least(n, 20), 'track', 'Seen',"
            " md5('x')::uuid, '2026-09-21T14:20:00Z', '2026-09-21T14:20:01Z', 0, '{}'"
            " FROM generate_series(1, 30) n",
            (tenant.id,),
        )
    query = settings.query.model_copy(update={"series": SeriesParams(volume_names=1)})
    api = api_with(settings.model_copy(update={"query": query}), tenant.read)

    assert counted(api.get(PATH, by="source", **DAY)) == [("20", 11), (None, 19)]


def test_what_is_not_known_yet_is_told_from_zero(
    tenant: Tenant, api: Api, execute: Callable[..., Any]
) -> None:
    before = api.get(PATH, **DAY)
    tenant.feed(tenant.event(event="Viewed", userId="u1"))
    execute("UPDATE offsets SET caught_up_at = '2026-09-21T14:20:00Z'")
    after = api.get(PATH, **DAY)
    execute("INSERT INTO offsets (log, partition, next_position) VALUES ('stratum.events', 1, 0)")

    assert (before["first_received_at"], before["complete_until"]) == (None, None)
    assert after["first_received_at"] == "2026-09-21T14:13:21Z"
    assert after["complete_until"] == "2026-09-21T14:20:00Z"
    assert api.get(PATH, **DAY)["complete_until"] is None, "one partition has not said so"


@pytest.mark.parametrize(
    "wanted",
    [
        {"step": "second"},
        {"by": "person"},
        {"source": -1},
        {"name": ["x"] * 51},
        {"name": "x" * 1025},
        {"since": "2026-09-22T00:00:00Z", "until": "2026-09-21T00:00:00Z"},
    ],
)
def test_what_makes_no_sense_is_refused(api: Api, wanted: dict[str, Any]) -> None:
    api.get(PATH, expect=422, **wanted)


@pytest.mark.usefixtures("fed")
def test_ranges_far_back_are_counted_like_late_ones(
    api: Api, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, Any]] = [
        DAY, HOUR, {**DAY, "by": "type"}, {**DAY, "by": "source"}, {**DAY, "source": tenant.source},
        {**DAY, "source": tenant.source + 1}, {**DAY, "name": ["Viewed", "Viewed", "Unheard of"]},
        {**HOUR, "step": "minute"},
    ]  # fmt: skip
    answers = []
    for lengths in (-1_000_000, 1_000_000):
        monkeypatch.setattr(volumes, "_EARLY_FROM", lengths)
        answers.append([api.get(PATH, **params)["names"] for params in asked])

    assert answers[0] == answers[1]
    assert answers[0][0]


def test_a_short_range_far_back_reads_nothing_that_came_later(
    settings: Settings, tenant: Tenant
) -> None:
    with psycopg.connect(settings.postgres.dsn.get_secret_value(), autocommit=True) as conn:
        conn.execute(
            "INSERT INTO events (message_key, workspace_id, source_id, type, name, leaf,"
            " occurred_at, received_at, flags, payload) SELECT gen_random_uuid(), %s, 1, 'track',"
            " 'n' || n %% 20, gen_random_uuid(), at, at, 0, '{}' FROM generate_series(1, 20000) n,"
            " LATERAL (SELECT '2026-01-01Z'::timestamptz + n * interval '10 minutes') t(at)",
            (tenant.id,),
        )
        conn.execute("VACUUM ANALYZE events")
        (plan,) = conn.execute(
            "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + volumes._EARLIER["name"],
            {
                "workspace": tenant.id, "since": "2026-01-02T00:00:00Z",
                "until": "2026-01-03T00:00:00Z", "source": None, "names": None,
                "bin": "15 min", "step": "hour", "series": 10,
            },
        ).fetchone() or ((),)  # fmt: skip

    def read(node: dict[str, Any]) -> list[float]:
        below = [rows for each in node.get("Plans", ()) for rows in read(each)]
        scanned = node.get("Relation Name") == "events"
        rows = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
        return [*below, *([rows * node["Actual Loops"]] if scanned else [])]

    assert 144 <= sum(read(plan[0]["Plan"])) < 300
