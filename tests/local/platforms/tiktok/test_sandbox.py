"""The TikTok sandbox is as strict as the contract, and the connector satisfies it."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import httpx
import pytest

from local.platforms.app import build_app
from local.platforms.tiktok.sandbox import TOKEN, Sandbox
from sinks.activation.destination import exchange
from sinks.ads.hashing import digest
from sinks.ads.outcomes import Delivered, Described, Found, Outcome, Rejected, Retry, Written
from sinks.ads.platform import Create, Delete, Matchable, PlatformCall, Read, Row, Write
from sinks.ads.tiktok.codec import Tiktok, TiktokParams
from sinks.http.client import HttpParams, HttpRunner
from tests.support.serving import serving_sandbox

ACCOUNT = "7178918106775994370"
MARY, JANE, PHONE, DEVICE = map(
    digest,
    (
        "mary@example.com",
        "jane@example.com",
        "+18005550100",
        "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
    ),
)
SCHEMA = ["EMAIL_SHA256", "PHONE_SHA256", "IDFA_SHA256"]
BASE = "/open_api/v1.3/"


class Client:
    """Asks the sandbox as a marketer's program would."""

    def __init__(self, sandbox: Sandbox, http: httpx.Client) -> None:
        self.sandbox = sandbox
        self.http = http
        self.audience = str(self.create()["data"]["audience_id"])

    def ask(
        self, method: str, path: str, body: Any = None, token: str = TOKEN, **query: str
    ) -> httpx.Response:
        return self.http.request(
            method,
            BASE + path,
            json=body,
            params=query,
            headers={"access-token": token} if token else {},
        )

    def create(self, **changed: Any) -> Any:
        body = {"advertiser_id": ACCOUNT, "action": "create", "custom_audience_name": "A"} | changed
        return self.ask("POST", "segment/audience/", body).json()

    def delete(self, **changed: Any) -> Any:
        body = {
            "advertiser_id": ACCOUNT,
            "action": "delete",
            "delete_audience_id": self.audience,
        } | changed
        return self.ask("POST", "segment/audience/", body).json()

    def entry(self, value: str) -> dict[str, Any]:
        return {"id": value, "audience_ids": [self.audience]} if value else {}

    def map(self, *rows: list[Any], **changed: Any) -> Any:
        data = [
            [self.entry(value) if isinstance(value, str) else value for value in row]
            for row in rows
        ]
        body = {
            "advertiser_ids": [ACCOUNT],
            "action": "add",
            "id_schema": SCHEMA,
            "batch_data": data,
        } | changed
        return self.ask("POST", "segment/mapping/", body).json()

    def members(self) -> dict[str, list[str]]:
        held: dict[str, list[str]] = self.http.get(f"/_sandbox/audiences/{self.audience}").json()[
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
    """The connector over real HTTP."""

    def __init__(self, url: str, runner: HttpRunner) -> None:
        self.tiktok = Tiktok(TiktokParams(base_url=url, account_id=ACCOUNT, page_size=2), TOKEN)
        self._runner = runner

    def __call__(self, operation: PlatformCall) -> Outcome:
        return exchange(self.tiktok, operation, self._runner)

    def row(self, email: str, **more: tuple[str, ...]) -> Row:
        row = self.tiktok.row(Matchable("id", {"email": (email,)} | more))
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
    with running(Sandbox(qps=10_000, qpm=10_000)) as client:
        yield client


@pytest.fixture
def connector(client: Client) -> Iterator[Connector]:
    with HttpRunner(HttpParams()) as runner:
        yield Connector(str(client.http.base_url), runner)


def test_added_ids_are_held_and_removed_ids_are_gone(client: Client) -> None:
    answer = client.map([MARY, PHONE, ""], [JANE, "", DEVICE])

    assert (answer["code"], answer["message"], answer["data"]) == (0, "OK", {})
    assert client.members() == {
        "EMAIL_SHA256": sorted([MARY, JANE]),
        "PHONE_SHA256": [PHONE],
        "IDFA_SHA256": [DEVICE],
    }
    assert client.map([JANE, "", DEVICE], action="delete")["code"] == 0
    assert client.members() == {"EMAIL_SHA256": [MARY], "PHONE_SHA256": [PHONE]}


def test_action_defaults_to_add_and_columns_may_be_lower_case(client: Client) -> None:
    body = {
        "advertiser_ids": [ACCOUNT],
        "id_schema": ["email_sha256"],
        "batch_data": [[client.entry(MARY)]],
    }

    assert client.ask("POST", "segment/mapping/", body).json()["code"] == 0
    assert client.members() == {"EMAIL_SHA256": [MARY]}


def test_an_id_may_map_to_several_audiences(client: Client) -> None:
    other = client.create()["data"]["audience_id"]
    client.map([{"id": MARY, "audience_ids": [client.audience, other]}, "", ""])

    assert (
        client.members()
        == client.http.get(f"/_sandbox/audiences/{other}").json()["members"]
        == {"EMAIL_SHA256": [MARY]}
    )


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ([MARY, ""], 40002),
        ([MARY, "", "", ""], 40002),
        (["", "", ""], 40002),
        ([MARY, None, ""], 40002),
        ([MARY, [], ""], 40002),
        ([{"id": MARY}, "", ""], 40002),
        ([{"id": MARY, "audience_ids": []}, "", ""], 40002),
        ([{"id": MARY, "audience_ids": ["1"]}, "", ""], 40002),
        ([{"id": MARY, "audience_ids": [1]}, "", ""], 40002),
        ([{"id": MARY, "audience_ids": ["167290896"], "x": 1}, "", ""], 40002),
        ([digest("x") * 2, "", ""], 40062),
        ([MARY.upper(), "", ""], 40062),
        (["mary@example.com", "", ""], 40062),
        (["", "+18005550100", ""], 40062),
        (["e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "", ""], 40002),
        (["", "", digest("00000000-0000-0000-0000-000000000000")], 40002),
    ],
)
def test_malformed_row_is_refused_with_its_request(
    client: Client, row: list[Any], code: int
) -> None:
    assert client.map([JANE, "", ""], row)["code"] == code
    assert client.members() == {}


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"advertiser_ids": []}, 40002),
        ({"advertiser_ids": [7178918106775994370]}, 40002),
        ({"advertiser_ids": ["7178918106775994371"]}, 40002),
        ({"action": "remove"}, 40002),
        ({"id_schema": []}, 40002),
        ({"id_schema": ["EMAIL_SHA256", "email_sha256", "IDFA_SHA256"]}, 40002),
        ({"id_schema": ["EMAIL_SHA256", "PHONE_SHA256", "GAID_SHA256"]}, 40002),
        ({"batch_data": []}, 40002),
        ({"batch_data": [[]] * 1_001}, 40011),
        ({"surplus": 1}, 40002),
    ],
)
def test_malformed_mapping_is_refused(client: Client, changed: dict[str, Any], code: int) -> None:
    assert client.map([MARY, "", ""], **changed)["code"] == code
    assert client.members() == {}


