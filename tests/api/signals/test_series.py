"""The series of a signal: its points, and what was expected of them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import psycopg
import pytest

from config.settings import Settings
from domain.ids import WorkspaceId
from domain.instants import utc
from domain.signals.reading import Anomaly
from operators.detection.anomaly_params import AnomalyParams
from operators.detection.episodes import EpisodeParams
from operators.detection.metric_watch import MetricWatch
from operators.signals.baseline import SignalBaseline
from store.signals import anomalies, observations
from tests.api.conftest import Api, Tenant

STEP_MS = 300_000
START_MS = 1_790_000_100_000 - 1_790_000_100_000 % STEP_MS
RANGE: dict[str, Any] = {
    "since": utc(START_MS).isoformat(),
    "until": utc(START_MS + 10 * STEP_MS).isoformat(),
}


@pytest.fixture
def count(settings: Settings, tenant: Tenant) -> Callable[..., None]:
    """Counts something of a signal in a step."""

    def add(step: int, metric: str, value: float, signal: str = "") -> None:
        row = (
            tenant.id, signal or f"source:{tenant.source}", START_MS + step * STEP_MS + 60_000, 0,
            metric, value,
        )  # fmt: skip
        with psycopg.connect(settings.postgres.dsn.get_secret_value()) as conn:
            observations.add(conn, [row])

    return add


def values(answer: Any) -> list[tuple[int, float | None]]:
    begin = utc(START_MS)
    return [
        (
            round((msgspec.convert(point["at"], type(begin)) - begin) / timedelta(minutes=5)),
            point["value"],
        )
        for point in answer["points"]
    ]


def test_the_detail_names_the_series_with_unit_and_component(tenant: Tenant, api: Api) -> None:
    tenant.feed(tenant.event("page", userId="u1"))

    metrics = api.get(f"/cdp/signals/source:{tenant.source}")["metrics"]

    assert {"name": "events", "unit": "events", "component": "volume"} in metrics
    assert [each["name"] for each in metrics] == [
        "events",
        "match_quality",
        "new_people_share",
        "rejected_share",
    ]


def test_points_are_those_that_health_watches(
    tenant: Tenant, api: Api, count: Callable[..., None]
) -> None:
    path = f"/cdp/signals/source:{tenant.source}/series"
    for metric, value in {
        "accepted": 40, "rejected:bad_json": 6, "rejected:too_long": 4, "quality:Viewed": 100,
        "quality:Bought": 20, "new_people": 10, "orders:EUR": 4, "revenue_minor:EUR": 1000,
    }.items():  # fmt: skip
        count(0, metric, value)

    found = {
        metric: values(api.get(path, metric=metric, **RANGE))
        for metric in ("events", "rejected_share", "match_quality", "new_people_share",
                       "order_value:EUR", "order_value:USD")
    }  # fmt: skip

    assert found == {
        "events": [(0, 40.0)],
        "rejected_share": [(0, 0.2)],
        "match_quality": [(0, 3.0)],
        "new_people_share": [(0, 0.25)],
        "order_value:EUR": [(0, 250.0)],
        "order_value:USD": [],
    }


def test_silence_is_zero_up_to_where_everything_is_counted_and_unknown_beyond(
    tenant: Tenant, api: Api, count: Callable[..., None], execute: Callable[..., Any]
) -> None:
    path = f"/cdp/signals/source:{tenant.source}/series"
    count(1, "accepted", 5)
    count(6, "accepted", 7)
    assert values(api.get(path, metric="events", **RANGE)) == [(1, 5.0), (6, 7.0)]

    execute("UPDATE offsets SET caught_up_at = %s", utc(START_MS + 4 * STEP_MS + 1_000))

    assert values(api.get(path, metric="events", **RANGE)) == [
        (1, 5.0),
        (2, 0.0),
        (3, 0.0),
        (6, 7.0),
    ]
    assert values(api.get(path, metric="rejected_share", **RANGE)) == [(1, 0.0), (6, 0.0)]


def test_what_was_expected_is_shown_where_it_is_kept(
    tenant: Tenant, settings: Settings, api: Api, count: Callable[..., None]
) -> None:
    signal = f"source:{tenant.source}"
    for step in range(4):
        count(step, "accepted", 10 + step)
    picture = ((START_MS, 10.0, 50.0, 40.0, 60.0), (START_MS + STEP_MS, 11.0, 51.0, 41.0, 61.0))
    episode = Anomaly(
        WorkspaceId(tenant.id), signal, "events", START_MS, START_MS, START_MS + STEP_MS, "down",
        0.9, 10.0, 50.0, 40.0, 60.0, "recovered", picture,
    )  # fmt: skip
    watch = MetricWatch(AnomalyParams(), EpisodeParams())
    watch.update(START_MS + 2 * STEP_MS, 12.0)
    baseline = SignalBaseline(watches={"events": watch.snapshot()})
    with psycopg.connect(settings.postgres.dsn.get_secret_value()) as conn:
        anomalies.write(conn, [episode])
        conn.execute(
            "INSERT INTO signal_memory VALUES (%s, %s, %s, now())",
            (tenant.id, signal, msgspec.msgpack.encode(baseline)),
        )

    answer = api.get(f"/cdp/signals/{signal}/series", metric="events", **RANGE)

    assert values(answer) == [(0, 10.0), (1, 11.0), (2, 12.0), (3, 13.0)]
    assert [(point["expected"], point["low"], point["high"]) for point in answer["points"]][:2] == [
        (50.0, 40.0, 60.0),
        (51.0, 41.0, 61.0),
    ]
    assert answer["points"][2]["expected"] is not None
    assert answer["points"][3]["expected"] is None


def test_a_memory_that_cannot_be_read_is_no_failure(
    tenant: Tenant, api: Api, execute: Callable[..., Any]
) -> None:
    signal = f"source:{tenant.source}"
    execute("INSERT INTO signal_memory VALUES (%s, %s, 'rot', now())", tenant.id, signal)

    assert api.get(f"/cdp/signals/{signal}/series", metric="events")["points"] == []
    assert api.get(f"/cdp/signals/{signal}")["metrics"]


@pytest.mark.parametrize(
    ("signal", "metric", "expect"),
    [
        ("source:1", "latency_ms", 422),
        ("source:1", "events:EUR", 422),
        ("source:1", "order_value", 422),
        ("source:1", "\x00", 422),
        ("platform:meta", "latency_ms", 200),
        ("conversions", "reported_share:meta", 200),
        ("nonsense", "events", 404),
    ],
)
def test_a_series_belongs_to_a_kind_of_signal(
    api: Api, signal: str, metric: str, expect: int
) -> None:
    api.get(f"/cdp/signals/{signal}/series", expect=expect, metric=metric)


def test_ranges_are_bounded(api: Api) -> None:
    for since, until in (
        ("2026-01-01T00:00:00Z", "2026-01-09T00:00:00Z"),
        ("2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z"),
        ("0001-01-01T00:00:00Z", "9999-12-31T00:00:00Z"),
    ):
        api.get(
            "/cdp/signals/source:1/series", expect=422, metric="events", since=since, until=until
        )
    api.get("/cdp/signals/source:1/series", expect=422)
