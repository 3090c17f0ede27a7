"""The register: what was asked for, when it is due, how far it is, and its receipt."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from tests.api.conftest import Api, Tenant
from tests.api.privacy.conftest import Hand, mary

Erase = Callable[..., dict[str, Any]]
_NONE = {"access": 0, "restriction": 0, "release": 0, "objection": 0}


def test_a_request_goes_from_requested_to_completed(
    tenant: Tenant, api: Api, hand: Hand, erase: Erase
) -> None:
    mary(tenant)
    audience = hand.audience(api.get("/cdp/profiles/lookup", kind="user_id", value="mary")["id"])
    request = erase()
    path = f"/cdp/privacy/requests/{request['id']}"
    assert (request["status"], request["removed"], request["recipients"]) == ("requested", None, [])
    assert [step["at"] for step in request["steps"]] == [None] * 7
    assert request["recorded"] is False

    hand.process(request)
    hand.recipient(request, audience)
    processing = api.get(path)
    assert (processing["status"], processing["recorded"]) == ("processing", True)
    assert processing["removed"] == {
        "identifiers": 3,
        "events": 4,
        "links": 2,
        "merges": 1,
        "memberships": 1,
    }
    assert processing["recipients"] == [
        {
            "audience_id": audience,
            "platform": "meta",
            "audience": "Buyers",
            "listed": True,
            "confirmed_at": None,
            "outcome": None,
        }
    ]
    api.post(f"{path}/retry", expect=409)

    hand.complete(request)
    completed = api.get(path)
    assert completed["status"] == "completed"
    assert completed["completed_at"] is not None
    assert {step["at"] for step in completed["steps"]} == {"2026-03-02T10:00:00Z"}
    assert completed["steps"][0]["removed"] == {"rows": 1}
    assert completed["recipients"][0]["outcome"] == "removed"
    assert completed["requested_by_name"] == "admin"


def test_identifiers_that_joined_are_told_with_what_to_do(
    tenant: Tenant, api: Api, hand: Hand, erase: Erase
) -> None:
    mary(tenant)
    request = erase()

    hand.process(request, joined=("00000000-0000-0000-0000-000000000009",))

    found = api.get(f"/cdp/privacy/requests/{request['id']}")
    assert found["joined"] == 1
    assert "erase again" in found["advice"]


def test_the_register_is_paged_and_filtered(
    tenant: Tenant, api: Api, hand: Hand, erase: Erase, execute: Callable[..., Any]
) -> None:
    mary(tenant)
    requests = []
    for number in range(3):
        requests.append(erase(reason=f"case {number}"))
        hand.process(requests[-1])
    hand.complete(requests[0])
    execute("UPDATE privacy_requests SET due_at = now() WHERE id <= %s", requests[1]["id"])

    def ids(**wanted: Any) -> list[int]:
        found = api.everything("/cdp/privacy/requests", limit=1, **wanted)
        return [item["id"] for item in found]

    first, second, third = (request["id"] for request in requests)
    assert ids() == [third, second, first]
    assert ids(status="processing") == [third, second]
    assert ids(status="completed") == [first]
    assert ids(status="not_sent") == []
    assert ids(overdue="true") == [second], "what is completed is not overdue"
    assert ids(overdue="false") == [third, first]
    assert [one["overdue"] for one in api.get("/cdp/privacy/requests")["items"]] == [
        False,
        True,
        False,
    ]
    api.get("/cdp/privacy/requests", 422, status="lost")
    api.get("/cdp/privacy/requests/999999", 404)
    api.get("/cdp/privacy/requests/9223372036854775808", 422)


def test_requests_are_counted_by_month_of_the_workspaces_calendar(
    tenant: Tenant, api: Api, hand: Hand, erase: Erase, execute: Callable[..., Any]
) -> None:
    mary(tenant)
    execute("UPDATE workspaces SET time_zone = 'Asia/Tokyo' WHERE id = %s", tenant.id)
    for number, law in enumerate(("ccpa", "gdpr", "gdpr")):
        hand.process(erase(reason=f"case {number}", regulation=law))
    numbers = sorted(item["id"] for item in api.get("/cdp/privacy/requests")["items"])
    rows = (
        ("2026-01-31 20:00+00", "2026-02-10", "2026-02-02 20:00+00"),  # February in Tokyo
        ("2026-02-05", "2026-02-20", "2026-03-05"),  # late
        ("2026-03-01", "2026-03-02", None),  # overdue and open
    )
    for number, (asked, due, done) in zip(numbers, rows, strict=True):
        execute(
            "UPDATE privacy_requests SET requested_at = %s, due_at = %s, completed_at = %s"
            " WHERE id = %s",
            *(asked, due, done, number),
        )

    found = api.get("/cdp/privacy/requests/statistics")

    assert (found["open"], found["overdue"]) == (1, 1)
    assert [tuple(month.values()) for month in found["months"]] == [
        ("2026-03", 1, {"erasure": 1} | _NONE, {"gdpr": 1}, 1, 1, 1, 28.0),
        ("2026-02", 2, {"erasure": 2} | _NONE, {"ccpa": 1, "gdpr": 1}, 1, 0, 1, 2.0),
    ]


def test_a_receipt_rests_on_the_audit_log(
    tenant: Tenant, api: Api, hand: Hand, erase: Erase
) -> None:
    mary(tenant)
    request = erase()
    path = f"/cdp/privacy/requests/{request['id']}/receipt"
    api.get(path, 409)

    hand.process(request)
    hand.complete(request)
    answer = api.http.get(path)

    assert answer.headers["content-type"] == "application/json"
    assert "attachment" in answer.headers["content-disposition"]
    receipt = answer.json()
    assert receipt["workspace"] == "first"
    assert receipt["status"] == "completed"
    assert len(receipt["identifiers"]) == 3
    assert [row["action"] for row in receipt["audit"]] == [
        "erase",
        "erasure.processed",
        "erasure.completed",
    ]
    entries = {entry["id"]: entry for entry in api.get("/cdp/audit")["items"]}
    for row in receipt["audit"]:
        assert (row["seq"], row["hash"]) == (entries[row["id"]]["seq"], entries[row["id"]]["hash"])
    assert "mary" not in answer.text


def test_there_is_no_receipt_before_the_removal_is_on_record(
    tenant: Tenant, api: Api, hand: Hand, erase: Erase, execute: Callable[..., Any]
) -> None:
    mary(tenant)
    request = erase()
    hand.process(request)
    path = f"/cdp/privacy/requests/{request['id']}/receipt"
    api.get(path)
    execute("UPDATE erasures SET command = %s", UUID(int=1))
    execute("UPDATE privacy_requests SET command = %s", UUID(int=1))

    assert "on record" in api.get(path, 409)["detail"]
    told = api.get(f"/cdp/privacy/requests/{request['id']}")
    assert (told["status"], told["recorded"]) == ("processing", False)


def test_another_workspace_and_a_reader_get_what_is_theirs(
    tenant: Tenant,
    tenants: Callable[[str], Tenant],
    asks: Callable[[str], Api],
    hand: Hand,
    erase: Erase,
) -> None:
    mary(tenant)
    request = erase()
    hand.process(request)
    path = f"/cdp/privacy/requests/{request['id']}"
    stranger, reader = asks(tenants("second").admin), asks(tenant.read)

    assert stranger.get("/cdp/privacy/requests")["items"] == []
    assert stranger.get("/cdp/privacy/requests/statistics")["months"] == []
    for under in ("", "/receipt"):
        stranger.get(path + under, 404)
        reader.get(path + under)
    stranger.post(f"{path}/retry", expect=404)
    reader.post(f"{path}/retry", expect=403)
