"""A strict local Google: Customer Match over HTTP as the Data Manager API documents it.

python -m local.platforms.google.sandbox --port 8401 --state-file .stratum/google.jsonl
"""

import json
import re
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

from fastapi import Request, Response
from fastapi.responses import JSONResponse

from local.platforms.app import Answer, SandboxApp, serve
from local.platforms.google.access import PER_MINUTE, Quotas
from local.platforms.google.contract import Destination, check_upload
from local.platforms.google.faults import google_faults, refused
from local.platforms.google.listing import PARAMETERS, listed
from local.platforms.google.lists import Lists, UserList, receipts
from local.platforms.google.proto_json import ApiError, invalid
from local.platforms.tokens import ACCESS, Tokens

CUSTOMER: Final = "1234567890"
MANAGER: Final = "1112223333"
"""The manager account of every account."""
LIFETIME_S: Final = 3_599
_SCOPE: Final = "https://www.googleapis.com/auth/datamanager"
_LISTS: Final = re.compile(r"accountTypes/(\w+)/accounts/(\d{10})/userLists(?:/(\d+))?")
_LOGIN: Final = re.compile(r"accountTypes/GOOGLE_ADS/accounts/(\d{10})")
_COMMON: Final = {"$alt", "alt", "prettyPrint"}


class _Route(NamedTuple):
    """One request's operation: name, quota, known query parameters, and what answers it."""

    operation: str
    quota: str
    query: frozenset[str]
    answer: Answer


