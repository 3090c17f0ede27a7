"""Requests that a controller sends: whom they reach, how they end, what is refused."""

from base64 import b64decode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from fastapi import FastAPI

from config.settings import Settings
from domain.intake.envelope import decode
from domain.intake.log_refusal import LogRefusal
from sinks.intake.log import LogUnavailableError
from tests.api.conftest import START_MS, Api, Tenant
from tests.api.opendsr.conftest import IDS, MARY, REQUESTS, Controller, request
from tests.api.privacy.conftest import Hand, mary
from tests.support.archives import Archive, write_archives
from tests.support.certificates import DOMAIN, Pair

AT = "2026-11-01T15:00:00Z"


@pytest.fixture
def hand(settings: Settings, tenant: Tenant) -> Hand:
    """The engine's hand in the first workspace."""
    return Hand(settings.postgres.dsn.get_secret_value(), tenant.id)


def identity(kind: str, value: str, form: str = "raw") -> dict[str, str]:
    return {"identity_type": kind, "identity_value": value, "identity_format": form}


def register(api: Api) -> list[dict[str, Any]]:
    """The register in detail, the oldest first."""
    items = api.get("/cdp/privacy/requests")["items"]
    return [api.get(f"/cdp/privacy/requests/{one['id']}") for one in reversed(items)]


def test_an_erasure_goes_from_the_request_to_its_completion(
    tenant: Tenant,
    api: Api,
    controller: Controller,
    drain: Callable[[], list[bytes]],
    hand: Hand,
) -> None:
    mary(tenant)
    body = request(group_id="case 114")

    received = controller.send(body)

    assert received["controller_id"] == str(tenant.id)
    assert received["subject_request_id"] == IDS[0]
    assert msgspec.json.decode(b64decode(received["encoded_request"])) == body
    due = datetime.fromisoformat(received["expected_completion_time"])
    assert due == datetime.fromisoformat(AT) + timedelta(days=30), "from when the person asked"
    (part,) = register(api)
    assert (part["kind"], part["regulation"], part["status"]) == ("erasure", "gdpr", "requested")
    assert (part["identifiers"], part["reason"]) == (3, f"OpenDSR erasure {IDS[0]}")
    assert datetime.fromisoformat(part["due_at"]) == due
    assert part["opendsr"]["subject_request_id"] == IDS[0]
    status = controller.status()
    assert status == {
        "controller_id": str(tenant.id),
        "expected_completion_time": received["expected_completion_time"],
        "subject_request_id": IDS[0],
        "group_id": "case 114",
        "request_status": "in_progress",
        "api_version": "3.0",
        "results_url": None,
        "results_count": None,
        "extensions": None,
    }

    tenant.feed(*drain())
    assert controller.status()["request_status"] == "in_progress"
    api.get("/cdp/profiles/lookup", 404, kind="email", value="mary@example.com")
    removed = api.get(f"/cdp/privacy/requests/{part['id']}")["removed"]
    hand.complete(part)

    status = controller.status()
    assert (status["request_status"], status["results_url"]) == ("completed", None)
    assert status["results_count"] == removed["identifiers"] + removed["events"] > 0
    entries = [
        one for one in api.get("/cdp/audit")["items"] if one["subject"].startswith("opendsr")
    ]
    assert [(one["action"], one["detail"]["requests"]) for one in entries] == [
        ("opendsr.request", [part["id"]])
    ]
    assert "ary" not in str(entries)


@pytest.mark.parametrize("kind", ["access", "portability"])
def test_access_ends_with_an_archive_that_a_link_leads_to(
    tenant: Tenant, api: Api, controller: Controller, settings: Settings, kind: str
) -> None:
    mary(tenant)
    controller.send(request(kind))
    assert controller.status()["request_status"] == "pending"

    write_archives(settings)

    status = controller.status()
    assert status["request_status"] == "completed"
    begin = f"https://{DOMAIN}"
    assert status["results_url"].startswith(begin)
    anybody = api.http.get(status["results_url"].removeprefix(begin), headers={"authorization": ""})
    archive = Archive(anybody.content)
    assert {row["value"] for row in archive.rows("identifiers")} >= {"mary", "mary@example.com"}
    (part,) = register(api)
    assert status["results_count"] == part["archive"]["rows"]
    assert part["kind"] == "access"


def test_a_reader_follows_a_request_and_gets_no_link(
    tenant: Tenant, asks: Callable[[str], Api], controller: Controller, settings: Settings
) -> None:
    mary(tenant)
    controller.send(request("access"))
    write_archives(settings)
    reader = Controller(asks(tenant.read))

    status = reader.status()

    assert (status["request_status"], status["results_url"]) == ("completed", None)
    reader.send(request(number=1), 403)
    reader.cancel(0, 403)


