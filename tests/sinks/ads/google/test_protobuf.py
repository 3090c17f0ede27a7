"""Google's own types read every request that we send and every answer of the sandbox to it."""

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from google.ads import datamanager_v1

from local.platforms.google.sandbox import Sandbox
from sinks.ads.outcomes import Accepted, Delivered, Described, Found, Processed, Rejected, Retry
from sinks.ads.platform import Create, Delete, Find, Read, Status, Write
from tests.local.platforms.google.world import JANE, JOE, MARY, Client, connected, running, strict

GOLDEN = Path(__file__).parents[3] / "golden" / "google"
ROWS = ((f"email:{JANE}", f"email:{MARY}"), (f"phone:{JOE}",))


@pytest.fixture
def client() -> Iterator[Client]:
    with running(Sandbox()) as client:
        yield client


def body(name: str) -> str:
    return str(json.loads((GOLDEN / f"{name}.json").read_text())["body"])


@pytest.mark.parametrize("name", ["add", "add_managed"])
def test_add_is_an_ingest_request(name: str) -> None:
    request = datamanager_v1.IngestAudienceMembersRequest.wrap(
        strict("IngestAudienceMembersRequest", body(name))
    )

    assert request.encoding == datamanager_v1.Encoding.HEX
    assert (
        request.consent.ad_user_data
        == request.consent.ad_personalization
        == datamanager_v1.ConsentStatus.CONSENT_GRANTED
    )
    assert (
        request.terms_of_service.customer_match_terms_of_service_status
        == datamanager_v1.TermsOfServiceStatus.ACCEPTED
    )
    assert [len(member.user_data.user_identifiers) for member in request.audience_members] == [3, 1]
    (destination,) = request.destinations
    assert destination.product_destination_id == "7090784486"
    assert (
        destination.operating_account.account_type
        == datamanager_v1.ProductAccount.AccountType.GOOGLE_ADS
    )
    assert destination.login_account.account_id == ("1112223333" if name == "add_managed" else "")


def test_remove_is_a_remove_request() -> None:
    request = datamanager_v1.RemoveAudienceMembersRequest.wrap(
        strict("RemoveAudienceMembersRequest", body("remove"))
    )

    assert len(request.audience_members) == 1


def test_create_is_a_user_list() -> None:
    created = datamanager_v1.UserList.wrap(strict("UserList", body("create")))

    assert (created.display_name, created.description, created.membership_duration.days) == (
        "Customers",
        "stratum:1",
        540,
    )


@pytest.mark.parametrize("name", ["find", "find_next", "status"])
def test_query_holds_fields_of_the_request(name: str) -> None:
    message = "RetrieveRequestStatusRequest" if name == "status" else "ListUserListsRequest"
    query = {
        key: value
        for key, (value,) in parse_qs(
            urlsplit(json.loads((GOLDEN / f"{name}.json").read_text())["url"]).query
        ).items()
    }

    strict(message, json.dumps(query))


def test_every_answer_of_the_sandbox_is_one_of_googles(client: Client) -> None:
    with connected(client, page_size=1) as connector:
        list_id = connector.create("B")
        found = connector.do(Find("B", "stratum:B"))
        added = connector.do(Write("add", list_id, ROWS, 1))
        assert isinstance(added, Accepted)
        first, second = connector.do(Status(added.receipt)), connector.do(Status(added.receipt))
        client.fault("partial", "remove")
        removed = connector.do(Write("remove", list_id, ROWS, 1))
        assert isinstance(removed, Accepted)
        connector.do(Status(removed.receipt))
        last = connector.do(Status(removed.receipt))
        read = connector.do(Read(list_id))
        gone = connector.do(Delete(list_id))
        missing = connector.do(Read(list_id))

    assert found == Found(platform_id=list_id)
    assert first == Retry("busy", 1800)
    assert isinstance(second, Processed)
    assert (
        second.readback["status"],
        second.readback["records"],
        second.readback["identifiers"],
    ) == ("SUCCESS", 2, 3)
    assert isinstance(last, Processed)
    assert (last.readback["status"], last.readback["error_denied_consent"]) == (
        "PARTIAL_SUCCESS",
        1,
    )
    assert isinstance(read, Described)
    assert gone == Delivered()
    assert isinstance(missing, Rejected)
    assert missing.reason == "missing"
    messages = [
        "UserList",
        "ListUserListsResponse",
        "IngestAudienceMembersResponse",
        *["RetrieveRequestStatusResponse"] * 2,
    ]
    messages += [
        "RemoveAudienceMembersResponse",
        *["RetrieveRequestStatusResponse"] * 2,
        "UserList",
    ]
    asked = [
        (request, response) for request, response in connector.exchanges if "/v1/" in request.url
    ]
    for message, (_, response) in zip(messages, asked, strict=False):
        strict(message, response.body)


