"""A strict local Google: Customer Match over HTTP as the Data Manager API documents it, for the demo, for tests and for first steps.

    python -m local.platforms.google.sandbox --port 8401 --state-file .stratum/google.jsonl

``/`` shows what it holds, ``/_sandbox/audiences/{id}`` gives a list's members, ``/_sandbox/faults``
injects faults (`local.platforms.google.faults`), ``/token`` is its token endpoint
(`local.platforms.google.access` names the client). It keeps no personal data: a member who is not
hashed is refused.
"""

import argparse
import html
import json
import re
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

from local.platforms.faults import add_routes
from local.platforms.google import access
from local.platforms.google.access import LIFETIME_S, PER_MINUTE, GrantRefusedError, Quotas, Tokens
from local.platforms.google.contract import ApiError, Destination, check_upload, invalid
from local.platforms.google.faults import google_faults, refused
from local.platforms.google.lists import Lists, UserList, receipts

CUSTOMER: Final = "1234567890"
MANAGER: Final = "1112223333"
"""The manager account of every account."""
_LISTS: Final = re.compile(r"accountTypes/(\w+)/accounts/(\d{10})/userLists(?:/(\d+))?")
_LOGIN: Final = re.compile(r"accountTypes/GOOGLE_ADS/accounts/(\d{10})")
_CONDITION: Final = re.compile(
    r'\s*(display_name|displayName|description)\s*=\s*"((?:[^"\\]|\\.)*)"\s*'
)
_COMMON: Final = {"$alt", "alt", "prettyPrint"}


class _Route(NamedTuple):
    """One request's operation: its name, its quota, the query parameters that it takes, and what does it."""

    operation: str
    quota: str
    query: frozenset[str]
    answer: Callable[[], Awaitable[Response]]


