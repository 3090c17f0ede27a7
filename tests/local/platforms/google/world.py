"""A Google sandbox that listens, a plain client of it, and Google's own types to read what goes
either way."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
from google.ads import datamanager_v1
from google.protobuf import json_format
from google.rpc import error_details_pb2, status_pb2

from local.platforms.app import build_app
from local.platforms.google.sandbox import CUSTOMER, Sandbox
from local.platforms.tokens import CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN
from sinks.activation.destination import exchange
from sinks.ads.google.codec import Google, GoogleParams
from sinks.ads.hashing import digest
from sinks.ads.outcomes import Found, Outcome
from sinks.ads.platform import Create, PlatformCall
from sinks.http.client import HttpParams, HttpRunner
from sinks.http.messages import Request, Response
from sinks.http.oauth import Grant, OAuthTransport, TokenParams
from tests.support.serving import serving_sandbox

MARY, JANE, JOE = digest("mary@example.com"), digest("jane@example.com"), digest("+18005550100")
LISTS = f"accountTypes/GOOGLE_ADS/accounts/{CUSTOMER}/userLists"


def strict(message: str, body: bytes | str) -> Any:
    """Read proto JSON with Google's own type: unknown fields, wrong enums and wrong types raise."""
    return json_format.Parse(
        body, getattr(datamanager_v1, message).pb()(), ignore_unknown_fields=False
    )


class Client:
    """Asks the sandbox as a marketer's program would."""

    def __init__(self, sandbox: Sandbox, url: str, http: httpx.Client) -> None:
        self.sandbox = sandbox
        self.url = url
        self.http = http
        self.token = str(http.post("/token", data=form()).json()["access_token"])
        self.list_id = str(self.ask("POST", LISTS, list_body()).json()["id"])

    def ask(
        self, method: str, path: str, body: Any = None, token: str | None = None, **headers: str
    ) -> httpx.Response:
        given = {"authorization": f"Bearer {self.token if token is None else token}"} | headers
        return self.http.request(
            method,
            f"/v1/{path}",
            content=json.dumps(body).encode() if body is not None else b"",
            headers=given,
        )

    def write(self, *members: Any, verb: str = "ingest", **changed: Any) -> httpx.Response:
        body = self.body(*members)
        if verb == "remove":
            del body["consent"], body["termsOfService"]
        return self.ask(
            "POST",
            f"audienceMembers:{verb}",
            {k: v for k, v in (body | changed).items() if v is not None},
        )

    def body(self, *members: Any) -> dict[str, Any]:
        return {
            "destinations": [
                {
                    "operatingAccount": {"accountType": "GOOGLE_ADS", "accountId": CUSTOMER},
                    "productDestinationId": self.list_id,
                },
            ],
            "audienceMembers": list(members),
            "consent": {"adUserData": "CONSENT_GRANTED", "adPersonalization": "CONSENT_GRANTED"},
            "encoding": "HEX",
            "termsOfService": {"customerMatchTermsOfServiceStatus": "ACCEPTED"},
        }

    def rows(self) -> set[frozenset[str]]:
        return {
            frozenset(row)
            for row in self.http.get(f"/_sandbox/audiences/{self.list_id}").json()["rows"]
        }

    def status(self, answer: httpx.Response) -> Any:
        path = f"requestStatus:retrieve?requestId={answer.json()['requestId']}"
        self.ask("GET", path)
        return self.ask("GET", path).json()["requestStatusPerDestination"][0]

    def fault(self, kind: str, operation: str = "any", **more: Any) -> None:
        answer = self.http.post(
            "/_sandbox/faults", json={"kind": kind, "operation": operation} | more
        )
        assert answer.status_code == 201, answer.text


class Connector:
    """Our own platform over our own transport, with everything that went over the line kept to look
    at."""

    def __init__(self, client: Client, runner: HttpRunner, **params: Any) -> None:
        self.google = Google(GoogleParams(base_url=client.url, customer_id=CUSTOMER, **params))
        self.exchanges: list[tuple[Request, Response]] = []
        grant = Grant(f"{client.url}/token", CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN)
        self._runner = runner
        self._transport = OAuthTransport(
            self._send, grant, TokenParams(), lambda: datetime.now(UTC)
        )

    def do(self, operation: PlatformCall) -> Outcome:
        return exchange(self.google, operation, self._transport)

    def create(self, name: str) -> str:
        outcome = self.do(Create(name, f"stratum:{name}"))
        assert isinstance(outcome, Found)
        return outcome.platform_id

    def _send(self, request: Request) -> Response:
        response = self._runner(request)
        self.exchanges.append((request, response))
        return response


def form(**changed: str) -> dict[str, str]:
    given = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "refresh_token": REFRESH_TOKEN}
    return {"grant_type": "refresh_token"} | given | changed


def list_body(**changed: Any) -> dict[str, Any]:
    info = {
        "uploadKeyTypes": ["CONTACT_ID"],
        "contactIdInfo": {"dataSourceType": "DATA_SOURCE_TYPE_FIRST_PARTY"},
    }
    return {
        "displayName": "A",
        "description": "d",
        "membershipDuration": "2592000s",
        "ingestedUserListInfo": info,
    } | changed


def member(*emails: str, phones: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    identifiers = [{"emailAddress": value} for value in emails] + [
        {"phoneNumber": value} for value in phones
    ]
    return {"userData": {"userIdentifiers": identifiers}} | more


@contextmanager
def running(sandbox: Sandbox) -> Iterator[Client]:
    with (
        closing(sandbox.ledger),
        serving_sandbox(build_app(sandbox)) as url,
        httpx.Client(base_url=url, timeout=30) as http,
    ):
        yield Client(sandbox, url, http)


@contextmanager
def connected(client: Client, **params: Any) -> Iterator[Connector]:
    with HttpRunner(HttpParams()) as runner:
        yield Connector(client, runner, **params)


def reason(answer: httpx.Response) -> tuple[str, str]:
    """Give field and reason of the one violation; the error reads as google.rpc.Status."""
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (400, 400)
    plain = {name: value for name, value in error.items() if name != "status"}
    read = json_format.Parse(json.dumps(plain), status_pb2.Status())
    bad = error_details_pb2.BadRequest()
    assert any(detail.Unpack(bad) for detail in read.details)
    (violation,) = bad.field_violations
    return violation.field, violation.reason
