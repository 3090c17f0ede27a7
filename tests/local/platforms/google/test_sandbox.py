"""The Google sandbox keeps real lists, tells results later, counts quotas, and Google's own client
gets on with it."""

import base64
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from google.ads import datamanager_v1 as api
from google.ads.datamanager_v1.services.ingestion_service.transports.rest import (
    IngestionServiceRestTransport,
)
from google.ads.datamanager_v1.services.user_list_service.transports.rest import (
    UserListServiceRestTransport,
)
from google.oauth2.credentials import Credentials

from local.platforms.google.access import Quotas
from local.platforms.google.lists import Lists
from local.platforms.google.proto_json import ApiError
from local.platforms.google.sandbox import CUSTOMER, Sandbox
from tests.local.platforms.google.world import (
    JANE,
    JOE,
    LISTS,
    MARY,
    Client,
    form,
    list_body,
    member,
    reason,
    running,
    strict,
)

GRANTED = {"adUserData": "CONSENT_GRANTED", "adPersonalization": "CONSENT_GRANTED"}
ADDRESS = {"givenName": MARY, "familyName": JANE, "regionCode": "US", "postalCode": "94043"}


@pytest.fixture
def client() -> Iterator[Client]:
    with running(Sandbox()) as client:
        yield client


def test_added_members_are_held_and_removed_ones_are_gone(client: Client) -> None:
    answer = client.write(member(MARY, phones=(JOE,)), member(JANE))

    assert answer.json() == {"requestId": "t-00000001"}
    client.write(member(JANE), verb="remove")
    assert client.rows() == {frozenset({f"email:{MARY}", f"phone:{JOE}"})}


def test_remove_takes_every_member_who_shares_an_identifier(client: Client) -> None:
    client.write(member(MARY, phones=(JOE,)), member(JANE, phones=(JOE,)), member(JANE))
    client.write(member(phones=(JOE,)), verb="remove")

    assert client.rows() == {frozenset({f"email:{JANE}"})}


def test_hex_base64_and_addresses_are_understood(client: Client) -> None:
    spelled = base64.b64encode(bytes.fromhex(MARY)).decode()
    client.write(member(spelled), encoding="BASE64")
    client.write({"userData": {"userIdentifiers": [{"address": ADDRESS}]}})

    assert client.rows() == {
        frozenset({f"email:{MARY}"}),
        frozenset({f"address:{MARY}:{JANE}:US:94043"}),
    }


def test_validation_only_changes_nothing(client: Client) -> None:
    assert client.write(member(MARY), validateOnly=True).status_code == 200
    assert client.rows() == set()


def test_unknown_list_and_path_are_missing(client: Client) -> None:
    for method, path in (
        ("GET", f"{LISTS}/1"),
        ("DELETE", f"{LISTS}/1"),
        ("PATCH", f"{LISTS}/{client.list_id}"),
        ("GET", "elsewhere"),
    ):
        assert client.ask(method, path).status_code == 404


def test_listing_filters_and_pages_through_one_account(client: Client) -> None:
    for number in range(4):
        client.ask("POST", LISTS, list_body(displayName=f"n{number}", description="mine"))
    client.ask("POST", LISTS.replace(CUSTOMER, "2" * 10), list_body(displayName="other"))

    names, token = [], ""
    while True:
        page = client.ask("GET", f"{LISTS}?pageSize=2{token}").json()
        strict("ListUserListsResponse", json.dumps(page))
        names += [held["displayName"] for held in page["userLists"]]
        if "nextPageToken" not in page:
            break
        token = f"&pageToken={page['nextPageToken']}"
    both = client.ask("GET", f'{LISTS}?filter=display_name = "n2" AND description = "mine"').json()

    assert names == ["A", "n0", "n1", "n2", "n3"]
    assert [held["displayName"] for held in both["userLists"]] == ["n2"]
    assert client.ask("GET", f'{LISTS}?filter=displayName = "none"').json() == {}
    assert reason(client.ask("GET", f"{LISTS}?filter=name"))[1] == "INVALID_FILTER"
    assert reason(client.ask("GET", f"{LISTS}?pageToken=x"))[1] == "INVALID_PAGE_TOKEN"
    assert reason(client.ask("GET", f"{LISTS}?pageSize=x"))[1] == "INVALID_FORMAT"
    assert reason(client.ask("GET", f"{LISTS}?limit=7"))[1] == ""


def test_result_is_told_after_a_while(client: Client) -> None:
    answer = client.write(*[member(MARY)] * 100)
    path = f"requestStatus:retrieve?requestId={answer.json()['requestId']}"

    first = client.ask("GET", path).json()["requestStatusPerDestination"][0]
    second = client.ask("GET", path).json()["requestStatusPerDestination"][0]

    assert first["requestStatus"] == "PROCESSING"
    assert second["requestStatus"] == "SUCCESS"
    assert second["audienceMembersIngestionStatus"]["userDataIngestionStatus"] == {
        "recordCount": "100",
        "userIdentifierCount": "100",
        "uploadMatchRateRange": "MATCH_RATE_RANGE_51_TO_60",
    }
    assert (
        reason(client.ask("GET", "requestStatus:retrieve?requestId=t-9"))[1] == "INVALID_REQUEST_ID"
    )


