"""A server is away or stands still (takes connections, never answers): requests are answered."""

import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from config.embedded import ValkeyParams
from config.settings import Settings
from local.servers.postgres import EmbeddedPostgres
from local.servers.process import wait_until
from local.servers.server import Server
from local.servers.valkey import EmbeddedValkey
from tests.api.collector.test_outages import logging_to
from tests.api.conftest import Api, Tenant
from tests.api.test_access import problem
from tests.support.frozen import frozen

LATEST_S = 10.0
"""A machine may be slow; without limits no answer would come at all."""
WITHOUT_STORE = {
    "/cdp/audience-sync/platforms",
    "/cdp/catalogue/identifiers",
    "/cdp/health/live",
    "/cdp/privacy/map",
}
SEGMENT = {"name": "mine", "rule": {"type": "all", "of": []}}
QUERY = {"kind": "user_id", "value": "u1", "metric": "events", "topics": "events"}


def impatient(settings: Settings) -> Settings:
    """Waits of half a second, and keys that stay known."""
    short = timedelta(seconds=0.5)
    keys = replace(settings.edge.keys, timeout=short, fresh=timedelta(minutes=1))
    edge = replace(settings.edge, pool_timeout=short, statement_timeout=short, keys=keys)
    query = settings.query.model_copy(update={"health_timeout": short})
    return settings.model_copy(update={"edge": edge, "query": query})


def reads(app: FastAPI) -> list[str]:
    """Every read of the query API, with some value for each parameter of its path."""
    found = []
    for path, methods in app.openapi()["paths"].items():
        if path.startswith("/cdp/") and "get" in methods:
            given = methods["get"].get("parameters", ())
            values = {each["name"]: _some(each["schema"]) for each in given if each["in"] == "path"}
            found.append(path.format(**values))
    return found