def test_fallen_row_is_named_and_the_rest_passes(client: Client) -> None:
    with connected(client) as connector:
        list_id = connector.create("B")
        client.fault("bad_row", "add")
        outcome = connector.do(Write("add", list_id, ROWS, 1))
        assert isinstance(outcome, Rejected)
        assert outcome.rows == (0,)
        left = tuple(row for place, row in enumerate(ROWS) if place not in outcome.rows)
        assert isinstance(connector.do(Write("add", list_id, left, 1)), Delivered)
    assert [frozenset(row) for row in left] == list(client.sandbox.ledger.audiences[list_id].people)


def test_create_with_a_taken_name_is_refused_and_never_doubled(client: Client) -> None:
    with connected(client) as connector:
        connector.create("B")
        again = connector.do(Create("B", "stratum:B"))

    assert isinstance(again, Rejected)
    assert again.detail.endswith("DISPLAY_NAME_ALREADY_USED")


def test_listing_goes_on_until_ours_is_found(client: Client) -> None:
    with connected(client, page_size=1) as connector:
        name = 'B "quoted" AND \\ back'
        connector.create("other")
        list_id = connector.create(name)
        outcome = connector.do(Find(name, "stratum:" + name))

    assert outcome == Found(platform_id=list_id)


def test_expired_token_is_renewed_and_nobody_notices(client: Client) -> None:
    with connected(client) as connector:
        list_id = connector.create("B")
        client.fault("expired_token", "read")
        outcome = connector.do(Read(list_id))

    assert isinstance(outcome, Delivered)
    assert client.sandbox.requests["token"] == 3


def test_revoked_grant_needs_a_person(client: Client) -> None:
    client.fault("revoked_grant", "token")
    with connected(client) as connector:
        outcome = connector.do(Read("1"))

    assert isinstance(outcome, Rejected)
    assert outcome.reason == "reauth"


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("error_500", Retry("transient")),
        ("unavailable", Retry("transient")),
        ("aborted", Retry("busy")),
        ("throttle", Retry("throttled", 60)),
        ("throttle_day", Retry("throttled", 3600)),
        ("html", Retry("html")),
        ("reset_before", Retry("connection")),
        ("reset_after", Retry("connection")),
    ],
)
def test_every_fault_has_its_class(client: Client, kind: str, expected: Retry) -> None:
    client.fault(kind, "add")
    with connected(client) as connector:
        outcome = connector.do(Write("add", client.list_id, ROWS, 1))
        again = connector.do(Write("add", client.list_id, ROWS, 1))

    assert outcome == expected
    assert isinstance(again, Delivered)
    assert client.rows() == {frozenset(row) for row in ROWS}


@pytest.mark.parametrize(
    ("kind", "reason"), [("permission", "permission"), ("terms", "terms"), ("deleted", "missing")]
)
def test_every_lasting_fault_has_its_class(client: Client, kind: str, reason: str) -> None:
    client.fault(kind, "add")
    with connected(client) as connector:
        outcome = connector.do(Write("add", client.list_id, ROWS, 1))

    assert isinstance(outcome, Rejected)
    assert (outcome.reason, outcome.rows) == (reason, ())
