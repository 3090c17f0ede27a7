"""Why somebody did something dangerous is said in words: what cannot be read is no reason."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from config.settings import Settings
from tests.api.conftest import Api, Tenant, with_meta
from tests.api.test_identity import family, person

UNREADABLE: Final = (
    " \t\u00a0\n ",
    "x",
    "\u200b\u200b\u200b",
    "x\u200b\u200b",
    "\x1b[31mred",
    "a\u202etxt.exe",
    "two\nlines",
)
END: Final = "2026-01-01T00:00:00Z"
LINKS: Final = [
    [{"kind": "anonymous_id", "value": "a1"}, {"kind": "email", "value": "family@example.com"}]
]
DANGEROUS: Final[tuple[tuple[str, str, dict[str, Any]], ...]] = (
    ("PUT", "/cdp/gate/mode", {"scope": "workspace", "mode": "frozen"}),
    (
        "POST",
        "/cdp/gate/overrides",
        {"scope": "workspace", "codes": ["stale"], "expires_at": END},
    ),
    ("POST", "/cdp/audience-sync/audiences/1/release", {"expires_at": END}),
    ("POST", "/cdp/audience-sync/audiences/1/confirm", {}),
    ("POST", "/cdp/audience-sync/audiences/1/reconcile", {"resend": True}),
    ("POST", "/cdp/platforms/meta/disconnect", {}),
    ("POST", "/cdp/profiles/{person}/unmerge", {"links": LINKS}),
    ("POST", "/cdp/links/allow", {"links": LINKS}),
    ("POST", "/cdp/privacy/erasures", {"profile_id": "{person}"}),
    ("POST", "/cdp/segments/1/publish", {}),
    ("PUT", "/cdp/rfm", {"rule": {}}),
    ("DELETE", "/cdp/audience-sync/audiences/1", {}),
    ("DELETE", "/cdp/keys/1", {}),
    ("POST", "/cdp/audiences/export", {"segment_id": 1, "format": "csv", "purpose": "none"}),
)
"""Whatever takes a reason."""


@pytest.mark.parametrize(("method", "path", "body"), DANGEROUS)
def test_what_nobody_can_read_is_no_reason(
    tenant: Tenant, api: Api, method: str, path: str, body: dict[str, Any]
) -> None:
    family(tenant)
    path = path.format(person=person(api, "user_id", "u1"))
    before = api.get("/cdp/audit")

    for reason in UNREADABLE:
        answer = api.http.request(method, path, json=body | {"reason": reason})

        assert answer.status_code == 422, (reason, answer.text)
        problems = [problem["field"] for problem in answer.json()["errors"]]
        assert {"body.reason", "body"} & set(problems), (reason, problems)
    assert api.get("/cdp/audit") == before


def test_a_reason_is_kept_without_the_blanks_around_it(
    tenant: Tenant, api: Api, drain: Callable[[], list[bytes]]
) -> None:
    family(tenant)
    path = f"/cdp/profiles/{person(api, 'user_id', 'u1')}/unmerge"
    api.post(path, {"links": LINKS, "reason": "  the daughter\n"})
    freeze = {"scope": "workspace", "mode": "frozen", "reason": " too much "}

    assert api.put("/cdp/gate/mode", freeze)[0]["reason"] == "too much"
    frozen, banned = api.get("/cdp/audit")["items"][:2]
    assert frozen["detail"]["reason"] == "too much"
    assert banned["detail"]["reason"] == "the daughter"
    assert b"  the daughter" not in b"".join(drain())


Act = tuple[str, str, dict[str, Any], str]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Settings with Meta connected."""
    return with_meta(settings)


def _definitions(api: Api) -> list[Act]:
    """Publishing and deleting of a segment, of a draft, of a trait and of RFM."""
    rule = {"type": "trait", "name": "plan", "condition": {"op": "equals", "value": "vip"}}
    counted = {"function": "count", "event": {"name": "Order Completed"}}
    live, draft = (
        api.post("/cdp/segments", {"name": name, "rule": rule}, 201)["id"] for name in "ab"
    )
    trait = api.post("/cdp/traits", {"name": "orders", "rule": counted}, 201)["id"]
    return [
        ("POST", f"/cdp/segments/{live}/publish", {}, "segment.publish"),
        ("DELETE", f"/cdp/segments/{live}", {}, "segment.delete"),
        ("DELETE", f"/cdp/segments/{draft}", {}, "segment.delete"),
        ("POST", f"/cdp/traits/{trait}/publish", {}, "trait.publish"),
        ("DELETE", f"/cdp/traits/{trait}", {}, "trait.delete"),
        ("PUT", "/cdp/rfm", {"rule": {}}, "rfm.publish"),
        ("DELETE", "/cdp/rfm", {}, "rfm.delete"),
    ]


def _outgoing(api: Api) -> list[Act]:
    """Deleting of an audience and of an export."""
    (segment,) = api.get("/cdp/segments", search="customers")["items"]
    audience = {"segment_id": segment["id"], "platform": "meta", "name": "A", "interval_s": 7200}
    made = api.post("/cdp/audience-sync/audiences", audience, 201)["id"]
    export = api.post("/cdp/audiences/export?wait=false", {"segment_id": segment["id"]})["id"]
    return [
        ("DELETE", f"/cdp/audience-sync/audiences/{made}", {}, "audience.delete"),
        ("DELETE", f"/cdp/exports/{export}", {}, "export.cancel"),
    ]


def _access(api: Api) -> list[Act]:
    """Revoking of an API key and of a write key."""
    key = api.post("/cdp/keys", {"name": "report", "scopes": ["read"]}, 201)["id"]
    source = api.post("/cdp/sources", {"name": "shop"}, 201)
    (write_key,) = source["keys"]
    path = f"/cdp/sources/{source['id']}/keys/{write_key['id']}"
    return [
        ("DELETE", f"/cdp/keys/{key}", {}, "key.revoke"),
        ("DELETE", path, {}, "write_key.revoke"),
    ]


def _interventions(api: Api) -> list[Act]:
    """Approving and revoking of what somebody else said to the gate."""
    end = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    body = {"scope": "workspace", "codes": ["stale"], "reason": "known", "expires_at": end}
    path = f"/cdp/gate/overrides/{api.post('/cdp/gate/overrides', body, 201)['id']}"
    return [
        ("POST", f"{path}/approve", {}, "gate.override.approve"),
        ("DELETE", path, {}, "gate.override.revoke"),
    ]


@pytest.mark.parametrize("acts", [_definitions, _outgoing, _access, _interventions])
@pytest.mark.parametrize("reason", [None, "  agreed on\n"])
def test_the_audit_log_keeps_why_something_is_done_where_somebody_says_it(
    tenant: Tenant, api: Api, asks: Callable[[str], Api], acts: Any, reason: str | None
) -> None:
    approver = asks(tenant.gate)
    for method, path, body, action in acts(api):
        said = body if reason is None else body | {"reason": reason}
        who = approver if path.endswith("/approve") else api

        answer = who.http.request(method, path, json=said or None)

        assert answer.is_success, (path, answer.text)
        (newest,) = api.get("/cdp/audit", action=action, limit=1)["items"]
        kept = None if reason is None else "agreed on"
        assert newest["detail"].get("reason") == kept, (path, newest)