def test_a_link_ends_with_its_archive(
    tenant: Tenant, controller: Controller, settings: Settings, execute: Callable[..., Any]
) -> None:
    mary(tenant)
    controller.send(request("access"))
    write_archives(settings)
    execute("UPDATE access_archives SET expires_at = now() - interval '1 second'")

    status = controller.status()

    assert (status["request_status"], status["results_url"]) == ("completed", None)


@pytest.mark.parametrize("kind", ["access", "erasure"])
def test_each_person_whom_an_identity_names_gets_a_request(
    tenant: Tenant, api: Api, controller: Controller, settings: Settings, kind: str
) -> None:
    mary(tenant)
    tenant.feed(tenant.event("identify", START_MS + 4_000, userId="john"))
    named = [
        MARY,
        identity("controller_customer_id", "john"),
        identity("user_id", "mary"),
        identity("anonymous_id", "nobody-1"),
        identity("ios_advertising_id", "2F9C7A10-77AA-4D3E-9B1C-0DD5E7AB41C9"),
    ]

    controller.send(request(kind, subject_identities=named))

    parts = register(api)
    profiles = {part["profile_id"] for part in parts}
    assert len(profiles) == len(parts)
    assert sorted(part["identifiers"] for part in parts) == (
        [1, 2, 3] if kind == "erasure" else [1, 3]
    )
    assert {tuple(part["opendsr"]["requests"]) for part in parts} == {
        tuple(part["id"] for part in parts)
    }
    if kind == "access":
        write_archives(settings)
        links = controller.status()["extensions"][DOMAIN]["results_urls"]
        assert len(set(links)) == 2


def test_identities_by_type_are_taken_as_a_list_is(
    tenant: Tenant, api: Api, controller: Controller
) -> None:
    mary(tenant)
    named = {
        "email": {"value": "mary@example.com", "encoding": "raw"},
        "controller_customer_id": {"value": "mary"},
    }

    controller.send(request(subject_identities=named))

    (part,) = register(api)
    assert part["identifiers"] == 3


def test_an_erasure_of_nobody_suppresses_the_identifiers_and_completes_with_nothing(
    tenant: Tenant,
    api: Api,
    controller: Controller,
    drain: Callable[[], list[bytes]],
    hand: Hand,
) -> None:
    controller.send(request())
    tenant.feed(*drain())

    mary(tenant)  # of events that happened before the request

    api.get("/cdp/profiles/lookup", 404, kind="email", value="mary@example.com")
    (part,) = register(api)
    assert part["removed"] == dict.fromkeys(part["removed"], 0)
    hand.complete(part)
    status = controller.status()
    assert (status["request_status"], status["results_count"]) == ("completed", 0)


def test_access_to_nothing_is_completed_at_once_on_record(
    api: Api, controller: Controller, settings: Settings
) -> None:
    controller.send(request("access"))

    status = controller.status()

    assert (status["request_status"], status["results_count"]) == ("completed", 0)
    assert status["results_url"] is None
    (part,) = register(api)
    assert (part["status"], part["archive"], part["overdue"]) == ("completed", None, False)
    assert part["completed_at"] == part["requested_at"]
    assert write_archives(settings) == 0
    api.post(f"/cdp/privacy/requests/{part['id']}/link", expect=409)
    api.post(f"/cdp/privacy/requests/{part['id']}/retry", expect=409)
    api.post(f"/cdp/privacy/requests/{part['id']}/extend", {"reason": "none"}, 409)
    assert [one["id"] for one in api.get("/cdp/privacy/requests", status="completed")["items"]] == [
        part["id"]
    ]
    assert api.get("/cdp/privacy/requests/statistics")["open"] == 0


def test_the_extension_states_what_becomes_of_later_activity(
    tenant: Tenant, controller: Controller, drain: Callable[[], list[bytes]]
) -> None:
    mary(tenant)
    extensions = {DOMAIN: {"afterwards": "refuse"}, "other.example": {"afterwards": "no"}}

    controller.send(request(extensions=extensions))

    (record,) = drain()
    assert msgspec.json.decode(decode(record).command)["afterwards"] == "refuse"
    for wrong in ("refuse", ["refuse"], {"afterwards": "later"}, {"afterwards": None}, 0):
        controller.send(request(number=1, extensions={DOMAIN: wrong}), 400)


@pytest.mark.parametrize(("regulation", "days"), [("gdpr", 30), ("ccpa", 45)])
@pytest.mark.parametrize("kind", ["access", "erasure"])
def test_it_is_due_by_its_law_from_when_the_person_asked(
    tenant: Tenant, controller: Controller, regulation: str, days: int, kind: str
) -> None:
    mary(tenant)
    for number, at in enumerate((AT, "2018-01-01T00:00:00+14:00")):
        received = controller.send(
            request(
                kind,
                number,
                regulation=regulation,
                submitted_time=at,
                subject_identities=[identity("user_id", f"nobody-{number}")],
            )
        )
        due = datetime.fromisoformat(received["expected_completion_time"])
        assert due == datetime.fromisoformat(at) + timedelta(days=days)
        assert (
            controller.status(number)["expected_completion_time"]
            == (received["expected_completion_time"])
        )