class Sandbox(SandboxApp):
    """State and behaviour of one sandbox.

    Args:
        state_file: append log that survives a kill; None keeps everything in memory.
        per_minute: requests of each kind per minute.
        token_lifetime: seconds for which an access token holds.
        processing_polls: times that a request is still being processed when asked about.
        clock: monotonic, seconds.
    """

    title = "Google"
    port = 8401
    route = "/v1/{path:path}"
    methods = ("GET", "POST", "PATCH", "DELETE")
    oauth_path = "/token"

    def __init__(
        self,
        state_file: Path | None = None,
        per_minute: int = PER_MINUTE,
        token_lifetime: int = LIFETIME_S,
        processing_polls: int = 1,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(Lists(state_file), google_faults())
        self.tokens = Tokens(token_lifetime, {"scope": _SCOPE}, clock)
        self.quotas = Quotas(per_minute, clock)
        self._processing_polls = processing_polls
        self._polls: dict[str, int] = {}

    async def token(self, request: Request) -> Response:
        """Answer a token request."""
        form = await request.body()
        revoked = self.faults.taken("revoked_grant", "token")

        async def answer() -> Response:
            return self.tokens.grant(form, revoked)

        return await self.counted("token", answer)

    async def api(self, request: Request, path: str) -> Response:
        """Answer one API request."""
        try:
            route = self._route(request, path, await _body(request))
            if self.faults.taken("expired_token", route.operation):
                self.tokens.revoke()
            self._admit(request, route.quota)
            self.count(route.operation)
            unknown = request.query_params.keys() - route.query - _COMMON
            if unknown:
                raise invalid(
                    f'Invalid JSON payload received. Unknown name "{min(unknown)[:50]}":'
                    " Cannot bind query parameter."
                )
            return await self.faults.around(route.operation, route.answer)
        except ApiError as error:
            return refused(error)

    def _admit(self, request: Request, quota: str) -> None:
        """Check token and quota."""
        if self.tokens.holder(request.headers.get("authorization", "")) is None:
            raise ApiError(401, "Request had invalid authentication credentials.")
        try:
            self.quotas.take(quota)
        except ApiError:
            self.count("over_quota")
            raise

    def _route(self, request: Request, path: str, body: object) -> _Route:
        """Name the operation and give what does it."""
        match request.method, path:
            case "POST", "audienceMembers:ingest" | "audienceMembers:remove":
                verb = "add" if path.endswith("ingest") else "remove"
                return _Route(
                    verb, "IngestionMutate", frozenset(), partial(self._write, verb, body)
                )
            case "GET", "requestStatus:retrieve":
                asked = partial(self._status, request.query_params.get("requestId", ""))
                return _Route("status", "IngestionRead", frozenset({"requestId"}), asked)
        found = _LISTS.fullmatch(path)
        if found is None or found[1] != "GOOGLE_ADS":
            raise ApiError(404, "Method not found.")
        self._check_login(found[2], request.headers.get("login-account", ""))
        return self._list_route(request, found[2], found[3], body)

    def _list_route(
        self, request: Request, account: str, list_id: str | None, body: object
    ) -> _Route:
        """Name the operation on user lists, or on the one that is named."""
        dry = request.query_params.get("validateOnly") == "true"
        changes, quota = frozenset({"validateOnly"}), "Management"
        match request.method, list_id:
            case "GET", None:
                return _Route("find", quota, PARAMETERS, partial(self._find, request, account))
            case "POST", None:
                return _Route("create", quota, changes, partial(self._create, account, body, dry))
            case "GET", str():
                return _Route("read", quota, frozenset(), partial(self._read, account, list_id))
            case "DELETE", str():
                answer = partial(self._delete, account, list_id, dry)
                return _Route("delete", quota, changes, answer)
        raise ApiError(404, "Method not found.")

    def _check_login(self, account: str, header: str) -> None:
        login = _LOGIN.fullmatch(header)
        if header and (login is None or login[1] not in {account, MANAGER}):
            raise ApiError(403, "The caller does not have permission")

    def _held(self, operation: str, account: str, list_id: str) -> UserList:
        if self.faults.taken("deleted", operation) and list_id in self.ledger.audiences:
            self.ledger.delete(list_id)
        held: UserList | None = self.ledger.audiences.get(list_id)
        if held is None or held.account != account:
            raise ApiError(404, "Requested entity was not found.")
        return held

    async def _find(self, request: Request, account: str) -> Response:
        held = [one for one in self.ledger.audiences.values() if one.account == account]
        return JSONResponse(listed(request.query_params, held))

    async def _create(self, account: str, body: object, dry: bool) -> Response:
        if dry:
            raise invalid("The sandbox creates for real", "INVALID_ARGUMENT", "validate_only")
        return JSONResponse(self.ledger.create(account, body).shown())

    async def _read(self, account: str, list_id: str) -> Response:
        return JSONResponse(self._held("read", account, list_id).shown())

    async def _delete(self, account: str, list_id: str, dry: bool) -> Response:
        self._held("delete", account, list_id)
        if not dry:
            self.ledger.delete(list_id)
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
            {"requestId": self.ledger.write(verb, list_ids, upload.people, receipts(verb, upload))}
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
        told = self.ledger.receipts.get(request_id)
        if told is None:
            raise invalid("The request id is not valid", "INVALID_REQUEST_ID", "request_id")
        polls = self._polls[request_id] = self._polls.get(request_id, 0) + 1
        if polls <= self._processing_polls:
            told = [
                {"destination": receipt["destination"], "requestStatus": "PROCESSING"}
                for receipt in told
            ]
        return JSONResponse({"requestStatusPerDestination": told})


async def _body(request: Request) -> object:
    try:
        return json.loads(await request.body() or b"{}")
    except ValueError as error:
        raise invalid("Invalid JSON payload received.") from error


def connection(url: str) -> dict[str, str]:
    """The settings that connect Stratum to the sandbox at an address."""
    return {
        "base_url": url,
        "token_url": f"{url}/token",
        "customer_id": CUSTOMER,
        **ACCESS,
    }


UNLIMITED: Final = {"per_minute": 10**6}
"""Options of a sandbox that refuses nobody for being too fast."""


if __name__ == "__main__":
    serve(
        Sandbox,
        per_minute=(PER_MINUTE, "requests of each kind per minute"),
        token_lifetime=(LIFETIME_S, "seconds that an access token holds"),
        processing_polls=(1, "times that a request is still being processed when asked about"),
    )