@pytest.mark.parametrize(
    "path", ["segment/mapping", "segment/audience", "dmp/custom_audience/list", "segment/other/"]
)
def test_path_without_its_slash_is_not_found(client: Client, path: str) -> None:
    answer = client.ask("POST", path, {})

    assert (answer.status_code, answer.text) == (404, "404 page not found")


def test_wrong_method_is_no_api_answer(client: Client) -> None:
    assert client.ask("GET", "segment/mapping/").status_code == 405


@pytest.mark.parametrize(("token", "code"), [("", 40104), ("other", 40105)])
def test_wrong_token_is_refused_with_200(client: Client, token: str, code: int) -> None:
    answer = client.ask("GET", "dmp/custom_audience/list/", token=token, advertiser_id=ACCOUNT)

    assert (answer.status_code, answer.json()["code"]) == (200, code)


def test_bearer_token_is_no_token(client: Client) -> None:
    path = f"{BASE}dmp/custom_audience/list/?advertiser_id={ACCOUNT}"

    assert (
        client.http.get(path, headers={"authorization": f"Bearer {TOKEN}"}).json()["code"] == 40104
    )


@pytest.mark.parametrize(
    "changed",
    [{"custom_audience_name": ""}, {"advertiser_id": 1}, {"action": "make"}, {"description": "d"}],
)
def test_audience_needs_its_fields(client: Client, changed: dict[str, Any]) -> None:
    assert client.create(**changed)["code"] == 40002


def test_long_name_is_cut_and_names_may_repeat(client: Client) -> None:
    first, second = (
        client.create(custom_audience_name="n" * 71)["data"]["audience_id"] for _ in range(2)
    )
    names = {one["id"]: one["name"] for one in client.http.get("/_sandbox/audiences").json()}

    assert first != second
    assert names[first] == names[second] == "n" * 67 + "..."