def test_an_extension_of_the_register_is_told(
    tenant: Tenant, api: Api, controller: Controller
) -> None:
    mary(tenant)
    received = controller.send(request())
    (part,) = register(api)
    api.post(f"/cdp/privacy/requests/{part['id']}/extend", {"reason": "many systems"}, 200)

    told = datetime.fromisoformat(controller.status()["expected_completion_time"])

    first = datetime.fromisoformat(received["expected_completion_time"])
    assert told - first == timedelta(days=60)
    assert controller.send(request()) == received, "the same request is answered as before"


@pytest.mark.parametrize("kind", ["access", "erasure"])
def test_the_same_request_is_answered_the_same_and_entered_once(
    tenant: Tenant, api: Api, controller: Controller, kind: str
) -> None:
    mary(tenant)
    body = request(kind)

    with ThreadPoolExecutor(6) as asking:
        answers = list(asking.map(lambda _: controller.send(body), range(6)))
    again = controller.send(dict(reversed(list((body | {"property_id": "1"}).items()))))

    assert all(answer == answers[0] for answer in answers)
    assert again["received_time"] == answers[0]["received_time"]
    assert len(register(api)) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"subject_request_type": "access"},
        {"regulation": "ccpa"},
        {"submitted_time": "2026-11-01T15:00:01Z"},
        {"subject_identities": [identity("user_id", "mary")]},
        {"status_callback_urls": ["https://controller.example/x"]},
        {"group_id": "another"},
        {"extensions": {DOMAIN: {"afterwards": "refuse"}}},
    ],
    ids=lambda other: next(iter(other)),
)
def test_another_request_with_the_same_id_is_refused(
    tenant: Tenant, api: Api, controller: Controller, other: dict[str, Any]
) -> None:
    mary(tenant)
    controller.send(request())

    refusal = controller.send(request() | other, 400)

    assert "another request" in refusal["message"]
    assert len(register(api)) == 1


@pytest.mark.parametrize("kind", ["access", "erasure"])
def test_a_second_request_while_the_first_is_under_way_is_refused_whole(
    tenant: Tenant, api: Api, controller: Controller, kind: str
) -> None:
    mary(tenant)
    tenant.feed(tenant.event("identify", START_MS + 4_000, userId="john"))
    controller.send(request(kind))
    both = [identity("user_id", "john"), MARY]

    controller.send(request(kind, 1, subject_identities=both), 409)

    controller.status(1, 404)
    assert len(register(api)) == 1, "nothing of it was entered"


