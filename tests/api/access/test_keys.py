"""API keys made and revoked over the API: shown once, never beyond one's own scopes."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from config.settings import Settings
from domain.ids import WorkspaceId
from store.workspaces.keys import LastAdminKeyError, Owner, revoke_api_key
from tests.api.conftest import Api, Tenant
from tests.api.test_access import problem


def ids(api: Api) -> dict[str, int]:
    return {key["name"]: key["id"] for key in api.everything("/cdp/keys", limit=1)}


def test_a_key_is_shown_once_and_works(api: Api, asks: Callable[[str], Api]) -> None:
    answer = api.http.post("/cdp/keys", json={"name": " mary ", "scopes": ["write", "read"]})
    made = answer.json()

    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    assert (made["name"], made["scopes"], made["revoked_at"]) == ("mary", ["read", "write"], None)
    assert asks(made["key"]).get("/cdp/login")["name"] == "mary"
    listed = next(key for key in api.everything("/cdp/keys") if key["id"] == made["id"])
    assert listed["last_used_at"] is not None
    assert made["key"] not in api.http.get("/cdp/keys").text
    newest = api.get("/cdp/audit")["items"][0]
    assert (newest["action"], newest["subject"]) == ("key.create", f"key:{made['id']}")
    assert newest["detail"] == {"scopes": ["read", "write"]}


def test_a_key_grants_no_scope_that_it_lacks(api: Api, asks: Callable[[str], Api]) -> None:
    plain = api.post("/cdp/keys", {"name": "plain", "scopes": ["read", "admin"]}, 201)["key"]

    for scopes in (["gate"], ["write"], ["read", "write", "gate", "admin"]):
        body = {"name": "more", "scopes": scopes}
        assert asks(plain).post("/cdp/keys", body, 403)["code"] == "forbidden"
    assert "more" not in ids(api)
    asks(plain).post("/cdp/keys", {"name": "same", "scopes": ["admin", "read"]}, 201)


def test_only_admins_see_and_change_keys(tenant: Tenant, asks: Callable[[str], Api]) -> None:
    for key in (tenant.read, tenant.write, tenant.gate):
        api = asks(key)
        api.get("/cdp/keys", 403)
        api.post("/cdp/keys", {"name": "x", "scopes": ["read"]}, 403)
        api.delete("/cdp/keys/1", 403)


@pytest.mark.parametrize(
    "body",
    [
        {}, {"name": "x"}, {"name": "x", "scopes": []}, {"name": "", "scopes": ["read"]},
        {"name": "  ", "scopes": ["read"]}, {"name": "x" * 101, "scopes": ["read"]},
        {"name": "x", "scopes": ["root"]}, {"name": "x", "scopes": ["read"] * 5},
        {"name": 1, "scopes": ["read"]}, {"name": "x", "scopes": "read"},
        {"name": "a\0b", "scopes": ["read"]}, {"name": "x", "scopes": ["read"], "id": 1},
    ],
)  # fmt: skip
def test_an_odd_key_is_refused(api: Api, body: Any) -> None:
    api.post("/cdp/keys", body, 422)


def test_a_revoked_key_ends_and_so_do_its_logins(
    api: Api, tenant: Tenant, asks: Callable[[str], Api], settings: Settings
) -> None:
    login = asks("").http.post("/cdp/login", json={"api_key": tenant.read})
    cookie = {"cookie": login.headers["set-cookie"].partition(";")[0]}
    reader = ids(api)["reader"]

    revoked = api.delete(f"/cdp/keys/{reader}")

    assert revoked["revoked_at"] is not None
    problem(asks("").http.get("/cdp/login", headers=cookie), 401, "unauthorized")
    with psycopg.connect(settings.postgres.dsn.get_secret_value()) as conn:
        assert conn.execute("SELECT 1 FROM logins").fetchall() == []
    assert api.delete(f"/cdp/keys/{reader}") == revoked
    actions = [entry["action"] for entry in api.get("/cdp/audit")["items"]]
    assert actions.count("key.revoke") == 1


def test_the_last_admin_key_stays(api: Api) -> None:
    admin = ids(api)["admin"]
    assert api.delete(f"/cdp/keys/{admin}", 409)["code"] == "last_admin_key"
    api.post("/cdp/keys", {"name": "second", "scopes": ["admin"]}, 201)
    assert api.delete(f"/cdp/keys/{admin}")["revoked_at"] is not None


def test_two_who_revoke_the_last_two_admin_keys_leave_one(
    api: Api, tenant: Tenant, settings: Settings
) -> None:
    for number in range(3):
        api.post("/cdp/keys", {"name": f"admin {number}", "scopes": ["admin"]}, 201)
    admins = [key["id"] for key in api.everything("/cdp/keys") if "admin" in key["scopes"]]

    def revoke(key: int) -> bool:
        with psycopg.connect(settings.postgres.dsn.get_secret_value()) as conn:
            try:
                return revoke_api_key(conn, Owner(WorkspaceId(tenant.id), "test"), key)
            except LastAdminKeyError:
                return False

    with ThreadPoolExecutor(len(admins)) as threads:
        assert sum(threads.map(revoke, admins)) == len(admins) - 1


def test_another_workspaces_key_is_none(
    api: Api, tenants: Callable[[str], Tenant], asks: Callable[[str], Api]
) -> None:
    stranger = asks(tenants("second").admin)

    stranger.delete(f"/cdp/keys/{ids(api)['reader']}", 404)
    stranger.delete(f"/cdp/keys/{2**62}", 404)
    assert not set(ids(stranger).values()) & set(ids(api).values())


def test_a_key_revoked_a_moment_ago_makes_no_successor(
    api: Api, asks: Callable[[str], Api], settings: Settings
) -> None:
    body = {"name": "leaked", "scopes": ["admin", "read"]}
    made = api.post("/cdp/keys", body, 201)
    leaked = asks(made["key"])
    leaked.get("/cdp/keys")  # the process remembers it now
    with psycopg.connect(settings.postgres.dsn.get_secret_value()) as conn:  # by another process
        conn.execute("UPDATE api_keys SET revoked_at = now() WHERE id = %s", (made["id"],))

    leaked.post("/cdp/keys", {"name": "next", "scopes": ["admin"]}, 401)
    assert "next" not in ids(api)
