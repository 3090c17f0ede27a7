"""Sources and their write keys over the API: made, replaced, revoked, and whether events come."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psycopg
import pytest

from config.collector import EdgeParams, KeyParams
from config.settings import Settings
from store.workspaces.sources import KEYS_LIMIT
from tests.api.conftest import Api, Tenant


def send(api: Api, write_key: str) -> int:
    event = {"type": "track", "event": "x", "userId": "u"}
    return httpx.post(
        f"{api.http.base_url}/v1/track", json=event, auth=(write_key, ""), timeout=30
    ).status_code


def test_a_source_is_made_with_a_key_that_is_shown_once(api: Api) -> None:
    answer = api.http.post("/cdp/sources", json={"name": " shop ", "default_region": "de"})
    made = answer.json()

    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    assert (made["name"], made["topic"], made["last_accepted_at"], made["events_24h"]) == (
        "shop", None, None, 0,
    )  # fmt: skip
    assert send(api, made["write_key"]) == 200
    sources = {source["name"]: source for source in api.everything("/cdp/sources", limit=1)}
    assert sources["shop"] == {name: made[name] for name in made if name != "write_key"}
    newest = api.get("/cdp/audit")["items"][0]
    assert (newest["action"], newest["subject"]) == ("source.create", f"source:{made['id']}")
    api.post("/cdp/sources", {"name": "shop"}, 409)


def test_a_key_is_replaced_without_a_gap(
    api_with: Callable[[Settings, str], Api], settings: Settings, tenant: Tenant
) -> None:
    fresh = KeyParams(fresh=timedelta(), unknown_fresh=timedelta())
    api = api_with(settings.model_copy(update={"edge": EdgeParams(keys=fresh)}), tenant.admin)
    source = api.post("/cdp/sources", {"name": "shop"}, 201)
    old, path = source["keys"][0]["id"], f"/cdp/sources/{source['id']}/keys"

    new = api.post(path, None, 201)
    assert [send(api, key) for key in (source["write_key"], new["write_key"])] == [200, 200]
    revoked = api.delete(f"{path}/{old}")

    assert [send(api, key) for key in (source["write_key"], new["write_key"])] == [401, 200]
    assert (revoked["id"], revoked["revoked_at"] is None) == (old, False)
    assert api.delete(f"{path}/{old}") == revoked
    listed = api.get("/cdp/sources")["items"][-1]["keys"]
    assert [key["id"] for key in listed] == [new["id"], old]
    actions = [entry["action"] for entry in reversed(api.get("/cdp/audit")["items"])]
    assert actions[-3:] == ["source.create", "write_key.create", "write_key.revoke"]


def test_a_source_has_so_many_working_keys(api: Api) -> None:
    path = f"/cdp/sources/{api.get('/cdp/sources')['items'][0]['id']}/keys"
    made = [api.post(path, None, 201)["id"] for _ in range(KEYS_LIMIT - 1)]
    api.post(path, None, 409)
    api.delete(f"{path}/{made[0]}")
    api.post(path, None, 201)


def test_a_source_tells_when_events_came_last_and_how_many_in_a_day(
    api: Api, tenant: Tenant, settings: Settings
) -> None:
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    with psycopg.connect(settings.postgres.dsn.get_secret_value()) as conn:
        for ago, shard, metric, value in (
            (timedelta(hours=25), 0, "accepted", 1000), (timedelta(hours=3), 0, "accepted", 20),
            (timedelta(hours=2), 0, "accepted", 3), (timedelta(hours=2), 1, "accepted", 4),
            (timedelta(hours=1), 0, "rejected:missing_event", 500),
        ):  # fmt: skip
            conn.execute(
                "INSERT INTO observations (workspace_id, signal, minute_at, shard, metric, value)"
                " VALUES (%s, %s, %s, %s, %s, %s)",
                (tenant.id, f"source:{tenant.source}", now - ago, shard, metric, value),
            )

    (source,) = api.get("/cdp/sources")["items"]

    assert source["events_24h"] == 27
    last = datetime.fromisoformat(source["last_accepted_at"])
    assert now - timedelta(hours=2) <= last <= now - timedelta(hours=2) + timedelta(minutes=1)


@pytest.mark.parametrize(
    "body",
    [
        {}, {"name": ""}, {"name": " "}, {"name": "x" * 101}, {"name": None}, {"name": "a\0b"},
        {"name": "x", "default_region": "Germany"}, {"name": "x", "topic": "orders"},
        {"name": "x", "default_region": "12"},
    ],
)  # fmt: skip
def test_an_odd_source_is_refused(api: Api, body: Any) -> None:
    api.post("/cdp/sources", body, 422)


def test_readers_list_sources_and_admins_change_them(
    tenant: Tenant, asks: Callable[[str], Api]
) -> None:
    for key in (tenant.read, tenant.write):
        api = asks(key)
        (source,) = api.get("/cdp/sources")["items"]
        path = f"/cdp/sources/{source['id']}/keys"
        api.post("/cdp/sources", {"name": "x"}, 403)
        api.post(path, None, 403)
        api.delete(f"{path}/{source['keys'][0]['id']}", 403)


def test_another_workspaces_source_is_none(
    api: Api, tenants: Callable[[str], Tenant], asks: Callable[[str], Api]
) -> None:
    stranger = asks(tenants("second").admin)
    (mine,) = api.get("/cdp/sources")["items"]
    (theirs,) = stranger.get("/cdp/sources")["items"]
    key = mine["keys"][0]["id"]

    stranger.post(f"/cdp/sources/{mine['id']}/keys", None, 404)
    stranger.delete(f"/cdp/sources/{mine['id']}/keys/{key}", 404)
    stranger.delete(f"/cdp/sources/{theirs['id']}/keys/{key}", 404)
    stranger.delete(f"/cdp/sources/{2**62}/keys/{2**62}", 404)
    assert api.get("/cdp/sources")["items"] == [mine]
