"""The Meta sandbox is as strict as the contract."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from local.platforms.app import build_app
from local.platforms.meta.sandbox import TOKEN, Sandbox
from sinks.ads.hashing import digest
from tests.support.serving import serving_sandbox

MARY, JANE = digest("mary@example.com"), digest("jane@example.com")
DEVICE = "aebe52e7-03ee-455a-b3c4-e57283966239"
SCHEMA = ["EXTERN_ID", "EMAIL", "PHONE", "MADID"]


class Client:
    """Asks the sandbox as a marketer's program would."""

    def __init__(self, sandbox: Sandbox, http: httpx.Client) -> None:
        self.sandbox = sandbox
        self.http = http
        self.sessions = iter(range(1, 1_000))
        self.audience = str(self.post("act_111/customaudiences", self.audience_body())["id"])

    @staticmethod
    def audience_body(**changed: Any) -> dict[str, Any]:
        return {
            "name": "A",
            "subtype": "CUSTOM",
            "customer_file_source": "USER_PROVIDED_ONLY",
            "description": "d",
        } | changed

    def ask(
        self, method: str, path: str, body: Any = None, token: str = TOKEN, version: str = "v25.0"
    ) -> httpx.Response:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        return self.http.request(method, f"/{version}/{path}", json=body, headers=headers)

    def post(self, path: str, body: Any) -> Any:
        answer = self.ask("POST", path, body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def users(
        self, *rows: list[Any], method: str = "POST", schema: Any = SCHEMA, **session: Any
    ) -> httpx.Response:
        body = {
            "session": {"session_id": next(self.sessions), "batch_seq": 1, "last_batch_flag": True}
            | session,
            "payload": {"schema": schema, "data": list(rows)},
        }
        return self.ask(method, f"{self.audience}/users", body)

    def rows(self) -> set[tuple[tuple[str, str], ...]]:
        held = self.http.get(f"/_sandbox/audiences/{self.audience}").json()
        return {
            tuple((key, value) for key, value in zip(held["schema"], row, strict=True) if value)
            for row in held["rows"]
        }


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
    with running(Sandbox()) as client:
        yield client


def code(answer: httpx.Response) -> tuple[int, int]:
    error = answer.json()["error"]
    return error["code"], error.get("error_subcode", 0)


def test_added_rows_are_held_and_removed_rows_are_gone(client: Client) -> None:
    answer = client.users(["p1", MARY, "", DEVICE], ["p2", JANE, "", ""])

    assert answer.json() == {
        "audience_id": client.audience,
        "session_id": "1",
        "num_received": 2,
        "num_invalid_entries": 0,
        "invalid_entry_samples": [],
    }
    client.users(["p2", JANE, "", ""], method="DELETE")
    assert client.rows() == {(("EXTERN_ID", "p1"), ("EMAIL", MARY), ("MADID", DEVICE))}


def test_remove_takes_every_row_that_shares_an_identifier(client: Client) -> None:
    client.users(["p1", MARY, "", ""], ["p2", MARY, "", DEVICE])
    client.users(["p9", MARY, "", ""], method="DELETE")

    assert client.rows() == set()


@pytest.mark.parametrize(
    "row",
    [
        ["p1", MARY.upper(), "", ""],
        ["p1", "mary@example.com", "", ""],
        ["p1", MARY[:63], "", ""],
        ["p1", MARY, "+15559876543", ""],
        ["p1", "", "", digest(DEVICE)],
        ["p1", "", "", DEVICE.upper()],
        ["p1", "", "", ""],
    ],
)
def test_wrong_hash_form_is_counted_and_not_held(client: Client, row: list[str]) -> None:
    answer = client.users(row, ["p2", JANE, "", ""]).json()

    assert (answer["num_received"], answer["num_invalid_entries"]) == (2, 1)
    assert list(answer["invalid_entry_samples"]) == ["0"]
    assert len(client.rows()) == 1


@pytest.mark.parametrize(
    ("rows", "schema", "expected"),
    [
        ([["p1", MARY, ""]], SCHEMA, 100),
        ([["p1", digest("x"), "", None]], SCHEMA, 100),
        (
            [["p1", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "", ""]],
            SCHEMA,
            100,
        ),
        ([["p1", MARY]], ["EXTERN_ID", "MAIL"], 100),
        ([[MARY, MARY]], ["EMAIL", "EMAIL"], 100),
        ([[MARY]], "EMAIL_SHA256", 2650),
        ([], SCHEMA, 100),
        ([["p1", MARY, "", ""]] * 10_001, SCHEMA, 105),
    ],
)
def test_malformed_request_is_refused_whole(
    client: Client, rows: Any, schema: Any, expected: int
) -> None:
    answer = client.users(*rows, schema=schema)

    assert answer.status_code == 400
    assert code(answer)[0] == expected
    assert client.rows() == set()


@pytest.mark.parametrize(
    "session",
    [{"session_id": 0}, {"session_id": 1 << 63}, {"batch_seq": 0}, {"last_batch_flag": "yes"}],
)
def test_malformed_session_is_refused(client: Client, session: Any) -> None:
    assert code(client.users(["p1", MARY, "", ""], **session)) == (100, 0)


def test_finished_session_takes_no_further_batch(client: Client) -> None:
    client.users(["p1", MARY, "", ""], session_id=77)

    assert code(client.users(["p2", JANE, "", ""], session_id=77, batch_seq=2)) == (2650, 1870159)


def test_session_counts_batches_and_rows(client: Client) -> None:
    client.users(["p1", MARY, "", ""], session_id=77, last_batch_flag=False)
    second = client.users(["p2", JANE, "", ""], session_id=77, batch_seq=2, last_batch_flag=False)

    assert second.json()["num_received"] == 2
    assert code(client.users(["p3", MARY, "", ""], session_id=77, batch_seq=2)) == (100, 0)
    assert code(
        client.users(["p3", MARY], schema=["EXTERN_ID", "EMAIL"], session_id=77, batch_seq=3)
    ) == (100, 0)


def test_session_is_optional(client: Client) -> None:
    body = {"payload": {"schema": SCHEMA, "data": [["p1", MARY, "", ""]]}}

    assert client.post(f"{client.audience}/users", body)["num_received"] == 1


@pytest.mark.parametrize("extra", [{}, {"method": "DELETE"}])
def test_form_with_json_fields_is_accepted(client: Client, extra: dict[str, str]) -> None:
    client.users(["p1", MARY, "", ""])
    payload = json.dumps({"schema": SCHEMA, "data": [["p1", MARY, "", ""]]})
    headers = {"content-type": "application/x-www-form-urlencoded"}

    form = urlencode({"payload": payload, "access_token": TOKEN} | extra)
    answer = client.http.post(f"/v25.0/{client.audience}/users", content=form, headers=headers)

    assert answer.status_code == 200
    assert len(client.rows()) == (0 if extra else 1)


def test_payload_in_a_long_url_is_refused(client: Client) -> None:
    answer = client.http.request("DELETE", f"/v25.0/{client.audience}/users?payload={'x' * 9_000}")

    assert answer.status_code == 414


@pytest.mark.parametrize("token", ["", "other"])
def test_wrong_token_is_refused(client: Client, token: str) -> None:
    assert code(client.ask("GET", client.audience, token=token)) == (190, 0)


def test_old_version_is_refused(client: Client) -> None:
    assert code(client.ask("GET", client.audience, version="v19.0")) == (2635, 0)


@pytest.mark.parametrize(
    "changed", [{"name": ""}, {"subtype": "LOOKALIKE"}, {"customer_file_source": "MINE"}]
)
def test_audience_needs_its_fields(client: Client, changed: dict[str, str]) -> None:
    assert code(client.ask("POST", "act_111/customaudiences", client.audience_body(**changed))) == (
        100,
        0,
    )


def test_unknown_audience_is_missing(client: Client) -> None:
    for method, path in (("GET", "999"), ("DELETE", "999"), ("POST", "999/users")):
        assert code(client.ask(method, path, {})) == (100, 33)


def test_listing_pages_through_one_account(client: Client) -> None:
    for number in range(4):
        client.post("act_111/customaudiences", client.audience_body(name=f"n{number}"))
    client.post("act_222/customaudiences", client.audience_body(name="other"))

    names, path = [], "act_111/customaudiences?fields=id,name&limit=2"
    while path:
        page = client.ask("GET", path).json()
        names += [audience["name"] for audience in page["data"]]
        after = page["paging"]["cursors"]["after"] if "next" in page["paging"] else ""
        path = f"act_111/customaudiences?fields=id,name&limit=2&after={after}" if after else ""

    assert names == ["A", "n0", "n1", "n2", "n3"]


def test_usage_climbs_and_then_throttles() -> None:
    with running(Sandbox(calls_per_hour=10)) as client:
        used = []
        for _ in range(10):
            answer = client.ask("GET", client.audience)
            (entry,) = json.loads(answer.headers["x-business-use-case-usage"])["sandbox"]
            used.append(entry["call_count"])

        assert used[:3] == [20, 30, 40]
        assert used[-1] == 100
        assert code(answer) == (80003, 0)
        assert entry["estimated_time_to_regain_access"] == 60


@pytest.mark.parametrize(
    ("kind", "status", "expected"),
    [
        ("error_500", 500, (2, 0)),
        ("throttle", 429, (80003, 0)),
        ("expired_token", 400, (190, 463)),
        ("terms", 403, (200, 1870090)),
    ],
)
def test_injected_error_has_its_body(
    client: Client, kind: str, status: int, expected: tuple[int, int]
) -> None:
    client.http.post("/_sandbox/faults", json={"kind": kind, "operation": "read"})

    answer = client.ask("GET", client.audience)

    assert (answer.status_code, code(answer)) == (status, expected)
    assert client.ask("GET", client.audience).status_code == 200
