"""The engine removes what the preview named, and the register tells it."""

import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis
from typer.testing import CliRunner

from cli.main import app as stratum
from config.settings import Settings
from dataflows.erasure.rounds import Rounds
from store.unify.unit_of_work import PostgresUnitOfWork
from tests.api.conftest import START_MS, Api, Tenant
from tests.api.privacy.conftest import Hand, mary

LOGIN = {"kind": "user_id", "value": "mary"}


def test_the_engine_removes_what_the_preview_named(
    tenant: Tenant,
    api: Api,
    hand: Hand,
    drain: Callable[[], list[bytes]],
    erase: Callable[..., dict[str, Any]],
) -> None:
    mary(tenant)
    tenant.feed(tenant.event("identify", START_MS + 4_000, userId="john", anonymousId="browser"))
    person = api.get("/cdp/profiles/lookup", kind="user_id", value="mary")["id"]
    audience = hand.audience(person)
    preview = api.post("/cdp/privacy/erasures/preview", {"identifier": LOGIN}, 200)

    request = erase(fingerprint=preview["fingerprint"])
    tenant.feed(*drain())

    found = api.get(f"/cdp/privacy/requests/{request['id']}")
    assert found["status"] == "processing"
    assert found["removed"] == {
        "identifiers": sum(preview["identifiers"].values()),
        "events": sum(source["events"] for source in preview["events"]),
        "links": preview["links"],
        "merges": preview["merges"],
        "memberships": len(preview["segments"]),
    }
    assert [one["audience_id"] for one in found["recipients"]] == [audience]
    assert api.get(f"/cdp/commands/{request['command_id']}")["status"] == "processed"
    api.post("/cdp/privacy/erasures/preview", {"identifier": LOGIN}, 404)
    api.post("/cdp/privacy/erasures/preview", {"profile_id": person}, 404)
    assert api.get("/cdp/profiles/lookup", kind="user_id", value="john")["events"]["total"] == 1


def test_a_command_that_is_sent_again_removes_nothing_more(
    tenant: Tenant,
    api: Api,
    drain: Callable[[], list[bytes]],
    erase: Callable[..., dict[str, Any]],
) -> None:
    mary(tenant)
    request = erase()
    api.post(f"/cdp/privacy/requests/{request['id']}/retry")
    first, second = drain()

    tenant.feed(first)
    removed = api.get(f"/cdp/privacy/requests/{request['id']}")["removed"]
    tenant.feed(second)

    assert first == second
    assert removed["events"] == 4
    assert api.get(f"/cdp/privacy/requests/{request['id']}")["removed"] == removed


def test_upkeep_completes_it_and_its_receipt_holds(
    tenant: Tenant,
    api: Api,
    settings: Settings,
    drain: Callable[[], list[bytes]],
    erase: Callable[..., dict[str, Any]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mary(tenant)
    tenant.feed(tenant.event("identify", START_MS + 4_000, userId="john", anonymousId="browser"))
    request = erase()
    tenant.feed(*drain())
    path = f"/cdp/privacy/requests/{request['id']}"
    api.get(f"{path}/receipt", 409)

    dsn = settings.postgres.dsn.get_secret_value()
    clock = [0.0]
    with (
        psycopg.connect(dsn, autocommit=True) as conn,
        closing(PostgresUnitOfWork(dsn, 0)) as engine,
        redis.Redis.from_url(settings.redis.url.get_secret_value()) as client,
    ):
        rounds = Rounds(settings, conn, engine, client, lambda: clock[0])
        deadline_s = time.monotonic() + 60
        while api.get(path)["status"] != "completed":
            assert time.monotonic() < deadline_s, api.get(path)
            rounds.run_once()
            clock[0] += 3_600.0

    found = api.get(path)
    assert found["status"] == "completed", found
    assert all(step["at"] for step in found["steps"]), found["steps"]
    receipt = tmp_path / "receipt.json"
    receipt.write_bytes(api.http.get(f"{path}/receipt").content)
    monkeypatch.setenv("STRATUM_POSTGRES__DSN", dsn)
    result = CliRunner().invoke(stratum, ["privacy", "verify", str(receipt)])
    assert result.exit_code == 0, result.output
    assert "processed_at, recipients, steps" in result.output
