"""The collector while something it needs is away or full: what is known is served, the rest is told
when to come again."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import psycopg
import pytest
import redis

from api.app import create_app
from cli.intake.lag import log_line
from config.collector import EdgeParams, KeyParams, LogWatchParams
from config.embedded import ValkeyParams
from config.settings import Settings
from domain.ids import WorkspaceId
from local.servers.process import wait_until
from local.servers.valkey import EmbeddedValkey
from sinks.intake.valkey import ValkeyAppendParams
from sinks.intake.valkey_guard import GuardParams
from store.alerts.conditions import ConditionParams, conditions
from tests.conftest import TestWorkspace
from tests.support.collecting import Sender, basic, streamed, streamed_events, track
from tests.support.serving import serving_api

HASTY = EdgeParams(
    keys=KeyParams(fresh=timedelta(), pause=timedelta(), unknown_fresh=timedelta()),
    log_watch=LogWatchParams(interval=timedelta(milliseconds=50)),
    pool_timeout=timedelta(seconds=0.5),
)
PATIENT = replace(
    HASTY,
    keys=replace(HASTY.keys, timeout=timedelta(seconds=30)),
    pool_timeout=timedelta(seconds=30),
)
"""Where Postgres is not away: a slow machine is no outage."""

Serve = Callable[[Settings], Sender]


@pytest.fixture
def serve(workspace: TestWorkspace) -> Iterator[Serve]:
    """Serves a collector with these settings."""
    with ExitStack() as stack:

        def start(settings: Settings) -> Sender:
            made = Sender(
                stack.enter_context(serving_api(create_app(settings))), workspace.write_key
            )
            stack.callback(made.http.close)
            return made

        yield start


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[EmbeddedValkey]:
    """A server that the test may stop."""
    with EmbeddedValkey(tmp_path / "own", ValkeyParams(max_memory_mb=64)) as server:
        yield server


def logging_to(settings: Settings, valkey: EmbeddedValkey, **guard: object) -> Settings:
    """Settings with a log of the test's own."""
    params = ValkeyAppendParams(
        timeout=timedelta(seconds=2),
        guard=GuardParams(interval=timedelta(), **guard),  # type: ignore[arg-type]
    )
    log = settings.log.model_copy(update={"append": params})
    return Settings.model_validate(
        {
            "data_dir": settings.data_dir,
            "postgres": {"dsn": settings.postgres.dsn},
            "redis": {"url": valkey.url},
        }
    ).model_copy(update={"log": log, "edge": PATIENT})


@contextmanager
def away(dsn: str) -> Iterator[None]:
    """Postgres takes no connection to this database and has ended all."""
    name = psycopg.conninfo.conninfo_to_dict(dsn)["dbname"]
    with psycopg.connect(dsn.replace(f"/{name}", "/postgres"), autocommit=True) as admin:
        admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false".encode())
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,)
        )
        try:
            yield
        finally:
            admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true".encode())


def tells_everywhere(
    client: Sender, settings: Settings, answer: httpx.Response, reason: str
) -> None:
    """The answer, health, metrics, alerts, the query API and the console name one reason."""
    assert answer.json()["reason"] == reason
    health = client.http.get("/cdp/health")
    log = health.json()["components"]["log"]
    assert (health.status_code, log["status"], log["reason"]) == (503, "down", reason)
    with psycopg.connect(settings.postgres.dsn.get_secret_value(), autocommit=True) as conn:

        def seen() -> set[str]:
            found = conditions(conn, WorkspaceId(1), datetime.now(UTC), ConditionParams())
            return {one.key for one in found if one.kind == "log"}

        assert wait_until(lambda: seen() == {f"log:{reason}"}, 30), seen()
    shown = client.http.get("/metrics").text
    assert f'stratum_log_refusing{{reason="{reason}"}} 1.0' in shown
    assert f'stratum_log_refusals_total{{reason="{reason}"}}' in shown
    assert reason in log_line(settings)


def test_known_sources_are_served_while_postgres_is_away(serve: Serve, settings: Settings) -> None:
    client = serve(settings.model_copy(update={"edge": HASTY}))
    assert client.post("/v1/t", track(1)).status_code == 200
    with away(settings.postgres.dsn.get_secret_value()):
        assert client.post("/v1/t", track(2)).status_code == 200
        answer = client.refused("/v1/t", track(3), 503, "not_ready", basic("another"))
        assert int(answer.headers["retry-after"]) >= 1
    assert wait_until(
        lambda: client.post("/v1/t", track(4), basic("another")).status_code == 401, 30
    )
    assert {event["messageId"] for event in streamed_events(settings)} == {"m1", "m2"}


def test_a_collector_that_starts_before_postgres_serves_once_it_comes(
    serve: Serve, settings: Settings
) -> None:
    with away(settings.postgres.dsn.get_secret_value()):
        client = serve(settings.model_copy(update={"edge": HASTY}))
        client.refused("/v1/t", track(1), 503, "not_ready")
    assert wait_until(lambda: client.post("/v1/t", track(2)).status_code == 200, 30)