@pytest.mark.parametrize(
    ("request_level", "member_level", "expected"),
    [
        (GRANTED, None, ""),
        (None, GRANTED, ""),
        (None, None, "UNKNOWN_CONSENT"),
        (GRANTED, {"adUserData": "CONSENT_DENIED"}, "DENIED_CONSENT"),
        ({"adUserData": "CONSENT_GRANTED"}, None, "UNKNOWN_CONSENT"),
        ({"adUserData": 2, "adPersonalization": 1}, None, "DENIED_CONSENT"),
    ],
)
def test_member_without_consent_is_accepted_and_refused_later(
    client: Client, request_level: Any, member_level: Any, expected: str
) -> None:
    answer = client.write(
        member(MARY, **({"consent": member_level} if member_level else {})), consent=request_level
    )

    errors = client.status(answer).get("errorInfo", {}).get("errorCounts", [])
    assert errors == (
        [{"recordCount": "1", "reason": f"PROCESSING_ERROR_REASON_{expected}"}] if expected else []
    )
    assert len(client.rows()) == (0 if expected else 1)


def test_token_is_wanted_and_expires() -> None:
    now = [0.0]
    with running(Sandbox(token_lifetime=100, clock=lambda: now[0])) as client:
        assert client.ask("GET", LISTS, token="other").status_code == 401
        assert client.ask("GET", LISTS, token="?").json()["error"]["status"] == "UNAUTHENTICATED"
        now[0] = 99.0
        assert client.ask("GET", LISTS).status_code == 200
        now[0] = 100.0
        assert client.ask("GET", LISTS).status_code == 401


def test_quota_of_a_minute_is_kept_per_kind() -> None:
    now = [0.0]
    with running(Sandbox(per_minute=3, clock=lambda: now[0])) as client:
        answers = [client.write(member(MARY)) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        error = answers[-1].json()["error"]
        assert error["status"] == "RESOURCE_EXHAUSTED"
        assert error["details"][0]["metadata"] == {
            "quota_limit": "IngestionMutateRequestsPerMinutePerProject"
        }
        assert client.ask("GET", LISTS).status_code == 200
        now[0] = 60.0
        assert client.write(member(MARY)).status_code == 200
        assert client.http.get("/_sandbox/requests").json()["over_quota"] == 1


def test_quota_of_a_day_is_kept() -> None:
    now = [0.0]
    quotas = Quotas(50_000, lambda: now[0])
    for _ in range(50_000):
        quotas.take("Management")
    now[0] = 3600.0

    with pytest.raises(ApiError) as refused:
        quotas.take("Management")
    assert refused.value.quota == "ManagementMutateRequestsPerDayPerProject"
    now[0] = 86_400.0
    quotas.take("Management")


def test_faults_of_processing_are_told_later(client: Client) -> None:
    client.fault("partial", "add")
    partly = client.status(client.write(member(MARY), member(JANE)))
    client.fault("failed", "add")
    failed = client.status(client.write(member(phones=(JOE,))))

    assert (partly["requestStatus"], failed["requestStatus"]) == ("PARTIAL_SUCCESS", "FAILED")
    assert client.rows() == {frozenset({f"email:{JANE}"})}


def test_state_survives_a_restart_and_a_torn_last_line(tmp_path: Path) -> None:
    path = tmp_path / "google.jsonl"
    with running(Sandbox(path)) as client:
        client.write(member(MARY), member(JANE))
        client.write(member(JANE), verb="remove")
    with path.open("ab") as log:
        log.write(b'{"do":"add","ids":')

    with closing(Lists(path)) as again:
        (held,) = again.audiences.values()
        assert held.people == {frozenset({f"email:{MARY}"})}
        assert len(again.receipts) == 2
        again.create("1" * 10, list_body(displayName="B"))
        again.delete(held.id)
    with closing(Lists(path)) as once_more:
        assert [held.name for held in once_more.audiences.values()] == ["B"]


def test_googles_own_client_gets_on_with_it(client: Client) -> None:
    given = form()
    credentials = Credentials(  # type: ignore[no-untyped-call]
        None,
        refresh_token=given["refresh_token"],
        token_uri=f"{client.url}/token",
        client_id=given["client_id"],
        client_secret=given["client_secret"],
    )
    host = client.url.removeprefix("http://")
    parent = f"accountTypes/GOOGLE_ADS/accounts/{CUSTOMER}"
    of_lists = UserListServiceRestTransport(host=host, url_scheme="http", credentials=credentials)
    of_members = IngestionServiceRestTransport(
        host=host, url_scheme="http", credentials=credentials
    )
    with (
        api.UserListServiceClient(transport=of_lists) as lists,
        api.IngestionServiceClient(transport=of_members) as ingestion,
    ):
        created = lists.create_user_list(
            parent=parent,
            user_list=api.UserList(strict("UserList", json.dumps(list_body(displayName="V")))),
        )
        request = api.IngestAudienceMembersRequest.wrap(
            strict("IngestAudienceMembersRequest", json.dumps(client.body(member(MARY))))
        )
        request.destinations[0].product_destination_id = str(created.id)

        answer = ingestion.ingest_audience_members(request)

        asked = api.RetrieveRequestStatusRequest(request_id=answer.request_id)
        status = ingestion.retrieve_request_status(asked).request_status_per_destination[0]
        assert status.request_status.name == "PROCESSING"
        assert [held.display_name for held in lists.list_user_lists(parent=parent)] == ["A", "V"]
        assert lists.get_user_list(name=created.name).size_info.gmail_members_count == 0
        assert client.sandbox.ledger.audiences[str(created.id)].people == {
            frozenset({f"email:{MARY}"})
        }
        lists.delete_user_list(name=created.name)
        assert str(created.id) not in client.sandbox.ledger.audiences
