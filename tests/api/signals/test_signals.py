"""One signal in depth: why, where it is heading, and its past by the hour."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from config.settings import Settings
from domain.ids import WorkspaceId
from domain.instants import to_ms
from domain.signals.reading import ComponentReading, Reading, Status
from operators.signals.health import composite, status_of
from operators.signals.params import HealthParams
from store.signals.signals import roll_up, write_readings
from tests.api.conftest import Api, Tenant

PARAMS = HealthParams()
Tell = Callable[[datetime, float], None]


@pytest.fixture
def tell(settings: Settings, tenant: Tenant) -> Tell:
    """Stores a reading of the tenant's source whose match quality is such."""

    def write(at: datetime, match_quality: float) -> None:
        parts = (
            ComponentReading(
                "freshness", 100.0, 0.2, {"silence_s": 1.0}, 1, "last accepted 1 s ago"
            ),
            ComponentReading(
                "match_quality",
                match_quality,
                0.15,
                {},
                500,
                "fewer events carry email: 9.8% instead of 41.2%",
            ),
            ComponentReading("volume", None, 0.2, {}, 0, "warming up"),
        )
        score = composite(parts, PARAMS)
        at_ms = to_ms(at)
        status = status_of(score, PARAMS)
        reading = Reading(
            WorkspaceId(tenant.id),
            f"source:{tenant.source}",
            at_ms,
            score,
            status,
            500,
            parts,
            ("because",),
        )
        with psycopg.connect(settings.postgres.dsn.get_secret_value()) as conn:
            write_readings(conn, [reading])

    return write


def test_signals_are_listed_without_components_where_nobody_wants_them(
    api: Api, tell: Tell
) -> None:
    tell(datetime.now(UTC), 55.0)
    whole = api.get("/cdp/signals")["items"]
    bare = api.get("/cdp/signals", components="false")["items"]

    assert [len(signal["reading"]["components"]) for signal in whole] == [3]
    assert bare == [
        signal | {"reading": signal["reading"] | {"components": {}}} for signal in whole
    ]


def test_a_signal_says_why_as_a_sentence_and_what_holds_it_down(
    api: Api, tenant: Tenant, tell: Tell
) -> None:
    tell(datetime.now(UTC), 55.0)
    found = api.get(f"/cdp/signals/source:{tenant.source}")
    assert (
        found["why"]
        == f"source:{tenant.source} scores 55 of 100 (degraded) because match quality is at 55:"
        " fewer events carry email: 9.8% instead of 41.2%. Not counted for lack of data:"
        " volume."
    )
    assert found["name"] == next(
        row["name"] for row in api.get("/cdp/signals")["items"] if row["signal"] == found["signal"]
    )
    assert (found["status"], found["capped_by"], found["outlook"]["per_hour"]) == (
        "degraded",
        "match_quality",
        None,
    )


def test_a_falling_score_is_forecast_to_cross_its_threshold(
    api: Api, tenant: Tenant, tell: Tell
) -> None:
    now = datetime.now(UTC)
    for minute in range(30):
        tell(now - timedelta(minutes=30 - minute), 100.0 - minute / 2)
    outlook = api.get(f"/cdp/signals/source:{tenant.source}")["outlook"]
    assert outlook["per_hour"] == pytest.approx(-30 * 0.15 / 0.35, abs=0.1)
    assert outlook["crosses"] == 70.0
    assert datetime.fromisoformat(outlook["at"]) > now


@pytest.mark.parametrize(
    ("last", "why"),
    [
        (
            timedelta(seconds=-121),
            "its newest reading is older than 120 s; check that the engine's signals run.",
        ),
        (timedelta(hours=1), "its newest reading lies in the future; check the clocks."),
    ],
)
@pytest.mark.parametrize("quality", [100.0, 55.0])
def test_a_reading_that_says_nothing_of_now_is_not_shown_as_what_is_now(
    api: Api, tenant: Tenant, tell: Tell, last: timedelta, why: str, quality: float
) -> None:
    newest = datetime.now(UTC) + last
    for minute in range(30):
        tell(newest - timedelta(minutes=minute), quality + minute / 2)
    signal = f"source:{tenant.source}"
    (listed,) = (one for one in api.get("/cdp/signals")["items"] if one["signal"] == signal)
    alone = api.get(f"/cdp/signals/{signal}")
    read = "healthy" if quality == 100.0 else "degraded"
    for found in (listed, alone):
        assert (found["status"], found["reading"]["status"]) == ("unknown", read)
        assert found["reading"]["score"] == pytest.approx(quality)
    assert alone["why"] == f"{signal} is unknown: {why}"
    assert (alone["capped_by"], set(alone["outlook"].values())) == (None, {None})