def test_what_the_log_did_not_confirm_is_sent_with_the_same_request(
    tenant: Tenant,
    app: FastAPI,
    controller: Controller,
    drain: Callable[[], list[bytes]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mary(tenant)
    tenant.feed(tenant.event("identify", START_MS + 4_000, userId="john"))
    body = request(subject_identities=[MARY, identity("user_id", "john")])

    async def refuse(_: object) -> None:
        raise LogUnavailableError(LogRefusal.AWAY, 1.0)

    with monkeypatch.context() as broken:
        broken.setattr(app.state.log, "append", refuse)
        assert "send the same again" in controller.send(body, 503)["message"]
        assert controller.status()["request_status"] == "pending"
        controller.cancel(0, 409)
    assert drain() == []

    controller.send(body)
    controller.send(body)

    assert controller.status()["request_status"] == "in_progress"
    assert len(drain()) == 2, "each person's command once"


def test_access_is_cancelled_while_its_archive_waits(
    tenant: Tenant, api: Api, controller: Controller, settings: Settings
) -> None:
    mary(tenant)
    controller.send(request("access"))

    with ThreadPoolExecutor(4) as asking:
        answers = list(asking.map(lambda _: api.http.delete(f"{REQUESTS}/{IDS[0]}"), range(4)))
    cancelled = controller.cancel()

    assert {answer.status_code for answer in answers} <= {202, 409}
    assert cancelled["expected_completion_time"] is None
    assert datetime.fromisoformat(cancelled["received_time"]) <= datetime.now(UTC)
    status = controller.status()
    assert (status["request_status"], status["expected_completion_time"]) == ("cancelled", None)
    assert write_archives(settings) == 0
    (part,) = register(api)
    assert (part["status"], part["archive"]["reason"], part["overdue"]) == (
        "failed", "cancelled", False,
    )  # fmt: skip
    assert part["advice"] is None
    api.post(f"/cdp/privacy/requests/{part['id']}/retry", expect=409)
    actions = [one["action"] for one in api.get("/cdp/audit")["items"]]
    assert actions.count("opendsr.cancel") == 1
    controller.send(request("access", 1)), "the person may ask again"


def test_what_was_begun_is_not_cancelled(
    tenant: Tenant, controller: Controller, settings: Settings
) -> None:
    mary(tenant)
    controller.send(request("access"))
    write_archives(settings)
    controller.cancel(0, 409)
    assert controller.status()["request_status"] == "completed"

    controller.send(request("erasure", 1))
    controller.cancel(1, 409)
    assert controller.status(1)["request_status"] == "in_progress"
    controller.cancel(2, 404)


def test_of_several_people_all_are_cancelled_or_none(
    tenant: Tenant, api: Api, controller: Controller, execute: Callable[..., Any]
) -> None:
    mary(tenant)
    tenant.feed(tenant.event("identify", START_MS + 4_000, userId="john"))
    controller.send(request("access", subject_identities=[MARY, identity("user_id", "john")]))
    first, second = (part["id"] for part in register(api))
    execute(
        "UPDATE access_archives SET status = 'processing', attempt = 1 WHERE request = %s", first
    )

    controller.cancel(0, 409)

    assert controller.status()["request_status"] == "in_progress"
    assert api.get(f"/cdp/privacy/requests/{second}")["status"] == "requested"


def test_an_archive_that_was_given_back_stays_in_progress(
    tenant: Tenant, controller: Controller, execute: Callable[..., Any]
) -> None:
    mary(tenant)
    controller.send(request("access"))
    execute("UPDATE access_archives SET attempt = 1")

    assert controller.status()["request_status"] == "in_progress"
    controller.cancel(0, 409)


def test_another_workspace_sees_nothing_and_may_use_the_same_id(
    tenant: Tenant,
    tenants: Callable[[str], Tenant],
    controllers: Callable[[Tenant], Controller],
    controller: Controller,
) -> None:
    mary(tenant)
    stranger = controllers(tenants("second"))
    controller.send(request("access"))

    stranger.status(0, 404)
    stranger.cancel(0, 404)
    received = stranger.send(request("access"))

    assert received["controller_id"] != str(tenant.id)
    assert stranger.status()["results_count"] == 0, "Mary is nobody there"
    assert controller.status()["request_status"] == "pending"


def test_discovery_and_the_certificate_need_no_key(asks: Callable[[str], Api], pair: Pair) -> None:
    anybody = Controller(asks(""))

    found = anybody._checked(anybody.api.http.get("/opendsr/v3/discovery"), 200)

    assert anybody.certificate == pair.certificate
    assert found["api_version"] == "3.0"
    assert found["supported_subject_request_types"] == ["access", "portability", "erasure"]
    assert found["supported_regulations"] == ["gdpr", "ccpa"]
    assert found["processor_certificate"] == f"https://{DOMAIN}/opendsr/v3/certificate"
    assert {each["identity_format"] for each in found["supported_identities"]} == {"raw"}
    types = [each["identity_type"] for each in found["supported_identities"]]
    assert {"email", "controller_customer_id", "anonymous_id", "ios_vendor_id"} <= set(types)
    for method, path in (("post", REQUESTS), ("get", f"{REQUESTS}/{IDS[0]}")):
        answer = getattr(anybody.api.http, method)(path)
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, 401)


def test_without_a_certificate_everything_says_what_to_configure(
    tenant: Tenant, api_with: Callable[[Settings, str], Api], settings: Settings
) -> None:
    plain = settings.model_copy(update={"opendsr": Settings().opendsr})
    api = api_with(plain, tenant.admin)

    for answer in (
        api.http.post(REQUESTS, json=request()),
        api.http.get(f"{REQUESTS}/{IDS[0]}"),
        api.http.delete(f"{REQUESTS}/{IDS[0]}"),
        api.http.get("/opendsr/v3/discovery"),
        api.http.get("/opendsr/v3/certificate"),
    ):
        assert answer.status_code == 503
        assert "opendsr.certificate_file" in answer.json()["error"]["message"]
    assert api.get("/cdp/privacy/requests")["items"] == []


def test_a_kind_that_the_settings_leave_out_is_not_supported(
    tenant: Tenant, api_with: Callable[[Settings, str], Api], settings: Settings
) -> None:
    kinds = {name: rule for name, rule in settings.identity.kinds.items() if name != "phone"}
    fewer = replace(settings.identity, kinds=kinds)
    controller = Controller(api_with(settings.model_copy(update={"identity": fewer}), tenant.admin))

    found = controller.api.http.get("/opendsr/v3/discovery").json()

    types = {each["identity_type"] for each in found["supported_identities"]}
    assert not types & {"phone", "mobile_number"}
    refusal = controller.send(request(subject_identities=[identity("phone", "+16502530000")]), 400)
    assert "discovery" in refusal["message"]
