"""Each law leaves its own time for an answer, which may be extended once, with a reason."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest

from config.privacy import Regulation
from config.settings import Settings
from domain.instants import MS
from store.alerts.conditions import ConditionParams
from store.alerts.privacy_conditions import privacy
from tests.api.conftest import Api, Tenant
from tests.api.privacy.conftest import Hand, mary

LOGIN = {"identifier": {"kind": "user_id", "value": "mary"}, "reason": "case 116"}
WHY = {"reason": "several archives have to be searched"}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Settings with a third law."""
    laws = dict(settings.privacy.regulations)
    laws["lgpd"] = Regulation(timedelta(days=15), timedelta(days=15))
    privacy = settings.privacy.__class__(regulations=laws)
    return settings.model_copy(update={"privacy": privacy})


def span(request: dict[str, Any]) -> int:
    """Days from the request until it is due."""
    asked, due = (datetime.fromisoformat(request[name]) for name in ("requested_at", "due_at"))
    return (due - asked).days


@pytest.mark.parametrize(
    ("named", "law", "days"),
    [({}, "gdpr", 30), ({"regulation": None}, "gdpr", 30), ({"regulation": "ccpa"}, "ccpa", 45),
     ({"regulation": "lgpd"}, "lgpd", 15)],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/cdp/privacy/erasures", "/cdp/privacy/access"])
def test_a_request_is_due_by_the_law_that_it_names(
    tenant: Tenant, api: Api, path: str, named: dict[str, Any], law: str, days: int
) -> None:
    mary(tenant)

    request = api.post(path, LOGIN | named)

    assert (request["regulation"], span(request), request["extension"]) == (law, days, None)
    listed = api.get("/cdp/privacy/requests")["items"][0]
    assert (listed["regulation"], listed["due_at"]) == (law, request["due_at"])
    assert api.get("/cdp/audit")["items"][0]["detail"]["regulation"] == law


@pytest.mark.parametrize("path", ["/cdp/privacy/erasures", "/cdp/privacy/access"])
@pytest.mark.parametrize("name", ["GDPR", "", "pipeda", "x" * 65, "\x00", 5])
def test_an_unknown_law_is_refused_with_those_that_there_are(
    tenant: Tenant, api: Api, path: str, name: object
) -> None:
    mary(tenant)

    refusal = api.post(path, LOGIN | {"regulation": name}, 422)

    if isinstance(name, str) and len(name) <= 64:
        assert "gdpr, ccpa, lgpd" in refusal["detail"]
    assert api.get("/cdp/privacy/requests")["items"] == []


@pytest.mark.parametrize(("law", "days"), [("gdpr", 90), ("ccpa", 90), ("lgpd", 30)])
def test_the_time_is_extended_once_on_record(
    tenant: Tenant, api: Api, law: str, days: int, erase: Callable[..., dict[str, Any]]
) -> None:
    mary(tenant)
    request = erase(regulation=law)
    path = f"/cdp/privacy/requests/{request['id']}"

    with ThreadPoolExecutor(4) as asking:
        answers = list(
            asking.map(lambda _: api.http.post(f"{path}/extend", json=WHY).status_code, range(4))
        )

    assert sorted(answers) == [200, 409, 409, 409]
    found = api.get(path)
    assert span(found) == days
    extension = found["extension"]
    assert (extension["first_due_at"], extension["reason"]) == (request["due_at"], WHY["reason"])
    assert extension["by"] == request["requested_by"]
    (entry,) = [one for one in api.get("/cdp/audit")["items"] if one["action"] == "privacy.extend"]
    assert entry["subject"] == f"erasure:{request['command']}"
    assert entry["detail"]["reason"] == WHY["reason"]
    dates = [datetime.fromisoformat(entry["detail"][name]) for name in ("first_due_at", "due_at")]
    assert dates == [datetime.fromisoformat(each["due_at"]) for each in (request, found)]


def test_what_is_answered_is_not_extended(
    tenant: Tenant, api: Api, hand: Hand, erase: Callable[..., dict[str, Any]]
) -> None:
    mary(tenant)
    request = erase()
    path = f"/cdp/privacy/requests/{request['id']}"
    hand.process(request)
    hand.complete(request)

    assert "answered" in api.post(f"{path}/extend", WHY, 409)["detail"]
    assert api.get(path)["due_at"] == request["due_at"]


def test_an_extension_needs_a_reason_the_scope_and_the_workspace(
    tenant: Tenant,
    api: Api,
    tenants: Callable[[str], Tenant],
    asks: Callable[[str], Api],
    erase: Callable[..., dict[str, Any]],
) -> None:
    mary(tenant)
    path = f"/cdp/privacy/requests/{erase()['id']}/extend"

    bodies: list[Any] = [{}, {"reason": " "}, {"reason": None}, []]
    for body in bodies:
        api.post(path, body, 422)
    for key in (tenant.read, tenant.write, tenant.gate):
        asks(key).post(path, WHY, 403)
    asks(tenants("second").admin).post(path, WHY, 404)
    assert api.get(path.removesuffix("/extend"))["extension"] is None


def test_on_call_hears_of_the_new_date(
    tenant: Tenant,
    api: Api,
    settings: Settings,
    erase: Callable[..., dict[str, Any]],
    execute: Callable[..., Any],
) -> None:
    mary(tenant)
    request = erase()
    execute("UPDATE privacy_requests SET due_at = now() - interval '1 day'")
    params = ConditionParams()

    def told() -> list[str]:
        with psycopg.connect(settings.postgres.dsn.get_secret_value()) as conn:
            row = conn.execute("SELECT now()").fetchone()
            assert row is not None
            now = row[0]
            names = {"workspace": tenant.id, "now": now, "due": now + params.due_within}
            return [one.key for one in privacy(conn, names | {"unsent": now - 1_000_000 * MS})]

    assert told() == ["privacy:overdue"]
    api.post(f"/cdp/privacy/requests/{request['id']}/extend", WHY, 200)
    assert told() == []


def test_a_receipt_from_before_an_extension_holds(
    tenant: Tenant,
    api: Api,
    erase: Callable[..., dict[str, Any]],
    hand: Hand,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from cli.privacy.verifying import verified  # noqa: PLC0415 - reads the environment

    mary(tenant)
    request = erase()
    hand.process(request)
    path = f"/cdp/privacy/requests/{request['id']}"
    receipt = api.http.get(f"{path}/receipt").content
    api.post(f"{path}/extend", WHY, 200)

    monkeypatch.setenv("STRATUM_POSTGRES__DSN", settings.postgres.dsn.get_secret_value())
    findings = verified(receipt)

    about = [one for one in findings if one.said.startswith("due_at")]
    assert [one.holds for one in about] == [True], about
