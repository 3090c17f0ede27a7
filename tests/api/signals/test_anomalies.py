"""Anomalies: listed newest first, narrowed to a signal or to those that last, shown with their
picture."""

import psycopg

from config.settings import Settings
from domain.ids import WorkspaceId
from domain.instants import MINUTE_MS
from domain.signals.reading import Anomaly
from store.signals import anomalies
from tests.api.conftest import Api, Tenant

START_MS = 1_790_000_040_000


def test_an_anomaly_that_grows_and_ends_stays_one_and_shows_its_picture(
    settings: Settings, tenant: Tenant, api: Api
) -> None:
    signal = f"source:{tenant.source}"
    picture = tuple(
        (START_MS + step * MINUTE_MS, 10.0 + step, 10.0, 8.0, 12.0) for step in range(3)
    )

    def told(metric: str, ended_ms: int | None, score: float, ending: str = "") -> None:
        one = Anomaly(
            WorkspaceId(tenant.id),
            signal,
            metric,
            START_MS,
            START_MS + MINUTE_MS,
            ended_ms,
            "up",
            score,
            12.5,
            10.0,
            8.0,
            12.0,
            ending,
            picture,
        )
        with psycopg.connect(settings.postgres.dsn.get_secret_value()) as conn:
            anomalies.write(conn, [one])

    told("events", None, 0.7)
    told("latency_ms", None, 0.8)
    told("events", START_MS + 20 * MINUTE_MS, 0.9, "recovered")

    found = api.get("/cdp/anomalies")["items"]
    assert [(one["metric"], one["score"], one["ending"]) for one in found] == [
        ("latency_ms", 0.8, None),
        ("events", 0.9, "recovered"),
    ]
    assert [one["metric"] for one in api.get("/cdp/anomalies", lasting="true")["items"]] == [
        "latency_ms"
    ]
    assert api.get("/cdp/anomalies", signal="source:999")["items"] == []
    first = api.get("/cdp/anomalies", limit=1)
    assert [
        one["metric"] for one in api.get("/cdp/anomalies", limit=1, cursor=first["next"])["items"]
    ] == ["events"]
    shown = api.get(f"/cdp/anomalies/{found[1]['id']}")
    assert [point["value"] for point in shown["picture"]] == [10.0, 11.0, 12.0]
    assert api.get("/cdp/anomalies/999999", expect=404)["code"] == "not_found"