def _some(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return str(schema["enum"][0])
    return str(UUID(int=1)) if schema.get("format") == "uuid" else "1"


def asked(api: Api, paths: Iterable[str]) -> dict[str, tuple[httpx.Response, float]]:
    """Ask for all at once; answers and how long they took, by path."""

    def ask(path: str) -> tuple[str, tuple[httpx.Response, float]]:
        began_s = monotonic()
        return path, (api.http.get(path, params=QUERY), monotonic() - began_s)

    with ThreadPoolExecutor(32) as threads:
        return dict(threads.map(ask, paths))


def test_while_postgres_stands_still_every_read_is_answered_and_works_again(
    app: FastAPI,
    settings: Settings,
    tenant: Tenant,
    api_with: Callable[[Settings, str], Api],
    postgres_server: EmbeddedPostgres,
) -> None:
    api = api_with(impatient(settings), tenant.admin)
    assert wait_until(lambda: api.http.get("/cdp/segments").status_code == 200, 30)
    with frozen(postgres_server):
        answers = asked(api, reads(app))

    assert {path: took_s for path, (_, took_s) in answers.items() if took_s > LATEST_S} == {}
    away = {path for path, (answer, _) in answers.items() if answer.status_code == 503}
    for path in away - {"/cdp/health"}:
        problem(answers[path][0], 503, "store_unavailable")
        assert int(answers[path][0].headers["retry-after"]) >= 1
    others = {path: answers[path][0].status_code for path in answers.keys() - away}
    assert {path for path, status in others.items() if status == 200} == WITHOUT_STORE
    assert {status for path, status in others.items() if path not in WITHOUT_STORE} <= {404, 422}
    assert len(away) > 60

    assert wait_until(lambda: api.http.get("/cdp/health").status_code == 200, 30)
    away.discard("/cdp/live")  # which would be told without end
    assert wait_until(
        lambda: all(answer.status_code < 500 for answer, _ in asked(api, away).values()), 30
    )


def test_while_postgres_stands_still_logins_keys_and_changes_are_answered(
    settings: Settings,
    tenant: Tenant,
    api_with: Callable[[Settings, str], Api],
    postgres_server: EmbeddedPostgres,
) -> None:
    api = api_with(impatient(settings), tenant.admin)
    assert wait_until(lambda: api.http.get("/cdp/segments").status_code == 200, 30)

    def log_in(key: str) -> httpx.Response:
        own = {"sec-fetch-site": "same-origin"}
        return api.http.post("/cdp/login", json={"api_key": key}, headers=own)

    asks: list[Callable[[], httpx.Response]] = [
        lambda: log_in(tenant.admin),
        lambda: log_in("nobody"),
        lambda: api.http.get("/cdp/segments", headers={"authorization": f"Bearer {tenant.read}"}),
        lambda: api.http.post("/cdp/segments", json=SEGMENT),
        lambda: api.http.post("/cdp/segments/preview", json={"rule": SEGMENT["rule"]}),
    ]
    with frozen(postgres_server):
        for ask in asks:
            began_s = monotonic()
            problem(ask(), 503, "store_unavailable")
            assert monotonic() - began_s < LATEST_S
    for ask in asks:
        assert wait_until(lambda ask=ask: ask().status_code < 500, 30)  # type: ignore[misc]


@contextmanager
def ended(server: Server) -> Iterator[None]:
    """A server that was killed, until it is started again."""
    assert server.child is not None
    server.child.stop(signal.SIGKILL)
    yield
    server.start()


@pytest.mark.parametrize("away", [ended, frozen])
def test_without_the_log_every_request_is_answered_and_works_again(
    away: Callable[[Server], AbstractContextManager[None]],
    app: FastAPI,
    settings: Settings,
    tenant: Tenant,
    api_with: Callable[[Settings, str], Api],
    tmp_path: Path,
) -> None:
    tenant.feed(tenant.event("identify", userId="u1", traits={"email": "a@example.com"}))
    tenant.feed(tenant.event("track", userId="u1"))  # without a name: a dead letter
    with EmbeddedValkey(tmp_path / "own", ValkeyParams(max_memory_mb=64)) as valkey:
        api = api_with(logging_to(settings, valkey), tenant.admin)
        person = api.get("/cdp/profiles/lookup", kind="user_id", value="u1")["id"]
        identifier = {
            "identifiers": [{"kind": "email", "value": "a@example.com"}],
            "reason": "too many",
        }
        commands: dict[str, dict[str, Any]] = {
            f"/cdp/profiles/{person}/unmerge": identifier,
            "/cdp/dead-letters/retry": {},
        }
        stuck = {"/cdp/lag", "/cdp/health"}
        with away(valkey):
            answers = asked(api, [path for path in reads(app) if path != "/cdp/live"])
            for path, body in commands.items():
                began_s = monotonic()
                answer = api.http.post(path, json=body)
                answers[path] = answer, monotonic() - began_s

        assert {path: took_s for path, (_, took_s) in answers.items() if took_s > LATEST_S} == {}
        failed = {path for path, (answer, _) in answers.items() if answer.status_code >= 500}
        assert failed == {*stuck, *commands}
        for path in failed - {"/cdp/health"}:
            problem(answers[path][0], 503, "log_unavailable")
            assert int(answers[path][0].headers["retry-after"]) >= 1
        for path in stuck:
            assert wait_until(lambda path=path: api.http.get(path).status_code == 200, 30)  # type: ignore[misc]
        for path, body in commands.items():
            api.post(path, body)
        actions = [row["action"] for row in api.get("/cdp/audit")["items"]]
        retries = [action for action in actions if action.startswith("dead_letter.")]
        assert retries == ["dead_letter.retry", "dead_letter.retry_failed", "dead_letter.retry"]


@pytest.mark.parametrize("away", [ended, frozen])
def test_who_asks_for_the_lag_at_once_waits_together_for_a_log_that_is_away(
    away: Callable[[Server], AbstractContextManager[None]],
    settings: Settings,
    tenant: Tenant,
    api_with: Callable[[Settings, str], Api],
    tmp_path: Path,
) -> None:
    with EmbeddedValkey(tmp_path / "own", ValkeyParams(max_memory_mb=64)) as valkey:
        api = api_with(logging_to(settings, valkey), tenant.admin)
        api.get("/cdp/lag")
        with away(valkey):
            answers = asked(api, [f"/cdp/lag?number={number}" for number in range(16)])
        assert max(took_s for _, took_s in answers.values()) < LATEST_S
        for answer, _ in answers.values():
            problem(answer, 503, "log_unavailable")
        assert api.get("/cdp/lag")["partitions"]


def test_the_lag_of_a_kafka_that_is_away_is_no_mistake_of_ours(
    settings: Settings, tenant: Tenant, api_with: Callable[[Settings, str], Api]
) -> None:
    kafka = settings.log.kafka.model_copy(update={"bootstrap_servers": "127.0.0.1:1"})
    log = settings.log.model_copy(update={"kind": "kafka", "kafka": kafka})
    api = api_with(settings.model_copy(update={"log": log}), tenant.admin)

    problem(api.http.get("/cdp/lag"), 503, "log_unavailable")
