"""Restriction, release and objection: what they do, what they leave, and who may ask for them."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from domain.intake.envelope import encode_sealed
from domain.intake.log_refusal import LogRefusal
from domain.keys import command_id
from sinks.intake.log import LogUnavailableError
from tests.api.conftest import START_MS, Api, Tenant
from tests.api.privacy.conftest import mary

MARY = {"identifier": {"kind": "email", "value": "Mary@example.com "}, "reason": "case 116"}
RESTRICT, RELEASE, OBJECT = (
    f"/cdp/privacy/{path}" for path in ("restrictions", "restrictions/release", "objections")
)
_BEGIN = "2020-01-01T00:00:00Z"
Drain = Callable[[], list[bytes]]


@pytest.fixture
def person(tenant: Tenant, api: Api) -> str:
    """Mary, who buys and allows advertising."""
    mary(tenant)
    return str(api.get("/cdp/profiles/lookup", kind="user_id", value="mary")["id"])


def _profile(api: Api, person: str) -> dict[str, Any]:
    """A person without what goes by the clock."""
    found = api.get(f"/cdp/profiles/{person}")
    return {name: value for name, value in found.items() if name != "stage_changes_at"}


def test_a_restricted_person_is_kept_and_used_for_nothing(
    tenant: Tenant, api: Api, person: str, drain: Drain
) -> None:
    before = _profile(api, person)
    assert before["segments"]
    assert before["restricted"] is None
    request = api.post(RESTRICT, MARY | {"evidence": "letter 4711"})
    assert (request["kind"], request["status"]) == ("restriction", "requested")
    assert api.get(f"/cdp/commands/{request['command_id']}")["status"] == "pending"

    records = drain()
    tenant.feed(*records, *records)

    after = _profile(api, person)
    assert after["segments"] == []
    assert after["consent"] == {
        name: said | {"granted": False} for name, said in before["consent"].items()
    }
    assert after["restricted"]["since"][:23] == request["requested_at"][:23]
    kept = before.keys() - {"segments", "consent", "restricted"}
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    done = api.get(f"/cdp/privacy/requests/{request['id']}")
    assert (done["status"], done["removed"], done["overdue"]) == ("completed", None, False)
    assert done["completed_at"] == done["processed_at"]
    assert api.get(f"/cdp/commands/{request['command_id']}")["status"] == "processed"


def test_what_happens_meanwhile_is_kept_and_a_release_restores_everything(
    tenant: Tenant, tenants: Any, asks: Callable[[str], Api], api: Api, person: str, drain: Drain
) -> None:
    other = tenants("never")
    mary(other)
    api.post(RESTRICT, MARY)
    tenant.feed(*drain())
    late: dict[str, Any] = {
        "userId": "mary",
        "event": "Order Completed",
        "properties": {"revenue": 5},
    }
    for each in (tenant, other):
        each.feed(each.event("track", START_MS + 9_000, messageId="late", **late))
    assert _profile(api, person)["orders"] == 2
    assert _profile(api, person)["segments"] == []

    request = api.post(RELEASE, MARY)
    tenant.feed(*drain())

    assert api.get(f"/cdp/privacy/requests/{request['id']}")["status"] == "completed"
    theirs = asks(other.admin)
    never = _profile(theirs, theirs.get("/cdp/profiles/lookup", kind="user_id", value="mary")["id"])
    now = _profile(api, person)
    for names in (now, never):
        for each in names["segments"]:
            del each["id"], each["since"]
        for each in names["identifiers"]:
            del each["key"]
        del names["id"]
    assert now == never
    assert now["segments"]


def test_why_says_that_the_person_is_restricted(
    tenant: Tenant, api: Api, person: str, drain: Drain
) -> None:
    (segment,) = _profile(api, person)["segments"]
    path = f"/cdp/profiles/{person}/segments/{segment['id']}/why"
    assert not api.get(path)["restricted"]
    api.post(RESTRICT, MARY)
    tenant.feed(*drain())

    why = api.get(path)
    assert (why["restricted"], why["member"], why["member_stored"]) == (True, False, False)
    assert why["flips_at"] is None
    changes = api.get(f"/cdp/profiles/{person}/changes", since=_BEGIN)["items"]
    assert [one["segment"]["cause"] for one in changes if one["kind"] == "exit"] == ["restriction"]


def test_the_consent_history_has_no_such_purpose_and_says_why_nothing_is_granted(
    tenant: Tenant, api: Api, person: str, drain: Drain
) -> None:
    api.post(RESTRICT, MARY | {"evidence": 'the form says "consent" in ink'})
    tenant.feed(*drain())

    told = api.get(f"/cdp/profiles/{person}/consent/history", all="true")

    assert {one["purpose"] for one in told["items"]} == {"advertising"}
    (counts,) = told["in_force"]
    assert (counts["granted"], counts["because"]) == (False, "restricted")
    assert api.get("/cdp/profiles", consent="advertising")["items"] == []
    assert len(api.get("/cdp/profiles", consent="advertising:refused")["items"]) == 1


def test_a_request_is_audited_and_its_evidence_goes_with_the_statement(
    tenant: Tenant, api: Api, person: str, drain: Drain, execute: Callable[..., Any]
) -> None:
    request = api.post(RESTRICT, MARY | {"evidence": "letter 4711"})
    entry = api.get("/cdp/audit")["items"][0]
    assert (entry["action"], entry["subject"]) == ("restriction", f"profile:{person}")
    assert (entry["detail"]["request"], entry["detail"]["reason"]) == ("restriction", "case 116")
    assert "4711" not in json.dumps(entry)
    assert "mary" not in json.dumps(entry)

    tenant.feed(*drain())
    sql = "SELECT count(*) FROM privacy_requests WHERE id = %s AND told::text LIKE '%%4711%%'"
    assert execute(sql, request["id"]) == 0


def test_a_release_takes_a_restriction(tenant: Tenant, api: Api, person: str, drain: Drain) -> None:
    assert "not restricted" in api.post(RELEASE, MARY, expect=409)["detail"]
    api.post(RESTRICT, MARY)
    api.post(RELEASE, MARY)  # while the restriction waits
    tenant.feed(*drain())
    assert _profile(api, person)["restricted"] is None
    api.post(RELEASE, MARY, expect=409)


@pytest.mark.parametrize("purposes", [None, ["advertising"], ["advertising", " Advertising", "*"]])
def test_an_objection_refuses_purposes(
    tenant: Tenant, api: Api, person: str, drain: Drain, purposes: list[str] | None
) -> None:
    request = api.post(OBJECT, MARY | ({} if purposes is None else {"purposes": purposes}))
    tenant.feed(*drain())

    done = api.get(f"/cdp/privacy/requests/{request['id']}")
    assert (done["kind"], done["status"]) == ("objection", "completed")
    assert done["purposes"] == list(dict.fromkeys(one.strip().lower() for one in purposes or "*"))
    assert not _profile(api, person)["consent"]["advertising"]["granted"]
    assert _profile(api, person)["restricted"] is None
    newest = api.get(f"/cdp/profiles/{person}/consent/history")["items"][0]
    assert (newest["state"], newest["operator"]["reason"]) == ("refused", "case 116")


@pytest.mark.usefixtures("person")
@pytest.mark.parametrize(
    "wrong",
    [{"purposes": []}, {"purposes": ["never heard of"]}, {"purposes": ["ANY_USE"]}],
    ids=str,
)
def test_an_objection_is_to_what_the_workspace_knows(
    api: Api, drain: Drain, wrong: dict[str, Any]
) -> None:
    api.post(OBJECT, MARY | wrong, expect=422)
    assert drain() == []


@pytest.mark.parametrize("path", [RESTRICT, RELEASE, OBJECT])
def test_only_who_may_command_asks_and_of_their_own_people_only(
    tenant: Tenant, tenants: Any, asks: Callable[[str], Api], person: str, path: str
) -> None:
    asks(tenants("other").admin).post(path, {"profile_id": person, "reason": "case 1"}, expect=404)
    asks(tenant.write).post(path, MARY, expect=403)
    asks("").post(path, MARY, expect=401)
    asks(tenant.admin).post(path, MARY | {"reason": ""}, expect=422)


@pytest.mark.parametrize("forged", ["seal", "workspace", "purpose", "several", "consent"])
def test_a_forged_command_becomes_a_dead_letter(
    tenant: Tenant, tenants: Any, api: Api, person: str, forged: str
) -> None:
    other = tenants("other")
    body: dict[str, Any] = {
        "kind": "restriction", "workspace": tenant.id,
        "id": command_id(tenant.salt, "restriction", 5), "identifier": ["user_id", "mary"],
        "purpose": "ANY_USE", "state": "refused", "stated": START_MS + 9, "author": "somebody",
        "reason": "none",
    }  # fmt: skip
    wrong: dict[str, dict[str, Any]] = {
        "purpose": {"purpose": "advertising"},
        "several": {"purposes": ["ANY_USE", "advertising"]},
        "consent": {"kind": "consent"},
    }
    body |= wrong.get(forged, {})
    salt = {"seal": b"none", "workspace": other.salt}.get(forged, tenant.salt)
    tenant.feed(encode_sealed(salt, START_MS + 9, json.dumps(body).encode()))

    assert _profile(api, person)["restricted"] is None
    (letter,) = api.get("/cdp/dead-letters")["items"]
    assert letter["reason"] == "bad_command"


@pytest.mark.parametrize("name", ["ANY_USE", "any_use", "ＡＮＹ_ＵＳＥ"])
@pytest.mark.parametrize("granted", [True, False])
def test_a_source_that_states_the_reserved_name_restricts_and_releases_nobody(
    tenant: Tenant, api: Api, person: str, drain: Drain, name: str, *, granted: bool
) -> None:
    said = {"consent": {"categoryPreferences": {name: granted}}}
    tenant.feed(tenant.event("identify", START_MS + 5_000, userId="mary", context=said))
    assert _profile(api, person)["restricted"] is None
    api.post(RESTRICT, MARY)
    tenant.feed(*drain())
    tenant.feed(tenant.event("identify", START_MS * 2, userId="mary", context=said))
    assert _profile(api, person)["restricted"] is not None


def test_an_erasure_takes_a_restriction_along(
    tenant: Tenant, api: Api, person: str, drain: Drain
) -> None:
    waiting = api.post(RESTRICT, MARY | {"evidence": "letter 4711"})
    records = drain()
    api.post("/cdp/privacy/erasures", {"profile_id": person, "reason": "case 117"})
    tenant.feed(*drain())

    done = api.get(f"/cdp/privacy/requests/{waiting['id']}")
    assert done["status"] == "completed"
    api.post(f"/cdp/privacy/requests/{waiting['id']}/retry", expect=409)
    tenant.feed(*records)
    api.get(f"/cdp/profiles/{person}", expect=404)


def test_while_the_log_is_away_a_restriction_is_kept_as_not_sent_and_sent_again(
    tenant: Tenant,
    api: Api,
    app: Any,
    person: str,
    drain: Drain,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as away:

        async def refuse(*_: object) -> None:
            raise LogUnavailableError(next(iter(LogRefusal)), 2.0)

        away.setattr(app.state.log, "append", refuse)
        api.post(RESTRICT, MARY | {"evidence": "letter 4711"}, expect=503)
    (request,) = api.get("/cdp/privacy/requests", status="not_sent")["items"]
    path = f"/cdp/privacy/requests/{request['id']}/retry"
    assert api.post(path)["status"] == "requested"
    (record,) = drain()
    api.post(path)
    assert drain() == [record], "the same record, which is processed once"

    tenant.feed(record, record)

    assert _profile(api, person)["restricted"] is not None
    assert api.get("/cdp/dead-letters")["items"] == []
    api.post(path, expect=409)
    actions = [entry["action"] for entry in api.get("/cdp/audit")["items"]]
    assert actions[:3] == ["restriction.retry", "restriction.retry", "restriction"]