def test_a_reading_counts_as_long_as_the_gate_lets_it(api: Api, tenant: Tenant, tell: Tell) -> None:
    tell(datetime.now(UTC) - timedelta(seconds=90), 100.0)
    found = api.get(f"/cdp/signals/source:{tenant.source}")
    assert (found["status"], found["reading"]["status"]) == ("healthy", "healthy")


def test_a_signal_that_was_read_without_a_score_is_not_heading_anywhere(
    settings: Settings, api: Api, tenant: Tenant, tell: Tell
) -> None:
    now = datetime.now(UTC)
    for minute in range(1, 30):
        tell(now - timedelta(minutes=minute), 40.0 + minute)
    signal = f"source:{tenant.source}"
    low = ComponentReading("freshness", 0.0, 0.2, {}, 1, "fell silent")
    unknown = Reading(
        WorkspaceId(tenant.id), signal, to_ms(now), None, Status.UNKNOWN, 0, (low,), ("too few",)
    )
    with psycopg.connect(settings.postgres.dsn.get_secret_value()) as conn:
        write_readings(conn, [unknown])
    found = api.get(f"/cdp/signals/{signal}")
    assert (found["status"], found["why"]) == ("unknown", f"{signal} is unknown: too few.")
    assert (found["capped_by"], set(found["outlook"].values())) == (None, {None})


def test_a_source_that_was_never_read_says_so_and_an_unknown_signal_is_not_found(
    api: Api, tenant: Tenant
) -> None:
    assert (
        api.get(f"/cdp/signals/source:{tenant.source}")["why"]
        == f"source:{tenant.source} is unknown: it was never read."
    )
    assert api.get(f"/cdp/signals/source:{tenant.source}")["name"] == "web"
    assert api.get("/cdp/signals/source:999999", expect=404)["code"] == "not_found"


def test_a_signal_alone_has_the_reading_that_the_list_has(
    api: Api,
    tenant: Tenant,
    tell: Tell,
    asks: Callable[[str], Api],
    tenants: Callable[[str], Tenant],
) -> None:
    now = datetime.now(UTC)
    for minute, score in enumerate((90.0, 40.0, 55.0)):
        tell(now - timedelta(minutes=3 - minute), score)
    (listed,) = (
        one
        for one in api.get("/cdp/signals")["items"]
        if one["signal"] == f"source:{tenant.source}"
    )
    alone = api.get(f"/cdp/signals/source:{tenant.source}")
    assert (alone["name"], alone["status"]) == (listed["name"], listed["status"])
    assert alone["reading"]["score"] == 55.0
    stranger = asks(tenants("second").read)
    stranger.get(f"/cdp/signals/source:{tenant.source}", expect=404)


def test_hours_are_summed_up_also_when_their_readings_are_gone(
    settings: Settings, api: Api, tenant: Tenant, tell: Tell
) -> None:
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=5)
    for offset, quality in ((0, 100.0), (10, 55.0), (70, 100.0)):
        tell(hour + timedelta(minutes=offset), quality)
    with psycopg.connect(settings.postgres.dsn.get_secret_value(), autocommit=True) as conn:
        roll_up(conn, hour, hour + timedelta(hours=1))
        conn.execute("DELETE FROM readings WHERE read_at < %s", (hour + timedelta(hours=1),))
    first, second = api.get(f"/cdp/signals/source:{tenant.source}/hours")["items"]
    assert (first["readings"], first["lowest"], first["highest"], first["last_status"]) == (
        2,
        55.0,
        100.0,
        "degraded",
    )
    assert (second["readings"], second["mean"], second["last_status"]) == (1, 100.0, "healthy")
    wrong = api.get(
        f"/cdp/signals/source:{tenant.source}/hours", expect=422, since="2020-01-01T00:00:00Z"
    )
    assert wrong["code"] == "unprocessable"