def test_deleted_audience_is_gone(client: Client) -> None:
    assert client.delete()["code"] == 0
    assert client.delete()["code"] == 40002
    assert client.map([MARY, "", ""])["message"] == "Parameter error: invalid audience ID"


def test_audience_of_another_advertiser_is_invalid(client: Client) -> None:
    assert client.delete(advertiser_id="7178918106775994371")["code"] == 40002


def test_listing_pages_through_one_advertiser(client: Client) -> None:
    for number in range(4):
        client.create(custom_audience_name=f"n{number}")
    client.create(advertiser_id="7178918106775994371")

    pages = [
        client.ask(
            "GET", "dmp/custom_audience/list/", advertiser_id=ACCOUNT, page=page, page_size="2"
        ).json()["data"]
        for page in "123"
    ]

    assert [one["name"] for page in pages for one in page["list"]] == ["A", "n0", "n1", "n2", "n3"]
    assert pages[0]["page_info"] == {"page": 1, "page_size": 2, "total_number": 5, "total_page": 3}


@pytest.mark.parametrize(
    "query",
    [
        {"page_size": "101"},
        {"page": "0"},
        {"custom_audience_ids": "1"},
        {"custom_audience_ids": "[1]"},
    ],
)
def test_malformed_listing_is_refused(client: Client, query: dict[str, str]) -> None:
    assert (
        client.ask("GET", "dmp/custom_audience/list/", advertiser_id=ACCOUNT, **query).json()[
            "code"
        ]
        == 40002
    )


def test_too_many_requests_a_second_are_throttled_with_200() -> None:
    with running(Sandbox(qps=3, qpm=10_000)) as client:
        codes = [
            client.ask("GET", "dmp/custom_audience/list/", advertiser_id=ACCOUNT).json()["code"]
            for _ in range(3)
        ]

    assert codes == [0, 0, 40100]


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("error_500", 500, 50000),
        ("error_in_200", 200, 50000),
        ("gateway", 200, 51063),
        ("maintenance", 200, 60001),
        ("throttle", 200, 40100),
        ("throttle_advertiser", 200, 40133),
        ("expired_token", 200, 40105),
        ("permission", 200, 40001),
        ("scope", 200, 40130),
        ("updating", 200, 40002),
        ("conflict", 200, 40202),
        ("duplicate", 200, 40050),
    ],
)
def test_fault_answers_once_and_is_used_up(
    client: Client, kind: str, status: int, code: int
) -> None:
    client.fault(kind, "find")

    answers = [
        client.ask("GET", "dmp/custom_audience/list/", advertiser_id=ACCOUNT) for _ in range(2)
    ]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [
        (status, code),
        (200, 0),
    ]


def test_connector_creates_writes_reads_and_deletes(client: Client, connector: Connector) -> None:
    created = connector(Create("VIP", "stratum:1"))
    assert isinstance(created, Found)
    client.audience = created.platform_id
    mary = connector.row(
        "mary@example.com",
        phone=("+18005550100",),
        device_id=("F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6",),
    )
    jane = connector.row("jane@example.com")

    assert connector(Write("add", client.audience, (mary, jane), 1)) == Written(rows=2)
    assert connector(Write("remove", client.audience, (jane,), 2)) == Written(rows=1)
    assert client.members() == {
        "EMAIL_SHA256": [MARY],
        "PHONE_SHA256": [PHONE],
        "IDFA_SHA256": [DEVICE],
        "AAID_SHA256": [DEVICE],
    }
    readback = {"size_lower": 1, "size_upper": 1, "valid": 0, "expiring": 0}
    assert connector(Read(client.audience)) == Described(readback=readback)
    assert connector(Delete(client.audience)) == Delivered()
    for operation in (Read(client.audience), Delete(client.audience)):
        outcome = connector(operation)
        assert isinstance(outcome, Rejected)
        assert outcome.reason == "missing"


def test_audience_deleted_behind_our_back_shows_in_the_readback(
    client: Client, connector: Connector
) -> None:
    client.fault("deleted", "add")

    assert connector(
        Write("add", client.audience, (connector.row("mary@example.com"),), 1)
    ) == Retry("busy", 60.0)
    outcome = connector(Read(client.audience))
    assert isinstance(outcome, Rejected)
    assert outcome.reason == "missing"
