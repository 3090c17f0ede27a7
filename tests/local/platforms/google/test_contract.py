"""The Google sandbox is as strict as the contract and as Google's own types: what is wrong is
refused whole, and nothing is kept."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from google.protobuf import json_format

from local.platforms.google.sandbox import CUSTOMER, MANAGER, Sandbox
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

EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
GRANTED = {"adUserData": "CONSENT_GRANTED", "adPersonalization": "CONSENT_GRANTED"}
ADDRESS = {"givenName": MARY, "familyName": JANE, "regionCode": "US", "postalCode": "94043"}


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    """One for all: every test leaves the list as it was."""
    with running(Sandbox()) as client:
        yield client


MALFORMED: dict[str, tuple[dict[str, Any], str, str]] = {
    "no members": ({"audienceMembers": []}, "audience_members", "REQUIRED_FIELD_MISSING"),
    "no destination": ({"destinations": []}, "destinations", "REQUIRED_FIELD_MISSING"),
    "too many members": (
        {"audienceMembers": [member(MARY)] * 10_001},
        "audience_members",
        "TOO_MANY_AUDIENCE_MEMBERS",
    ),
    "no encoding": ({"encoding": None}, "encoding", "REQUIRED_FIELD_MISSING"),
    "no terms": ({"termsOfService": None}, "terms_of_service", "TERMS_AND_CONDITIONS_NOT_SIGNED"),
    "terms refused": (
        {"termsOfService": {"customerMatchTermsOfServiceStatus": "REJECTED"}},
        "terms_of_service",
        "TERMS_AND_CONDITIONS_NOT_SIGNED",
    ),
    "encrypted": ({"encryptionInfo": {}}, "encryption_info", "INVALID_ARGUMENT"),
}
MEMBERS: dict[str, tuple[Any, str, str]] = {
    "raw e-mail": (
        member("mary@example.com"),
        ".user_data.user_identifiers[0].emailAddress",
        "INVALID_HEX_ENCODING",
    ),
    "short digest": (
        member(MARY[:62]),
        ".user_data.user_identifiers[0].emailAddress",
        "INVALID_SHA256_FORMAT",
    ),
    "spaced digest": (
        member(f"{MARY[:32]} {MARY[32:]}"),
        ".user_data.user_identifiers[0].emailAddress",
        "INVALID_SHA256_FORMAT",
    ),
    "hash of nothing": (
        member(EMPTY),
        ".user_data.user_identifiers[0].emailAddress",
        "INVALID_FORMAT",
    ),
    "no identifier": (member(), ".user_data.user_identifiers", "REQUIRED_FIELD_MISSING"),
    "eleven identifiers": (
        member(*[MARY] * 11),
        ".user_data.user_identifiers",
        "TOO_MANY_USER_IDENTIFIERS",
    ),
    "half an address": (
        {"userData": {"userIdentifiers": [{"address": {"givenName": MARY}}]}},
        ".user_data.user_identifiers[0].address.familyName",
        "REQUIRED_FIELD_MISSING",
    ),
    "hashed country": (
        {"userData": {"userIdentifiers": [{"address": ADDRESS | {"regionCode": MARY}}]}},
        ".user_data.user_identifiers[0].address.region_code",
        "INVALID_COUNTRY_CODE",
    ),
    "device ids": ({"mobileData": {"mobileIds": ["a"]}}, "", "INVALID_USER_LIST_TYPE"),
    "unknown reference": (
        member(MARY, destinationReferences=["x"]),
        ".destination_references",
        "INVALID_DESTINATION",
    ),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_request_is_refused_whole(client: Client, name: str) -> None:
    changed, field, expected = MALFORMED[name]

    assert reason(client.write(member(MARY), **changed)) == (field, expected)
    assert client.rows() == set()


@pytest.mark.parametrize("name", MEMBERS)
def test_malformed_member_is_named_and_the_whole_refused(client: Client, name: str) -> None:
    bad, field, expected = MEMBERS[name]

    assert reason(client.write(member(MARY), bad)) == (f"audience_members[1]{field}", expected)
    assert client.rows() == set()


def refused_by_google(body: dict[str, Any]) -> bool:
    try:
        strict("IngestAudienceMembersRequest", json.dumps(body))
    except json_format.ParseError:
        return True
    return False


@pytest.mark.parametrize(
    "changed",
    [
        {"terms": {}},
        {"encoding": "hex"},
        {"validateOnly": "yes"},
        {"consent": {"adUserData": "GRANTED"}},
        {"consent": {"adUser": "CONSENT_GRANTED"}},
        {"termsOfService": {"status": "ACCEPTED"}},
        {
            "destinations": [
                {
                    "operatingAccount": {"accountType": "ADS", "accountId": CUSTOMER},
                    "productDestinationId": "1",
                }
            ]
        },
        {
            "destinations": [
                {
                    "operatingAccount": {"accountType": "GOOGLE_ADS", "accountId": {}},
                    "productDestinationId": "1",
                }
            ]
        },
        {"destinations": [{"account": {}}]},
        {"audienceMembers": [{"userData": {"identifiers": []}}]},
        {"audienceMembers": [{"userData": {"userIdentifiers": [{"hashedEmail": MARY}]}}]},
        {"audienceMembers": [{"userData": {"userIdentifiers": [{"addressInfo": ADDRESS}]}}]},
        {
            "audienceMembers": [
                {"userData": {"userIdentifiers": [{"emailAddress": MARY, "phoneNumber": JOE}]}}
            ]
        },
        {
            "audienceMembers": [
                {
                    "userData": {"userIdentifiers": [{"emailAddress": MARY}]},
                    "mobileData": {"mobileIds": ["a"]},
                }
            ]
        },
        {"audienceMembers": [7]},
        {"audienceMembers": {}},
    ],
)
def test_what_googles_types_cannot_read_is_refused(client: Client, changed: dict[str, Any]) -> None:
    body = client.body(member(MARY)) | changed

    assert refused_by_google(body)
    assert client.ask("POST", "audienceMembers:ingest", body).status_code == 400
    assert client.rows() == set()


def test_what_the_sandbox_accepts_googles_types_can_read(client: Client) -> None:
    consented = client.body(
        member(MARY, consent=GRANTED),
        member(phones=(JOE,)),
        {"userData": {"userIdentifiers": [{"address": ADDRESS}]}},
    )

    assert not refused_by_google(consented)
    assert (
        client.ask("POST", "audienceMembers:ingest", consented | {"validateOnly": True}).status_code
        == 200
    )


@pytest.mark.parametrize("field", ["consent", "termsOfService"])
def test_remove_has_neither_consent_nor_terms(client: Client, field: str) -> None:
    body = {
        name: value
        for name, value in client.body(member(MARY)).items()
        if name not in {"consent", "termsOfService"} - {field}
    }

    with pytest.raises(json_format.ParseError):
        strict("RemoveAudienceMembersRequest", json.dumps(body))
    assert reason(client.ask("POST", "audienceMembers:remove", body)) == ("", "")


def test_account_list_and_login_must_fit(client: Client) -> None:
    def to(**changed: Any) -> Any:
        own = {
            "operatingAccount": {"accountType": "GOOGLE_ADS", "accountId": CUSTOMER},
            "productDestinationId": client.list_id,
        }
        return client.write(member(MARY), destinations=[own | changed], validateOnly=True)

    def account(number: Any) -> dict[str, Any]:
        return {"accountType": "GOOGLE_ADS", "accountId": number}

    assert reason(to(operatingAccount=account("123-456-7890")))[1] == "INVALID_DESTINATION"
    assert reason(to(operatingAccount=account(int(CUSTOMER))))[1] == "INVALID_DESTINATION"
    assert reason(to(operatingAccount=account("9" * 10)))[1] == "INVALID_USER_LIST_ID"
    assert reason(to(productDestinationId="1"))[1] == "INVALID_USER_LIST_ID"
    assert reason(to(productDestinationId="x"))[1] == "INVALID_DESTINATION"
    assert (
        reason(to(loginAccount=account("9" * 10)))[1] == "OPERATING_ACCOUNT_LOGIN_ACCOUNT_MISMATCH"
    )
    assert to(loginAccount=account(MANAGER)).status_code == 200
    assert (
        client.ask(
            "GET", LISTS, **{"login-account": f"accountTypes/GOOGLE_ADS/accounts/{MANAGER}"}
        ).status_code
        == 200
    )
    assert (
        client.ask(
            "GET", LISTS, **{"login-account": "accountTypes/GOOGLE_ADS/accounts/9999999999"}
        ).status_code
        == 403
    )
    assert client.ask("GET", LISTS, **{"login-account": MANAGER}).status_code == 403


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"displayName": ""}, "INVALID_DISPLAY_NAME"),
        ({"displayName": "A"}, "DISPLAY_NAME_ALREADY_USED"),
        ({"membershipDuration": "3600s"}, "INVALID_ARGUMENT"),
        ({"membershipDuration": 86400}, "INVALID_ARGUMENT"),
        ({"membershipDuration": f"{541 * 86_400}s"}, "MEMBERSHIP_DURATION_TOO_LONG"),
        (
            {"ingestedUserListInfo": {"uploadKeyTypes": ["MOBILE_ID"]}},
            "UNSUPPORTED_USER_LIST_UPLOAD_KEY_TYPES",
        ),
        ({"ingestedUserListInfo": {}}, "UNSUPPORTED_USER_LIST_UPLOAD_KEY_TYPES"),
        (
            {
                "ingestedUserListInfo": {
                    "uploadKeyTypes": ["CONTACT_ID"],
                    "contactIdInfo": {"dataSourceType": 4},
                }
            },
            "NOT_ALLOWLISTED",
        ),
        ({"ingestedUserListInfo": {"uploadKeyTypes": ["EMAIL"]}}, "INVALID_ENUM_VALUE"),
        ({"ingestedUserListInfo": None}, ""),
        ({"colour": "blue"}, ""),
    ],
)
def test_list_needs_its_fields(client: Client, changed: dict[str, Any], expected: str) -> None:
    assert reason(client.ask("POST", LISTS, list_body(displayName="B") | changed))[1] == expected
    assert len(client.sandbox.ledger.audiences) == 1


@pytest.mark.parametrize(
    ("changed", "status", "error"),
    [
        ({}, 200, None),
        ({"refresh_token": "old"}, 400, "invalid_grant"),
        ({"client_secret": "x"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ],
)
def test_token_endpoint_wants_the_right_grant(
    client: Client, changed: dict[str, str], status: int, error: str | None
) -> None:
    answer = client.http.post("/token", data=form(**changed))

    assert (answer.status_code, answer.json().get("error")) == (status, error)
