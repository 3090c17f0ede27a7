"""The Snapchat sandbox is as strict as the contract, and the connector with its transports
satisfies it."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import httpx
import pytest

from local.platforms.app import build_app
from local.platforms.snapchat.sandbox import Sandbox
from local.platforms.tokens import CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN
from sinks.activation.destination import exchange
from sinks.ads.hashing import digest
from sinks.ads.outcomes import Delivered, Described, Found, Outcome, Rejected, Written
from sinks.ads.platform import Create, Delete, Matchable, PlatformCall, Read, Row, Write
from sinks.ads.snapchat.codec import Snapchat, SnapchatParams
from sinks.http.client import HttpParams, HttpRunner
from sinks.http.oauth import Grant, OAuthTransport, TokenParams
from tests.support.serving import serving_sandbox

ACCOUNT = "8adc3db7-8148-4fbf-999c-8d2266369d74"
OTHER = "9adc3db7-8148-4fbf-999c-8d2266369d74"
MARY, JANE, PHONE, DEVICE = map(
    digest,
    ("mary@example.com", "jane@example.com", "17067675127", "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"),
)
GRANT = {
    "grant_type": "refresh_token",
    "client_id": CLIENT_ID,
    "client_secret": CLIENT_SECRET,
    "refresh_token": REFRESH_TOKEN,
}


class Client:
    """Asks the sandbox as a marketer's program would."""

    def __init__(self, sandbox: Sandbox, http: httpx.Client) -> None:
        self.sandbox = sandbox
        self.http = http
        self.token = str(self.grant().json()["access_token"])
        self.segment = str(self.create().json()["segments"][0]["segment"]["id"])

    def grant(self, **changed: str) -> httpx.Response:
        return self.http.post("/login/oauth2/access_token", data=GRANT | changed)

    def ask(
        self, method: str, path: str, body: Any = None, token: str | None = None
    ) -> httpx.Response:
        token = self.token if token is None else token
        headers = {"authorization": f"Bearer {token}"} if token else {}
        return self.http.request(method, f"/v1/{path}", json=body, headers=headers)

    def create(self, account: str = ACCOUNT, **changed: Any) -> httpx.Response:
        segment = {
            "name": "A",
            "source_type": "FIRST_PARTY",
            "retention_in_days": 180,
            "ad_account_id": account,
        } | changed
        return self.ask("POST", f"adaccounts/{account}/segments", {"segments": [segment]})

    def users(
        self, *identifiers: Any, method: str = "POST", schema: str = "EMAIL_SHA256", **more: Any
    ) -> httpx.Response:
        element = {"schema": [schema], "data": [[one] for one in identifiers]} | more
        return self.ask(method, f"segments/{self.segment}/users", {"users": [element]})

    def members(self) -> dict[str, list[str]]:
        held: dict[str, list[str]] = self.http.get(f"/_sandbox/audiences/{self.segment}").json()[
            "members"
        ]
        return held

    def fault(self, kind: str, operation: str = "any", **more: Any) -> None:
        assert (
            self.http.post(
                "/_sandbox/faults", json={"kind": kind, "operation": operation} | more
            ).status_code
            == 201
        )


class Connector:
    """The connector with its transports over real HTTP."""

    def __init__(self, url: str, runner: HttpRunner) -> None:
        self.snapchat = Snapchat(SnapchatParams(base_url=url, account_id=ACCOUNT, page_size=2))
        grant = Grant(f"{url}/login/oauth2/access_token", CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN)
        self._transport = OAuthTransport(runner, grant, TokenParams(), partial(datetime.now, UTC))

    def __call__(self, operation: PlatformCall) -> Outcome:
        return exchange(self.snapchat, operation, self._transport)

    def row(self, email: str, **more: tuple[str, ...]) -> Row:
        row = self.snapchat.row(Matchable("id", {"email": (email,)} | more))
        assert row is not None
        return row


@contextmanager
def running(sandbox: Sandbox) -> Iterator[Client]:
    with (
        closing(sandbox.ledger),
        serving_sandbox(build_app(sandbox)) as url,
        httpx.Client(base_url=url, timeout=30) as http,
    ):
        yield Client(sandbox, http)


@pytest.fixture
def client() -> Iterator[Client]:
    with running(Sandbox(per_token=10_000, per_app=10_000)) as client:
        yield client


@pytest.fixture
def connector(client: Client) -> Iterator[Connector]:
    with HttpRunner(HttpParams()) as runner:
        yield Connector(str(client.http.base_url).rstrip("/"), runner)


def test_added_identifiers_are_held_and_removed_ones_are_gone(client: Client) -> None:
    answer = client.users(MARY, JANE)

    part = {"sub_request_status": "SUCCESS", "user": {"number_uploaded_users": 2}}
    assert (answer.json()["request_status"], answer.json()["users"]) == ("SUCCESS", [part])
    client.users(PHONE, schema="PHONE_SHA256")
    assert client.members() == {"EMAIL_SHA256": sorted([MARY, JANE]), "PHONE_SHA256": [PHONE]}
    client.users(JANE, method="DELETE")
    assert client.members() == {"EMAIL_SHA256": [MARY], "PHONE_SHA256": [PHONE]}