def test_a_revoked_api_key_is_not_served_while_postgres_is_away(
    serve: Serve, settings: Settings, workspace: TestWorkspace
) -> None:
    client = serve(settings.model_copy(update={"edge": HASTY}))
    key = {"x-api-key": workspace.api_key}
    assert client.http.get("/cdp/segments", headers=key).status_code == 200
    with away(settings.postgres.dsn.get_secret_value()):
        answer = client.http.get("/cdp/segments", headers=key)
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "store_unavailable"
    assert int(answer.headers["retry-after"]) >= 1


def test_without_the_log_nothing_is_acknowledged_and_with_it_again_all_is(
    serve: Serve, settings: Settings, valkey: EmbeddedValkey
) -> None:
    settings = logging_to(settings, valkey)
    client = serve(settings)
    assert client.post("/v1/t", track(1)).status_code == 200
    valkey.stop()
    answer = client.refused("/v1/t", track(2), 503, "log_unavailable")
    assert int(answer.headers["retry-after"]) >= 1
    tells_everywhere(client, settings, answer, "log_away")
    valkey.start()
    assert client.post("/v1/t", track(3)).status_code == 200
    assert {event["messageId"] for event in streamed_events(settings)} == {"m1", "m3"}


def test_a_full_log_pushes_back(serve: Serve, settings: Settings, valkey: EmbeddedValkey) -> None:
    settings = logging_to(settings, valkey, memory_share_limit=1.0)
    client = serve(settings)
    assert client.post("/v1/t", track(1)).status_code == 200
    with redis.Redis.from_url(valkey.url) as server:
        server.config_set("maxmemory", 1)
        answer = client.refused("/v1/t", track(2), 429, "log_full")
        assert int(answer.headers["retry-after"]) >= 1
        tells_everywhere(client, settings, answer, "log_memory")
        server.config_set("maxmemory", 0)
    assert client.post("/v1/t", track(3)).status_code == 200
    assert len(streamed(settings)) == 2


def test_a_log_near_its_memory_is_full(
    serve: Serve, settings: Settings, valkey: EmbeddedValkey
) -> None:
    client = serve(logging_to(settings, valkey, memory_share_limit=0.0001))
    assert client.refused("/v1/t", track(1), 429, "log_full").json()["reason"] == "log_memory"


def test_a_log_whose_events_wait_for_processing_says_so_everywhere(
    serve: Serve, settings: Settings, valkey: EmbeddedValkey
) -> None:
    settings = logging_to(settings, valkey)
    client = serve(settings)
    batch = {"batch": [track(number, properties={"filler": "x" * 30_000}) for number in range(100)]}
    while (answer := client.post("/v1/batch", batch)).status_code == 200:
        pass
    assert (answer.status_code, answer.json()["code"]) == (429, "log_full")
    tells_everywhere(client, settings, answer, "log_behind")


def test_a_stream_that_is_too_long_is_full(
    serve: Serve, settings: Settings, valkey: EmbeddedValkey
) -> None:
    client = serve(logging_to(settings, valkey, length_limit_entries=2))
    answers = [client.post("/v1/t", track(0)).status_code for _ in range(5)]
    assert answers == [200, 200, 200, 429, 429]


def test_a_log_that_is_not_durable_is_refused(
    serve: Serve, settings: Settings, valkey: EmbeddedValkey
) -> None:
    settings = logging_to(settings, valkey)
    client = serve(settings)
    with redis.Redis.from_url(valkey.url) as server:
        server.config_set("appendonly", "no")
    answer = client.refused("/v1/t", track(1), 503, "log_unavailable")
    tells_everywhere(client, settings, answer, "log_not_durable")


def test_events_are_refused_before_the_disk_is_full(
    serve: Serve, settings: Settings, valkey: EmbeddedValkey
) -> None:
    (settings.data_dir / "valkey").mkdir()
    embedded = Settings.model_validate({"embedded": {"min_free_bytes": 1 << 60}}).embedded
    settings = logging_to(settings, valkey).model_copy(update={"embedded": embedded})
    client = serve(settings)
    answer = client.refused("/v1/t", track(1), 503, "log_unavailable")
    assert "disk" in answer.json()["message"]
    tells_everywhere(client, settings, answer, "log_disk")


def test_an_unexpected_error_tells_nothing(
    serve: Serve, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    client = serve(settings)
    with psycopg.connect(settings.postgres.dsn.get_secret_value()) as conn:
        conn.execute("ALTER TABLE sources RENAME TO elsewhere")
    answer: httpx.Response = client.post("/v1/t", track(1, userId="mary@example.com"))
    assert answer.status_code == 500
    assert answer.json() == {
        "code": "internal",
        "message": "Something unexpected happened; the log has the place.",
    }
    written = "".join(capsys.readouterr())
    assert "UndefinedTable" in written
    assert "mary" not in written
    assert client.write_key not in written
