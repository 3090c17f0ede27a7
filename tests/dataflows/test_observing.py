"""What the engine's processes show of themselves is what they did."""

import math
import socket
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from urllib.request import urlopen

import psycopg
import pytest
from prometheus_client import REGISTRY

from config.lag import lag_reader
from config.observing import MetricsParams
from config.settings import Settings
from dataflows import metrics
from dataflows.observing import (
    CountedGate,
    UnifyCounts,
    expect_pushes,
    observe_attempt,
    observe_reading,
    shown,
)
from dataflows.runtime import connector
from dataflows.survey import survey, surveyed
from dataflows.unify.unifier import Unifier, build_unifier
from domain.ids import WorkspaceId
from domain.signals.reading import Reading, Status
from local.servers.address import free_port
from sinks.activation.attempt import Attempt
from sources.log.positions import Session
from store.intake.offsets import load_positions
from tests.conftest import TestWorkspace
from tests.support.builders import NOON_MS, batch


def sample(name: str, **labels: str) -> float:
    """A series' value; 0 where it does not exist."""
    return REGISTRY.get_sample_value(name, labels) or 0.0


def page(port: int) -> str:
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        text: str = answer.read().decode()
        return text


@pytest.fixture
def unify(
    settings: Settings,
    workspace: TestWorkspace,  # noqa: ARG001 - has to be there
) -> Iterator[Unifier]:
    dsn = settings.postgres.dsn.get_secret_value()
    with psycopg.connect(dsn) as conn:
        load_positions(conn, "test", [0])
    unifier = build_unifier(
        dsn,
        settings.identity,
        settings.profile,
        settings.engine,
        lambda _log, _partition: None,
        UnifyCounts(),
    )
    with closing(unifier):
        yield unifier


def test_metrics_are_shown_while_the_process_runs_and_no_longer() -> None:
    port = free_port()
    with shown(MetricsParams(port=port)):
        assert "stratum_engine_events_total" in page(port)
    with pytest.raises(OSError, match="refused"):
        page(port)


def test_port_0_shows_nothing() -> None:
    with shown(MetricsParams(port=0)):
        pass


def test_a_port_that_is_taken_does_not_stop_the_engine() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        shown(MetricsParams(port=taken.getsockname()[1])),
    ):
        pass


def test_a_committed_batch_is_counted_once(unify: Unifier) -> None:
    before = {
        name: sample(name)
        for name in (
            "stratum_engine_events_total",
            "stratum_engine_batches_total",
            "stratum_engine_duplicates_total",
        )
    }
    letters = sample("stratum_engine_dead_letters_total", reason="unknown_type")
    good = {"type": "track", "event": "Viewed", "userId": "u1", "messageId": "m1"}
    unify(batch([good, good, {"type": "nonsense", "userId": "u1", "messageId": "m2"}]))
    assert {name: sample(name) - was for name, was in before.items()} == {
        "stratum_engine_events_total": 1,
        "stratum_engine_batches_total": 1,
        "stratum_engine_duplicates_total": 1,
    }
    assert sample("stratum_engine_dead_letters_total", reason="unknown_type") == letters + 1


def test_fields_that_cannot_be_read_are_counted(unify: Unifier) -> None:
    names = ("consent", "context.device")
    before = {name: sample("stratum_engine_odd_fields_total", field=name) for name in names}
    unify(
        batch(
            [
                {
                    "type": "page",
                    "userId": "u1",
                    "messageId": "m1",
                    "context": {"consent": "no", "device": 7},
                }
            ]
        )
    )
    assert {
        name: sample("stratum_engine_odd_fields_total", field=name) - was
        for name, was in before.items()
    } == dict.fromkeys(names, 1)


def test_a_batch_of_somebody_elses_partition_is_counted_as_fenced(unify: Unifier) -> None:
    fenced, events = sample("stratum_engine_fenced_total"), sample("stratum_engine_events_total")
    unify(batch([{"type": "track", "event": "Viewed", "userId": "u1", "messageId": "m1"}], start=7))
    assert sample("stratum_engine_fenced_total") == fenced + 1
    assert sample("stratum_engine_events_total") == events


def test_the_newest_score_of_a_signal_stands_and_unknown_is_no_number() -> None:
    reading = Reading(WorkspaceId(1), "source:1", NOON_MS, 83.0, Status.HEALTHY, 100)
    observe_reading(reading)
    assert sample("stratum_signal_health", workspace="1", signal="source:1") == 83
    observe_reading(Reading(WorkspaceId(1), "source:1", NOON_MS, None, Status.UNKNOWN, 0))
    assert math.isnan(sample("stratum_signal_health", workspace="1", signal="source:1"))