@pytest.mark.parametrize(
    "identifier",
    [
        MARY.upper(),
        MARY[:63],
        "mary@example.com",
        "",
        None,
        ["x"],
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        digest("00000000-0000-0000-0000-000000000000"),
    ],
)
def test_malformed_identifier_is_refused_with_its_request(client: Client, identifier: Any) -> None:
    answer = client.users(MARY, identifier)

    assert (answer.status_code, answer.json()["error_code"]) == (400, "E1001")
    assert client.members() == {}


@pytest.mark.parametrize(
    "changed",
    [
        {"schema": "EMAIL_SHA256"},
        {"schema": ["EMAIL_SHA256", "PHONE_SHA256"]},
        {"schema": ["EMAIL"]},
        {"schema": []},
        {"data": []},
        {"data": [MARY]},
        {"data": [[MARY, MARY]]},
        {"data": [[MARY]] * 100_001},
        {"id": "1"},
        {"surplus": 1},
    ],
)
def test_malformed_upload_is_refused(client: Client, changed: dict[str, Any]) -> None:
    element = {"schema": ["EMAIL_SHA256"], "data": [[MARY]]} | changed
    answer = client.ask("POST", f"segments/{client.segment}/users", {"users": [element]})

    assert (answer.status_code, answer.json()["request_status"]) == (400, "ERROR")
    assert client.members() == {}


def test_kinds_of_identifiers_cannot_be_mixed_in_a_request(client: Client) -> None:
    elements = [
        {"schema": ["EMAIL_SHA256"], "data": [[MARY]]},
        {"schema": ["PHONE_SHA256"], "data": [[PHONE]]},
    ]

    assert (
        client.ask("POST", f"segments/{client.segment}/users", {"users": elements}).status_code
        == 400
    )
    assert client.members() == {}


@pytest.mark.parametrize(
    "changed",
    [
        {"name": ""},
        {"name": "n" * 376},
        {"source_type": "PIXEL"},
        {"retention_in_days": 0},
        {"retention_in_days": 10_000},
        {"retention_in_days": "180"},
        {"ad_account_id": OTHER},
        {"description": None},
        {"surplus": 1},
    ],
)
def test_segment_needs_its_fields(client: Client, changed: dict[str, Any]) -> None:
    assert client.create(**changed).status_code == 400


def test_created_segment_is_shown_as_documented(client: Client) -> None:
    answer = client.create(name="VIP", description="stratum:1").json()
    shown = answer["segments"][0]["segment"]

    assert (answer["request_status"], answer["segments"][0]["sub_request_status"]) == (
        "success",
        "success",
    )
    assert shown["id"].isdigit()
    assert {
        key: shown[key]
        for key in ("name", "description", "status", "source_type", "retention_in_days")
    } == {
        "name": "VIP",
        "description": "stratum:1",
        "status": "PENDING",
        "source_type": "FIRST_PARTY",
        "retention_in_days": 180,
    }


@pytest.mark.parametrize(
    ("people", "targetable"), [(0, "NOT_READY"), (1, "TOO_FEW_USERS"), (1_000, "READY")]
)
def test_segment_tells_whether_it_can_be_targeted(
    client: Client, people: int, targetable: str
) -> None:
    if people:
        client.users(*(digest(f"p{n}@example.com") for n in range(people)))
    shown = client.ask("GET", f"segments/{client.segment}").json()["segments"][0]["segment"]

    assert (shown["targetable_status"], shown["approximate_number_users"]) == (targetable, people)


def test_clearing_keeps_the_segment_and_deleting_does_not(client: Client) -> None:
    client.users(MARY)
    cleared = client.ask("DELETE", f"segments/{client.segment}/all_users").json()

    assert cleared["segments"][0]["segment"]["approximate_number_users"] == 0
    assert client.members() == {}
    assert client.ask("DELETE", f"segments/{client.segment}").json()["segments"] == []
    for method, path in (("GET", ""), ("DELETE", ""), ("DELETE", "/all_users")):
        assert client.ask(method, f"segments/{client.segment}{path}").status_code == 404
    assert client.users(MARY).status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "other", 404),
        ("PUT", "segments/1", 405),
        ("POST", "segments/1/all_users", 405),
        ("DELETE", f"adaccounts/{ACCOUNT}/segments", 405),
        ("GET", "adaccounts/1/segments", 404),
    ],
)
def test_unknown_paths_and_methods_are_refused(
    client: Client, method: str, path: str, status: int
) -> None:
    assert client.ask(method, path).status_code == status


