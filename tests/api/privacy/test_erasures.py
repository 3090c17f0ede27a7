"""Erasures: what one would remove, who may ask for it, and what is entered where."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
import pytest

from domain.intake.envelope import decode
from domain.intake.log_refusal import LogRefusal
from domain.keys import message_key
from sinks.intake.log import LogUnavailableError
from tests.api.conftest import START_MS, Api, Tenant
from tests.api.privacy.conftest import Hand, mary

PREVIEW = "/cdp/privacy/erasures/preview"
ERASE = "/cdp/privacy/erasures"
LOGIN: Final[dict[str, Any]] = {"kind": "user_id", "value": "mary"}


def test_a_preview_names_what_would_go_and_where(tenant: Tenant, api: Api, hand: Hand) -> None:
    mary(tenant)
    tenant.feed(
        tenant.event("identify", START_MS + 4_000, userId="john", anonymousId="browser"),
    )
    person = api.get("/cdp/profiles/lookup", **LOGIN)["id"]
    audience = hand.audience(person)

    found = api.post(PREVIEW, {"identifier": LOGIN}, 200)

    assert found["profile_id"] == person
    assert found["redirected_from"] is None
    assert found["identifiers"] == {"anonymous_id": 1, "email": 1, "user_id": 1}
    assert {(one["kind"], one["masked"]) for one in found["masked"]} == {
        ("anonymous_id", "br…er"),
        ("email", "m…@e…"),
        ("user_id", "m…"),
    }
    (events,) = found["events"]
    assert (events["source"], events["name"], events["events"]) == (tenant.source, "web", 4)
    assert (events["first_at"], events["last_at"]) == (
        "2026-09-21T14:13:20Z",
        "2026-09-21T14:13:23Z",
    )
    assert (found["links"], found["merges"]) == (3, 1)
    assert [one["name"] for one in found["segments"]] == ["consented_customers"]
    assert found["audiences"] == [
        {"id": audience, "platform": "meta", "name": "Buyers", "state": "present"}
    ]
    assert found["pushes"] == [{"platform": "meta", "pushes": 1}]
    assert found["exports"] == {"revoked": 0, "restarted": 0}
    assert found["shared"] == 1, "john, whom the browser is refused to"
    assert "mary" not in json.dumps(found), "values are masked"


def test_any_id_and_any_spelling_lead_to_the_same_preview(tenant: Tenant, api: Api) -> None:
    mary(tenant)
    person = api.get("/cdp/profiles/lookup", **LOGIN)
    first = api.post(PREVIEW, {"profile_id": person["id"]}, 200)

    for body in (
        {"identifier": {"kind": "email", "value": " MARY@Example.com "}},
        {"identifier": {"kind": "anonymous_id", "value": "browser"}},
    ):
        assert api.post(PREVIEW, body, 200) == first
    gone = {each["key"] for each in person["identifiers"]} - {person["id"]}
    for key in gone:
        found = api.post(PREVIEW, {"profile_id": key}, 200)
        assert found == first | {"redirected_from": key}


def test_a_preview_stores_nothing(
    tenant: Tenant, api: Api, drain: Callable[[], list[bytes]]
) -> None:
    mary(tenant)
    audit = api.get("/cdp/audit")

    api.post(PREVIEW, {"identifier": LOGIN}, 200)

    assert api.get("/cdp/audit") == audit
    assert drain() == []
    assert api.get("/cdp/privacy/requests")["items"] == []


def test_a_request_is_in_the_audit_log_the_register_and_the_event_log(
    tenant: Tenant, api: Api, drain: Callable[[], list[bytes]]
) -> None:
    mary(tenant)
    preview = api.post(PREVIEW, {"identifier": LOGIN}, 200)

    accepted = api.post(
        ERASE,
        {
            "profile_id": preview["profile_id"],
            "reason": " case 114 ",
            "afterwards": "refuse",
            "fingerprint": preview["fingerprint"],
        },
    )

    keys = sorted(one["key"].replace("-", "") for one in preview["masked"])
    entry = api.get("/cdp/audit")["items"][0]
    assert (entry["action"], entry["subject"]) == ("erase", f"profile:{preview['profile_id']}")
    assert entry["detail"] == {
        "identifiers": keys,
        "afterwards": "refuse",
        "regulation": "gdpr",
        "reason": "case 114",
    }
    assert (accepted["status"], accepted["overdue"]) == ("requested", False)
    asked, due = (datetime.fromisoformat(accepted[name]) for name in ("requested_at", "due_at"))
    assert due - asked == timedelta(days=30)
    assert datetime.fromisoformat(entry["at"]) == asked
    (record,) = drain()
    envelope = decode(record)
    assert envelope.received == int(asked.timestamp() * 1_000)
    assert msgspec.json.decode(envelope.command) == {
        "kind": "erase",
        "workspace": tenant.id,
        "id": accepted["command_id"],
        "identifiers": keys,
        "afterwards": "refuse",
        "author": accepted["requested_by"],
        "reason": "case 114",
    }
    detail = api.get(f"/cdp/privacy/requests/{accepted['id']}")
    assert detail["command"].replace("-", "") == (
        message_key(tenant.salt, accepted["command_id"]).hex()
    )


def test_a_command_tells_whether_it_was_processed(
    tenant: Tenant, api: Api, hand: Hand, erase: Callable[..., dict[str, Any]]
) -> None:
    mary(tenant)
    request = erase()
    path = f"/cdp/commands/{request['command_id']}"

    assert (api.get(path)["kind"], api.get(path)["status"]) == ("erase", "pending")
    hand.process(request)
    assert api.get(path)["status"] == "processed"


def test_what_was_approved_is_what_is_erased(tenant: Tenant, api: Api) -> None:
    mary(tenant)
    preview = api.post(PREVIEW, {"identifier": LOGIN}, 200)
    tenant.feed(tenant.event("identify", userId="mary", anonymousId="tablet"))

    body = {"identifier": LOGIN, "reason": "case 114", "fingerprint": preview["fingerprint"]}
    refusal = api.post(ERASE, body, 409)

    assert "preview again" in refusal["detail"]
    assert api.get("/cdp/privacy/requests")["items"] == []
    again = api.post(PREVIEW, {"identifier": LOGIN}, 200)["fingerprint"]
    api.post(ERASE, body | {"fingerprint": again})


def test_a_second_request_for_the_same_identifiers_names_the_first(
    tenant: Tenant, api: Api, hand: Hand, erase: Callable[..., dict[str, Any]]
) -> None:
    mary(tenant)
    first = erase()

    refusal = api.post(ERASE, {"identifier": LOGIN, "reason": "case 115"}, 409)

    assert f"Request {first['id']} names" in refusal["detail"]
    assert api.post(PREVIEW, {"identifier": LOGIN}, 200)["open_request"] == first["id"]
    hand.process(first)
    assert erase(reason="case 115")["id"] > first["id"], "activity since then is erased, too"


def test_of_requests_at_once_one_is_entered(
    tenant: Tenant, api: Api, drain: Callable[[], list[bytes]]
) -> None:
    mary(tenant)
    body = {"identifier": LOGIN, "reason": "case 114"}
    with ThreadPoolExecutor(8) as threads:
        answers = [
            answer.status_code
            for answer in threads.map(lambda _: api.http.post(ERASE, json=body), range(8))
        ]

    assert sorted(answers) == [202] + [409] * 7
    assert len(drain()) == 1


def test_a_person_with_a_further_identifier_is_asked_for_again(
    tenant: Tenant, erase: Callable[..., dict[str, Any]]
) -> None:
    mary(tenant)
    first = erase()
    tenant.feed(tenant.event("identify", userId="mary", anonymousId="tablet"))

    assert erase()["identifiers"] == first["identifiers"] + 1


def test_while_the_log_is_away_a_request_is_kept_as_not_sent_and_sent_again(
    tenant: Tenant,
    api: Api,
    app: Any,
    drain: Callable[[], list[bytes]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mary(tenant)
    body = {"identifier": LOGIN, "reason": "case 114"}
    with monkeypatch.context() as away:

        async def refuse(*_: object) -> None:
            raise LogUnavailableError(next(iter(LogRefusal)), 2.0)

        away.setattr(app.state.log, "append", refuse)
        refusal = api.post(ERASE, body, 503)
        (request,) = api.get("/cdp/privacy/requests", status="not_sent")["items"]
        path = f"/cdp/privacy/requests/{request['id']}"
        assert f"{path}/retry" in refusal["detail"]
        assert f"{path}/retry" in request["advice"]
        assert f"{path}/retry" in api.post(ERASE, body, 409)["detail"]
        api.post(f"{path}/retry", expect=503)
        assert api.get(path)["status"] == "not_sent"
    assert drain() == []

    sent = api.post(f"{path}/retry")
    (record,) = drain()
    api.post(f"{path}/retry")

    assert (sent["status"], sent["advice"]) == ("requested", None)
    assert drain() == [record], "the same record, which is processed once"
    actions = [entry["action"] for entry in api.get("/cdp/audit")["items"]]
    assert actions[:4] == ["erase.retry", "erase.retry", "erase.retry", "erase"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"profile_id": "00000000-0000-0000-0000-000000000001", "identifier": LOGIN},
        {"profile_id": "x"},
        {"identifier": {"kind": "user_id"}},
        {"identifier": LOGIN | {"value": "m" * 1_025}},
        {"identifier": LOGIN, "fingerprint": "x"},
        {"identifier": LOGIN, "reason": "a\0b c"},
        {"identifier": LOGIN, "reason": "x" * 501},
        {"identifier": LOGIN, "reason": "\u200b\u200b\u200b"},
        {"identifier": LOGIN, "afterwards": "perhaps"},
        {"identifier": LOGIN, "identifiers": []},
    ],
)
def test_what_makes_no_sense_is_refused(tenant: Tenant, api: Api, body: dict[str, Any]) -> None:
    mary(tenant)
    api.post(ERASE, {"reason": "case 114"} | body, 422)
    assert api.get("/cdp/privacy/requests")["items"] == []


@pytest.mark.parametrize(
    "body",
    [
        {"profile_id": "00000000-0000-0000-0000-000000000001"},
        {"identifier": {"kind": "user_id", "value": "nobody"}},
        {"identifier": {"kind": "user_id", "value": "null"}},
        {"identifier": {"kind": "no such kind", "value": "mary"}},
    ],
)
def test_nobody_is_not_found(tenant: Tenant, api: Api, body: dict[str, Any]) -> None:
    mary(tenant)
    api.post(PREVIEW, body, 404)
    api.post(ERASE, body | {"reason": "case 114"}, 404)


def test_only_an_admin_of_the_workspace_may_ask(
    tenant: Tenant, tenants: Callable[[str], Tenant], asks: Callable[[str], Api]
) -> None:
    mary(tenant)
    body = {"identifier": LOGIN}
    for key in (tenant.read, tenant.write, tenant.gate):
        asks(key).post(PREVIEW, body, 403)
        asks(key).post(ERASE, body | {"reason": "case 114"}, 403)
    stranger = asks(tenants("second").admin)
    stranger.post(PREVIEW, body, 404)
    stranger.post(ERASE, body | {"reason": "case 114"}, 404)