def test_rows_count_only_once_they_are_delivered() -> None:
    rows = partial(sample, "stratum_push_rows_total", platform="meta", operation="add")
    asked = partial(sample, "stratum_push_requests_total", platform="meta", kind="scheduled")
    attempt = Attempt(
        1, 1, 1, "meta", "scheduled", "add", 100, "retry", "throttled", push_done=False
    )
    before = rows(), asked(outcome="retry"), asked(outcome="delivered")
    observe_attempt(attempt)
    observe_attempt(replace(attempt, outcome="delivered"))
    assert (rows(), asked(outcome="retry"), asked(outcome="delivered")) == (
        before[0] + 100,
        before[1] + 1,
        before[2] + 1,
    )


def test_what_may_happen_counts_from_0_so_that_the_first_time_shows() -> None:
    expect_pushes(["elsewhere"])
    assert (
        REGISTRY.get_sample_value(
            "stratum_push_requests_total",
            {"platform": "elsewhere", "kind": "urgent", "outcome": "delivered"},
        )
        == 0
    )
    assert (
        REGISTRY.get_sample_value(
            "stratum_gate_decisions_total",
            {"platform": "elsewhere", "action": "push", "verdict": "pass"},
        )
        == 0
    )


class _Judged:
    verdict, codes, rehearsed = "hold", ("because",), False

    def under_way(self, push_id: int) -> "_Judged":
        assert push_id == 3
        return self

    def sized(self, adds: int, removes: int) -> "_Judged":
        assert (adds, removes) == (5, 0)
        return self

    def record(self) -> int:
        return 17


class _Gate:
    def judge(self, *_: object) -> _Judged:
        return _Judged()


def test_a_decision_counts_when_it_is_recorded() -> None:
    held = partial(
        sample, "stratum_gate_decisions_total", platform="meta", action="push", verdict="hold"
    )
    before = held()
    judgement = (
        CountedGate(_Gate()).judge(1, "meta", 1, "push", datetime.now(UTC)).under_way(3).sized(5, 0)
    )
    assert not judgement.rehearsed
    assert (judgement.verdict, judgement.codes, held()) == ("hold", ("because",), before)
    assert judgement.record() == 17
    assert held() == before + 1


def test_a_survey_shows_lag_and_people_of_everybody(settings: Settings, unify: Unifier) -> None:
    unify(
        batch(
            [
                {"type": "track", "event": "Viewed", "userId": f"u{n}", "messageId": f"m{n}"}
                for n in range(3)
            ]
        )
    )
    connect = connector(settings)
    with closing(lag_reader(settings, connect)) as lag, closing(Session(connect)) as session:
        survey(lag, session, settings.metrics)
    assert sample("stratum_people", workspace="1") == 3
    shown_partitions = {labels["partition"] for labels in _labels(metrics.LAG_RECORDS)}
    assert shown_partitions == {str(partition) for partition in range(settings.log.partitions)}


def test_above_the_limit_people_are_estimated(settings: Settings, unify: Unifier) -> None:
    unify(
        batch(
            [
                {"type": "track", "event": "Viewed", "userId": f"u{n}", "messageId": f"m{n}"}
                for n in range(30)
            ]
        )
    )
    with psycopg.connect(settings.postgres.dsn.get_secret_value(), autocommit=True) as conn:
        conn.execute("ANALYZE profiles")
    connect = connector(settings)
    with closing(lag_reader(settings, connect)) as lag, closing(Session(connect)) as session:
        survey(lag, session, replace(settings.metrics, people_exact_limit=5))
    assert 20 <= sample("stratum_people", workspace="1") <= 40


def test_what_cannot_be_read_is_not_shown(settings: Settings) -> None:
    failed = sample("stratum_surveys_total", outcome="failed")
    away = Settings.model_validate(
        {
            "postgres": {"dsn": f"postgresql://127.0.0.1:{free_port()}/none"},
            "redis": settings.redis.model_dump(),
        }
    )
    metrics.PEOPLE.labels("1").set(5)
    connect = connector(away)
    with closing(lag_reader(away, connect)) as lag, closing(Session(connect)) as session:
        survey(lag, session, away.metrics)
    assert sample("stratum_surveys_total", outcome="failed") == failed + 1
    assert _labels(metrics.PEOPLE) == _labels(metrics.LAG_SECONDS) == []


def test_the_survey_ends_with_its_process_and_takes_its_figures_with_it(settings: Settings) -> None:
    seen = Settings.model_validate(
        {**settings.model_dump(), "metrics": {"port": free_port(), "survey_interval": 0.01}}
    )
    with surveyed(seen), shown(seen.metrics):
        deadline = datetime.now(UTC).timestamp() + 10
        while 'stratum_lag_records{log="stratum.events",partition="0"} 0.0' not in page(
            seen.metrics.port
        ):
            assert datetime.now(UTC).timestamp() < deadline
    assert _labels(metrics.LAG_RECORDS) == []


def _labels(gauge: object) -> list[dict[str, str]]:
    """Labels of the series that a metric shows now."""
    return [found.labels for family in gauge.collect() for found in family.samples]  # type: ignore[attr-defined]
