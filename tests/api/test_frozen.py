"""Postgres stands still: it takes connections and never answers. Everybody else is answered."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from time import monotonic
from typing import Any
from uuid import UUID

import httpx
from fastapi import FastAPI

from config.settings import Settings
from local.servers.postgres import EmbeddedPostgres
from local.servers.process import wait_until
from tests.api.conftest import Api, Tenant
from tests.api.test_access import problem
from tests.support.frozen import frozen

LATEST_S = 10.0
"""A machine may be slow; without limits no answer would come at all."""
WITHOUT_STORE = {
    "/cdp/audience-sync/platforms",
    "/cdp/catalogue/identifiers",
    "/cdp/health/live",
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


def test_every_read_is_answered_in_time_and_works_again_by_itself(
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


def test_logins_keys_and_changes_are_answered_in_time(
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