class Sandbox:
    """State and behaviour of one sandbox. `clock` is monotonic, in seconds."""

    def __init__(
        self,
        state_file: Path | None = None,
        per_minute: int = PER_MINUTE,
        lifetime_s: int = LIFETIME_S,
        processing_polls: int = 1,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.lists = Lists(state_file)
        self.faults = google_faults()
        self.tokens = Tokens(lifetime_s, clock)
        self.quotas = Quotas(per_minute, clock)
        self.requests: dict[str, int] = {}
        self._processing_polls = processing_polls
        self._polls: dict[str, int] = {}

    async def token(self, request: Request) -> Response:
        """Answer a token request."""
        form = dict(parse_qsl((await request.body()).decode()))
        self._count("token")

        async def answer() -> Response:
            return JSONResponse(self.tokens.issue(form))

        if self.faults.taken("revoked_grant", "token"):
            form["refresh_token"] = ""
        try:
            return await self.faults.around("token", answer)
        except GrantRefusedError as error:
            description = (
                "Token has been expired or revoked."
                if error.error == "invalid_grant"
                else error.error
            )
            return JSONResponse(
                {"error": error.error, "error_description": description},
                401 if error.error == "invalid_client" else 400,
            )

    async def api(self, request: Request, path: str) -> Response:
        """Answer one API request."""
        try:
            route = self._route(request, path, await _body(request))
            if self.faults.taken("expired_token", route.operation):
                self.tokens.expire_all()
            self.tokens.check(request.headers.get("authorization", ""))
            self.quotas.take(route.quota)
            self._count(route.operation)
            unknown = request.query_params.keys() - route.query - _COMMON
            if unknown:
                raise invalid(
                    f'Invalid JSON payload received. Unknown name "{min(unknown)[:50]}": Cannot bind query parameter.'
                )
            return await self.faults.around(route.operation, route.answer)
        except ApiError as error:
            return refused(error)

    def _count(self, operation: str) -> None:
        self.requests[operation] = self.requests.get(operation, 0) + 1

    def _route(self, request: Request, path: str, body: object) -> _Route:
        """Name the operation and give what does it."""
        found = _LISTS.fullmatch(path)
        dry = request.query_params.get("validateOnly") == "true"
        match request.method, path:
            case "POST", "audienceMembers:ingest" | "audienceMembers:remove":
                verb = "add" if path.endswith("ingest") else "remove"
                return _Route(verb, "IngestionMutate", frozenset(), lambda: self._write(verb, body))
            case "GET", "requestStatus:retrieve":
                request_id = request.query_params.get("requestId", "")
                return _Route(
                    "status",
                    "IngestionRead",
                    frozenset({"requestId"}),
                    lambda: self._status(request_id),
                )
        if found is None or found[1] != "GOOGLE_ADS":
            raise ApiError(404, "Method not found.")
        account, list_id = found[2], found[3]
        self._check_login(account, request.headers.get("login-account", ""))
        match request.method, bool(list_id):
            case "GET", False:
                return _Route(
                    "find",
                    "Management",
                    frozenset({"filter", "pageSize", "pageToken"}),
                    lambda: self._find(request, account),
                )
            case "POST", False:
                return _Route(
                    "create",
                    "Management",
                    frozenset({"validateOnly"}),
                    lambda: self._create(account, body, dry),
                )
            case "GET", True:
                return _Route(
                    "read", "Management", frozenset(), lambda: self._read(account, list_id)
                )
            case "DELETE", True:
                return _Route(
                    "delete",
                    "Management",
                    frozenset({"validateOnly"}),
                    lambda: self._delete(account, list_id, dry),
                )
        raise ApiError(404, "Method not found.")

    def _check_login(self, account: str, header: str) -> None:
        login = _LOGIN.fullmatch(header)
        if header and (login is None or login[1] not in {account, MANAGER}):
            raise ApiError(403, "The caller does not have permission")

    def _held(self, operation: str, account: str, list_id: str) -> UserList:
        if self.faults.taken("deleted", operation) and list_id in self.lists.held:
            self.lists.delete(list_id)
        held = self.lists.held.get(list_id)
        if held is None or held.account != account:
            raise ApiError(404, "Requested entity was not found.")
        return held

    async def _find(self, request: Request, account: str) -> Response:
        wanted = _conditions(request.query_params.get("filter", ""))
        size, token = (
            request.query_params.get("pageSize", "50"),
            request.query_params.get("pageToken", "after-0"),
        )
        if not size.isdigit():
            raise invalid("The page size is not a number", "INVALID_FORMAT", "page_size")
        if not re.fullmatch(r"after-\d+", token):
            raise invalid("The page token is not valid", "INVALID_PAGE_TOKEN", "page_token")
        first = int(token.removeprefix("after-"))
        held = [
            held
            for held in self.lists.held.values()
            if held.account == account and int(held.id) > first
        ]
        matching = sorted(
            (h for h in held if all(getattr(h, name) == text for name, text in wanted)),
            key=lambda h: int(h.id),
        )
        shown = matching[: min(int(size) or 50, 1_000)]
        answer: dict[str, Any] = {"userLists": [held.shown() for held in shown]} if shown else {}
        return JSONResponse(
            answer
            | ({"nextPageToken": f"after-{shown[-1].id}"} if len(matching) > len(shown) else {})
        )

    async def _create(self, account: str, body: object, dry: bool) -> Response:
        if dry:
            raise invalid("The sandbox creates for real", "INVALID_ARGUMENT", "validate_only")
        return JSONResponse(self.lists.create(account, body).shown())

    async def _read(self, account: str, list_id: str) -> Response:
        return JSONResponse(self._held("read", account, list_id).shown())

    async def _delete(self, account: str, list_id: str, dry: bool) -> Response:
        self._held("delete", account, list_id)
        if not dry:
            self.lists.delete(list_id)
        return JSONResponse({})

    async def _write(self, verb: str, body: object) -> Response:
        upload = check_upload(verb, body)
        for place, destination in enumerate(upload.destinations):
            self._check_destination(verb, destination, f"destinations[{place}]")
        if self.faults.taken("bad_row", verb):
            raise invalid(
                "The SHA256 encoded value is malformed",
                "INVALID_SHA256_FORMAT",
                "audience_members[0].user_data",
            )
        if upload.dry:
            return JSONResponse({"requestId": "t-validated"})
        if self.faults.taken("partial", verb) and upload.people:
            del upload.people[0]
            upload.refused = {
                "PROCESSING_ERROR_REASON_DENIED_CONSENT": 1 + sum(upload.refused.values())
            }
        if self.faults.taken("failed", verb):
            upload.people.clear()
            upload.refused = {"PROCESSING_ERROR_REASON_INTERNAL_ERROR": upload.records}
        list_ids = [destination.list_id for destination in upload.destinations]
        return JSONResponse(
            {"requestId": self.lists.write(verb, list_ids, upload.people, receipts(verb, upload))}
        )

    def _check_destination(self, verb: str, destination: Destination, where: str) -> None:
        if destination.login not in {destination.account, MANAGER}:
            raise invalid(
                "The login account has no access",
                "OPERATING_ACCOUNT_LOGIN_ACCOUNT_MISMATCH",
                f"{where}.login_account",
            )
        try:
            self._held(verb, destination.account, destination.list_id)
        except ApiError:
            raise invalid(
                "User list is not valid.", "INVALID_USER_LIST_ID", f"{where}.product_destination_id"
            ) from None

    async def _status(self, request_id: str) -> Response:
        told = self.lists.receipts.get(request_id)
        if told is None:
            raise invalid("The request id is not valid", "INVALID_REQUEST_ID", "request_id")
        polls = self._polls[request_id] = self._polls.get(request_id, 0) + 1
        if polls <= self._processing_polls:
            told = [
                {"destination": receipt["destination"], "requestStatus": "PROCESSING"}
                for receipt in told
            ]
        return JSONResponse({"requestStatusPerDestination": told})

    def page(self) -> str:
        """Show the lists and the requests so far."""
        rows = "".join(
            f"<tr><td>{held.id}</td><td>{html.escape(held.name)}</td><td>{held.account}</td><td>{len(held.people)}</td></tr>"
            for held in self.lists.held.values()
        )
        return (
            "<!doctype html><meta charset=utf-8><meta http-equiv=refresh content=2><title>Google sandbox</title>"
            "<style>body{font:15px system-ui;margin:2em}td,th{padding:.3em 1em;text-align:left}</style>"
            "<h1>Google sandbox</h1><table><tr><th>list<th>name<th>account<th>members</tr>"
            f"{rows}</table><p>requests: {html.escape(json.dumps(self.requests))}, over quota: {self.quotas.refused}</p>"
        )


def _conditions(filter_text: str) -> list[tuple[str, str]]:
    """Read a filter of equalities joined by AND; gives (attribute, value) pairs."""
    found = []
    for part in (
        re.split(r"\bAND\b(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)", filter_text) if filter_text else []
    ):
        condition = _CONDITION.fullmatch(part)
        if condition is None:
            raise invalid("The filter cannot be read", "INVALID_FILTER", "filter")
        found.append(
            (
                "description" if condition[1] == "description" else "name",
                re.sub(r"\\(.)", r"\1", condition[2]),
            )
        )
    return found


async def _body(request: Request) -> object:
    try:
        return json.loads(await request.body() or b"{}")
    except ValueError as error:
        raise invalid("Invalid JSON payload received.") from error


def build_app(sandbox: Sandbox) -> FastAPI:
    """Serve one sandbox."""
    app = FastAPI(title="Google sandbox", docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/", response_class=HTMLResponse)
    async def page() -> str:
        return sandbox.page()

    @app.get("/_sandbox/audiences")
    async def audiences() -> list[dict[str, Any]]:
        return [
            {"id": h.id, "account": h.account, "name": h.name, "size": len(h.people)}
            for h in sandbox.lists.held.values()
        ]

    @app.get("/_sandbox/audiences/{list_id}")
    async def audience(list_id: str) -> Response:
        held = sandbox.lists.held.get(list_id)
        if held is None:
            return JSONResponse({"detail": "no such list"}, 404)
        return JSONResponse(
            {"id": held.id, "name": held.name, "rows": [sorted(person) for person in held.people]}
        )

    @app.get("/_sandbox/requests")
    async def requests() -> dict[str, int]:
        return sandbox.requests | {"over_quota": sandbox.quotas.refused}

    add_routes(app, sandbox.faults)

    @app.post("/token")
    async def token(request: Request) -> Response:
        return await sandbox.token(request)

    @app.api_route("/v1/{path:path}", methods=["GET", "POST", "PATCH", "DELETE"])
    async def api(request: Request, path: str) -> Response:
        return await sandbox.api(request, path)

    return app


def connection(url: str) -> dict[str, str]:
    """The settings that connect Stratum to the sandbox at an address."""
    return {
        "base_url": url,
        "token_url": f"{url}/token",
        "customer_id": CUSTOMER,
        "client_id": access.CLIENT_ID,
        "client_secret": access.CLIENT_SECRET,
        "refresh_token": access.REFRESH_TOKEN,
    }


def main() -> None:
    """Run it until it is told to stop."""
    parser = argparse.ArgumentParser(description="A strict local Google for Customer Match.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8401)
    parser.add_argument(
        "--state-file", type=Path, default=None, help="append log that survives a kill"
    )
    parser.add_argument(
        "--per-minute", type=int, default=PER_MINUTE, help="requests of each kind per minute"
    )
    parser.add_argument(
        "--token-lifetime", type=int, default=LIFETIME_S, help="seconds that an access token holds"
    )
    parser.add_argument(
        "--processing-polls",
        type=int,
        default=1,
        help="times that a request is still being processed when asked about",
    )
    arguments = parser.parse_args()
    sandbox = Sandbox(
        arguments.state_file,
        arguments.per_minute,
        arguments.token_lifetime,
        arguments.processing_polls,
    )
    uvicorn.run(
        build_app(sandbox),
        host=arguments.host,
        port=arguments.port,
        log_level="error",
        access_log=False,
    )


if __name__ == "__main__":
    main()