def test_listing_pages_through_one_account(client: Client) -> None:
    for number in range(4):
        client.create(name=f"n{number}")
    client.create(OTHER)

    names, path = [], f"adaccounts/{ACCOUNT}/segments?limit=2"
    while path:
        page = client.ask("GET", path).json()
        names += [part["segment"]["name"] for part in page["segments"]]
        path = page.get("paging", {}).get("next_link", "").partition("/v1/")[2]

    assert names == ["A", "n0", "n1", "n2", "n3"]


@pytest.mark.parametrize(
    ("changed", "status", "error"),
    [
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"client_secret": "other"}, 401, "invalid_client"),
        ({"refresh_token": "other"}, 400, "invalid_grant"),
    ],
)
def test_token_needs_the_right_grant(
    client: Client, changed: dict[str, str], status: int, error: str
) -> None:
    answer = client.grant(**changed)

    assert (answer.status_code, answer.json()["error"]) == (status, error)


@pytest.mark.parametrize("token", ["", "other"])
def test_wrong_token_is_refused_without_json(client: Client, token: str) -> None:
    answer = client.ask("GET", f"segments/{client.segment}", token=token)

    assert (answer.status_code, answer.text) == (401, "unauthorized")


def test_token_expires() -> None:
    sandbox = Sandbox(token_lifetime_s=0.0)
    with closing(sandbox.ledger):
        sandbox.tokens.grant(b"&".join(f"{key}={value}".encode() for key, value in GRANT.items()))

        assert not sandbox.tokens.holder("Bearer sandbox-access-1")


@pytest.mark.parametrize(("per_token", "per_app"), [(3, 20), (10, 3)])
def test_too_many_requests_a_second_are_throttled(per_token: int, per_app: int) -> None:
    with running(Sandbox(per_token=per_token, per_app=per_app)) as client:
        codes = [client.ask("GET", f"segments/{client.segment}").status_code for _ in range(3)]

    assert codes == [200, 200, 429]


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("error_500", 500),
        ("unavailable", 503),
        ("throttle", 429),
        ("expired_token", 401),
        ("permission", 403),
        ("error_in_200", 200),
    ],
)
def test_fault_answers_once_and_is_used_up(client: Client, kind: str, status: int) -> None:
    client.fault(kind, "add")

    assert client.users(MARY).status_code == status
    client.token = client.grant().json()["access_token"]
    assert client.members() == {}
    assert client.users(MARY).json()["users"][0]["sub_request_status"] == "SUCCESS"


def test_connector_creates_writes_reads_and_deletes(client: Client, connector: Connector) -> None:
    created = connector(Create("VIP", "stratum:1"))
    assert isinstance(created, Found)
    client.segment = created.platform_id
    mary = connector.row(
        "mary@example.com",
        phone=("+17067675127",),
        device_id=("F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6",),
    )
    jane = connector.row("jane@example.com")

    assert connector(Write("add", client.segment, (mary, jane), 1)) == Written(rows=2)
    assert connector(Write("remove", client.segment, (jane,), 2)) == Written(rows=1)
    assert client.members() == {
        "EMAIL_SHA256": [MARY],
        "PHONE_SHA256": [PHONE],
        "MOBILE_AD_ID_SHA256": [DEVICE],
    }
    readback = connector(Read(client.segment))
    assert isinstance(readback, Described)
    assert readback.readback["targetable_status"] == "TOO_FEW_USERS"
    assert connector(Delete(client.segment)) == Delivered()
    for operation in (
        Read(client.segment),
        Delete(client.segment),
        Write("add", client.segment, (jane,), 3),
    ):
        outcome = connector(operation)
        assert isinstance(outcome, Rejected)
        assert outcome.reason == "missing"


def test_expired_token_is_renewed_in_the_middle_of_a_write(
    client: Client, connector: Connector
) -> None:
    client.fault("expired_token", "add")
    mary = connector.row("mary@example.com", phone=("+17067675127",))

    assert connector(Write("add", client.segment, (mary,), 1)) == Written(rows=1)
    assert client.members() == {"EMAIL_SHA256": [MARY], "PHONE_SHA256": [PHONE]}


def test_revoked_grant_needs_a_person(client: Client, connector: Connector) -> None:
    client.fault("revoked_grant", "token")

    outcome = connector(Read(client.segment))

    assert isinstance(outcome, Rejected)
    assert outcome.reason == "reauth"


def test_missing_permission_is_rejected(client: Client, connector: Connector) -> None:
    client.fault("permission", "add")

    outcome = connector(Write("add", client.segment, (connector.row("mary@example.com"),), 1))

    assert isinstance(outcome, Rejected)
    assert (outcome.reason, outcome.detail) == ("permission", "403 E3002")


def test_account_that_does_not_exist_is_a_matter_of_settings(connector: Connector) -> None:
    connector.snapchat = Snapchat(replace(connector.snapchat.params, account_id="1"))

    outcome = connector(Create("VIP", "stratum:1"))

    assert isinstance(outcome, Rejected)
    assert outcome.reason == "permission"
