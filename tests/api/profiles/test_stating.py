"""An operator's statement of consent: who may make one, what it does, and what it does not."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.intake.envelope import encode_sealed
from domain.keys import command_id
from tests.api.conftest import START_MS, Api, Tenant

WITHDRAWAL = {"purpose": "advertising", "state": "refused", "reason": "asked on the phone"}
GRANT = WITHDRAWAL | {"state": "granted", "evidence": "form 4711"}


@pytest.fixture
def person(tenant: Tenant, api: Api) -> str:
    """Mary, who allowed advertising."""
    context = {"consent": {"categoryPreferences": {"advertising": True}}}
    traits = {"email": "mary@example.com"}
    tenant.feed(tenant.event("identify", START_MS, userId="mary", traits=traits, context=context))
    return str(api.get("/cdp/profiles/lookup", kind="user_id", value="mary")["id"])


def test_a_withdrawal_counts_and_is_no_activity(
    tenant: Tenant, api: Api, person: str, drain: Callable[[], list[bytes]]
) -> None:
    before = api.get(f"/cdp/profiles/{person}")
    command = api.post(f"/cdp/profiles/{person}/consent", WITHDRAWAL)["command_id"]
    assert api.get(f"/cdp/commands/{command}")["status"] == "pending"

    records = drain()
    tenant.feed(*records, *records)

    assert api.get(f"/cdp/commands/{command}")["status"] == "processed"
    after = api.get(f"/cdp/profiles/{person}")
    assert not after["consent"]["advertising"]["granted"]
    for part in ("events", "first_seen_at", "last_seen_at", "sessions", "stage", "identifiers"):
        assert after[part] == before[part]
    told = api.get(f"/cdp/profiles/{person}/consent/history")
    newest = told["items"][0]
    assert (newest["state"], newest["form"], newest["source_id"], newest["in_force"]) == (
        "refused", "operator", 0, True,
    )  # fmt: skip
    assert newest["operator"]["reason"] == "asked on the phone"
    assert told["in_force"][0]["because"] == "newest"


def test_a_grant_of_the_past_does_not_undo_what_was_said_since(
    tenant: Tenant, api: Api, person: str, drain: Callable[[], list[bytes]]
) -> None:
    earlier = datetime.fromtimestamp(START_MS / 1000, UTC) - timedelta(days=1)
    context = {"consent": {"categoryPreferences": {"advertising": False}}}
    tenant.feed(tenant.event("identify", START_MS + 1, userId="mary", context=context))

    body = GRANT | {"stated_at": earlier.isoformat(), "version": "2026-02"}
    api.post(f"/cdp/profiles/{person}/consent", body)
    tenant.feed(*drain())

    assert not api.get(f"/cdp/profiles/{person}")["consent"]["advertising"]["granted"]
    oldest = api.get(f"/cdp/profiles/{person}/consent/history")["items"][-1]
    assert (oldest["form"], oldest["version"], oldest["at"]) == (
        "operator", "2026-02", "2026-09-20T14:13:20Z",
    )  # fmt: skip
    assert oldest["operator"]["evidence"] == "form 4711"


def test_a_statement_is_audited_without_its_evidence(api: Api, person: str) -> None:
    api.post(f"/cdp/profiles/{person}/consent", GRANT)

    entry = api.get("/cdp/audit")["items"][0]

    assert (entry["action"], entry["subject"]) == ("consent", f"profile:{person}")
    assert entry["detail"]["reason"] == "asked on the phone"
    assert "4711" not in json.dumps(entry)
    assert "mary" not in json.dumps(entry)


@pytest.mark.parametrize(
    "wrong",
    [
        {"reason": ""},
        {"reason": None},
        {"evidence": ""},
        {"evidence": None},
        {"state": "maybe"},
        {"purpose": "*"},
        {"purpose": " "},
        {"purpose": "never heard of"},
        {"stated_at": "2199-01-01T00:00:00Z"},
        {"stated_at": "2020-01-01T00:00:00"},
    ],
    ids=str,
)
def test_what_cannot_be_stated_is_refused(
    api: Api, person: str, drain: Callable[[], list[bytes]], wrong: dict[str, Any]
) -> None:
    said = api.post(f"/cdp/profiles/{person}/consent", GRANT | wrong, expect=422)

    assert drain() == []
    if wrong.get("purpose") == "never heard of":
        assert "advertising" in said["detail"]


def test_every_purpose_is_refused_at_once(
    tenant: Tenant, api: Api, person: str, drain: Callable[[], list[bytes]]
) -> None:
    api.post(f"/cdp/profiles/{person}/consent", WITHDRAWAL | {"purpose": "*"})
    tenant.feed(*drain())

    assert not api.get(f"/cdp/profiles/{person}")["consent"]["advertising"]["granted"]


def test_only_who_may_command_states_anything_and_of_their_own_people_only(
    tenant: Tenant, tenants: Any, asks: Callable[[str], Api], person: str
) -> None:
    path = f"/cdp/profiles/{person}/consent"
    asks(tenants("other").admin).post(path, WITHDRAWAL, expect=404)
    asks(tenant.write).post(path, WITHDRAWAL, expect=403)
    asks("").post(path, WITHDRAWAL, expect=401)


@pytest.mark.parametrize("forged", ["seal", "workspace", "purpose", "identifier", "grant of all"])
def test_a_forged_command_becomes_a_dead_letter(
    tenant: Tenant, tenants: Any, api: Api, person: str, forged: str
) -> None:
    other = tenants("other")
    body: dict[str, Any] = {
        "kind": "consent", "workspace": tenant.id, "id": command_id(tenant.salt, "consent", 5),
        "identifier": ["user_id", "mary"], "purpose": "advertising", "state": "refused",
        "stated": START_MS + 9, "author": "somebody", "reason": "none",
    }  # fmt: skip
    wrong: dict[str, dict[str, Any]] = {
        "seal": {},
        "workspace": {},
        "purpose": {"purpose": " Advertising"},
        "identifier": {"identifier": ["user_id", ""]},
        "grant of all": {"purpose": "*", "state": "granted"},
    }
    body |= wrong[forged]

    salt = {"seal": b"none", "workspace": other.salt}.get(forged, tenant.salt)
    tenant.feed(encode_sealed(salt, START_MS + 9, json.dumps(body).encode()))

    assert api.get(f"/cdp/profiles/{person}")["consent"]["advertising"]["granted"]
    (letter,) = api.get("/cdp/dead-letters")["items"]
    assert letter["reason"] in {"bad_command", "invalid_type"}
