"""Whoever acted by an API key is named beside it, and only where the key is the workspace's own."""

from collections.abc import Callable

import psycopg
import pytest
from psycopg.types.json import Jsonb

from config.settings import Settings
from store.fetch import Pool
from store.workspaces import registry
from tests.api.conftest import Api, Tenant

COUNTED = {"function": "count", "event": {"name": "Order Completed"}}
CUSTOMERS = {"type": "lifecycle", "stages": ["customer"]}


@pytest.fixture
def audited(settings: Settings, tenant: Tenant) -> Callable[[str], None]:
    """Writes an entry of an actor into the audit log."""

    def write(actor: str) -> None:
        with psycopg.connect(settings.postgres.dsn.get_secret_value()) as conn:
            conn.execute(
                "INSERT INTO audit (workspace_id, at, actor, action, subject, detail)"
                " VALUES (%s, now(), %s, 'test', 'test', %s)",
                (tenant.id, actor, Jsonb({})),
            )

    return write


def key_of(settings: Settings, workspace: int, name: str) -> int:
    with psycopg.connect(settings.postgres.dsn.get_secret_value()) as conn:
        row = conn.execute(
            "SELECT id FROM api_keys WHERE workspace_id = %s AND name = %s", (workspace, name)
        ).fetchone()
    assert row is not None
    return int(row[0])


def named(api: Api) -> dict[str, str | None]:
    entries = api.get("/cdp/audit", action="test", limit=200)["items"]
    return {entry["actor"]: entry["actor_name"] for entry in entries}


def test_a_key_is_named_also_when_it_is_revoked_and_no_other_workspaces_key_is(
    settings: Settings,
    tenant: Tenant,
    tenants: Callable[[str], Tenant],
    audited: Callable[[str], None],
    asks: Callable[[str], Api],
) -> None:
    own = key_of(settings, tenant.id, "operator")
    others = key_of(settings, tenants("second").id, "operator")
    with psycopg.connect(settings.postgres.dsn.get_secret_value()) as conn:
        conn.execute("UPDATE api_keys SET revoked_at = now() WHERE id = %s", (own,))
    odd = ["engine", "console:ada", "key:", "key:-1", "key:99999999999999999999", "key:²", "key: 1"]
    for actor in [f"key:{own}", f"key:{others}", *odd]:
        audited(actor)

    assert named(asks(tenant.read)) == {
        f"key:{own}": "operator",
        f"key:{others}": None,
        **dict.fromkeys(odd),
    }


def test_names_of_a_page_are_looked_up_at_once(
    settings: Settings,
    tenant: Tenant,
    audited: Callable[[str], None],
    asks: Callable[[str], Api],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    own = key_of(settings, tenant.id, "operator")
    for _ in range(30):
        audited(f"key:{own}")
    looked_up: list[list[int]] = []
    look_up = registry.key_names

    async def counting(pool: Pool, workspace: int, ids: list[int]) -> dict[int, str]:
        looked_up.append(ids)
        return await look_up(pool, workspace, ids)

    monkeypatch.setattr(registry, "key_names", counting)

    assert named(asks(tenant.read)) == {f"key:{own}": "operator"}
    assert looked_up == [[own]]


def test_names_are_looked_up_only_where_keys_are(
    audited: Callable[[str], None],
    tenant: Tenant,
    asks: Callable[[str], Api],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    audited("engine")

    async def never(*_: object) -> dict[int, str]:
        raise AssertionError

    monkeypatch.setattr(registry, "key_names", never)

    assert named(asks(tenant.read)) == {"engine": None}


def test_every_kind_of_answer_names_who_acted(tenant: Tenant, asks: Callable[[str], Api]) -> None:
    api = asks(tenant.admin)
    segment = api.post("/cdp/segments", {"name": "mine", "rule": CUSTOMERS}, 201)["id"]
    api.post(f"/cdp/segments/{segment}/publish")
    trait = api.post("/cdp/traits", {"name": "mine", "rule": COUNTED}, 201)["id"]
    api.put("/cdp/rfm", {"rule": {}}, 202)
    api.put("/cdp/gate/mode", {"scope": "workspace", "mode": "frozen", "reason": "a test"})
    export = api.post("/cdp/audiences/export?wait=false", {"segment_id": segment})

    versions = api.get(f"/cdp/segments/{segment}/versions")["items"]
    gate = api.get("/cdp/gate")

    assert [(one["author_name"], one["published_by_name"]) for one in versions] == [
        ("admin", "admin")
    ]
    assert api.get(f"/cdp/traits/{trait}/versions")["items"][0]["author_name"] == "admin"
    assert api.get("/cdp/rfm/versions")["items"][0]["author_name"] == "admin"
    assert [one["author_name"] for one in gate["modes"]] == ["admin"]
    assert gate["modes"][0]["approved_by_name"] is None
    assert export["requested_by_name"] == "admin"
    assert api.get("/cdp/exports")["items"][0]["requested_by_name"] == "admin"
