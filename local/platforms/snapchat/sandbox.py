"""A strict local Snapchat: customer lists over HTTP as the Marketing API documents them.

python -m local.platforms.snapchat.sandbox --port 8403 --state-file .stratum/snapchat.jsonl
"""

import json
import re
import time
from pathlib import Path
from typing import Any, Final

from fastapi import Request, Response

from local.platforms.app import Answer, SandboxApp, serve
from local.platforms.rate_limit import RateLimit
from local.platforms.segment_ledger import Segment, SegmentLedger
from local.platforms.snapchat.contract import (
    ACCOUNT,
    SnapError,
    check_segments,
    check_users,
    invalid,
)
from local.platforms.snapchat.faults import answered, failed_part, refused, snapchat_faults
from local.platforms.tokens import ACCESS, REFRESH_TOKEN, Tokens

FIRST_ID: Final = 5_677_923_948_298_240
PER_TOKEN: Final = 10
PER_APP: Final = 20
"""Requests a second."""
LIFETIME_S: Final = 3600.0
TARGETABLE: Final = 1_000
PAGE_LIMIT: Final = 1_000
_ACCOUNT_PATH: Final = re.compile(r"v1/adaccounts/([^/]+)/segments")
_SEGMENT_PATH: Final = re.compile(r"v1/segments/(\d+)(?:/(users|all_users))?")
_OPERATIONS: Final = {
    ("GET", None): "read",
    ("DELETE", None): "delete",
    ("POST", "users"): "add",
    ("DELETE", "users"): "remove",
    ("DELETE", "all_users"): "clear",
}


class Sandbox(SandboxApp):
    """State and behaviour of one sandbox.

    Args:
        state_file: append log that survives a kill; None keeps everything in memory.
        per_token: requests a second per access token.
        per_app: requests a second altogether.
        token_lifetime_s: seconds for which an access token holds.
    """

    title = "Snapchat"
    port = 8403
    oauth_path = "/login/oauth2/access_token"

    def __init__(
        self,
        state_file: Path | None = None,
        per_token: int = PER_TOKEN,
        per_app: int = PER_APP,
        token_lifetime_s: float = LIFETIME_S,
    ) -> None:
        more = {"refresh_token": REFRESH_TOKEN, "scope": "snapchat-marketing-api"}
        self.tokens = Tokens(token_lifetime_s, more)
        super().__init__(SegmentLedger(state_file, FIRST_ID), snapchat_faults(self.tokens.revoke))
        self._per_token = per_token
        self._of_token: dict[str, RateLimit] = {}
        self._of_app = RateLimit({1: per_app})

    async def token(self, request: Request) -> Response:
        """Answer a request for an access token."""
        form = await request.body()

        async def answer() -> Response:
            return self.tokens.grant(form)

        return await self.counted("token", answer)

    async def api(self, request: Request, path: str) -> Response:
        """Answer one request."""
        try:
            self._admit(request)
            operation, answer = await self._route(request, path)
            return await self.counted(operation, answer)
        except SnapError as error:
            return refused(error)

    def _admit(self, request: Request) -> None:
        """Check token and pace; a refused token is answered without JSON."""
        token = self.tokens.holder(request.headers.get("authorization", ""))
        if token is None:
            raise SnapError(401, "", "unauthorized")
        limit = self._of_token.setdefault(token, RateLimit({1: self._per_token}))
        if not (limit.take() and self._of_app.take()):
            raise SnapError(429, "", "Too Many Requests")

    async def _route(self, request: Request, path: str) -> tuple[str, Answer]:
        """Name the operation and give what does it."""
        account, segment = _ACCOUNT_PATH.fullmatch(path), _SEGMENT_PATH.fullmatch(path)
        if account and not ACCOUNT.fullmatch(account[1]):
            raise SnapError(404, "E1004", "Resource can not be found")
        if account and request.method == "GET":
            return "find", lambda: self._find(request, account[1])
        if account and request.method == "POST":
            body = await _body(request)
            return "create", lambda: self._create(account[1], body)
        operation = _OPERATIONS.get((request.method, segment[2])) if segment else None
        if segment is None or operation is None:
            raise SnapError(
                405 if account or segment else 404, "E1004", "Resource can not be found"
            )
        body = await _body(request) if operation in {"add", "remove"} else {}
        return operation, lambda: self._act(operation, segment[1], body)

    async def _find(self, request: Request, account: str) -> Response:
        limit = request.query_params.get("limit", str(PAGE_LIMIT))
        cursor = request.query_params.get("cursor", "0")
        if not limit.isdigit() or not 1 <= int(limit) <= PAGE_LIMIT or not cursor.isdigit():
            raise invalid(f"limit must be between 1 and {PAGE_LIMIT}")
        held = [
            segment for segment in self.ledger.of_account(account) if int(segment.id) > int(cursor)
        ]
        shown = held[: int(limit)]
        parts = [{"sub_request_status": "SUCCESS", "segment": _shown(segment)} for segment in shown]
        if len(held) == len(shown):
            return answered("segments", parts)
        link = f"{request.url.include_query_params(cursor=shown[-1].id)}"
        return answered("segments", parts, paging={"next_link": link})

    async def _create(self, account: str, body: dict[str, Any]) -> Response:
        now_s = int(time.time())
        made = [
            self.ledger.create(account, new.name, now_s, new.description, new.retention_days)
            for new in check_segments(body, account)
        ]
        parts = [{"sub_request_status": "success", "segment": _shown(segment)} for segment in made]
        return answered("segments", parts, "success")

    async def _act(self, operation: str, segment_id: str, body: dict[str, Any]) -> Response:
        """Do what concerns one segment."""
        if self.faults.taken("deleted", operation) and segment_id in self.ledger.audiences:
            self.ledger.delete(segment_id)
        segment: Segment | None = self.ledger.audiences.get(segment_id)
        if segment is None:
            raise SnapError(404, "E1004", "Resource can not be found")
        if operation in {"add", "remove"}:
            return self._write(operation, segment, body)
        if operation == "delete":
            self.ledger.delete(segment_id)
            return answered("segments", [])
        if operation == "clear":
            everything = {
                schema: [digest.hex() for digest in digests]
                for schema, digests in segment.digests.items()
            }
            self.ledger.write("remove", {segment_id: everything}, int(time.time()))
        return answered("segments", [{"sub_request_status": "SUCCESS", "segment": _shown(segment)}])

    def _write(self, verb: str, segment: Segment, body: dict[str, Any]) -> Response:
        upload = check_users(body, segment.id)
        partial = self.faults.taken("partial", verb)
        digests = upload.digests[:-1] if partial else upload.digests
        self.ledger.write(verb, {segment.id: {upload.schema: digests}}, int(time.time()))
        if partial:
            return failed_part()
        return answered(
            "users",
            [{"sub_request_status": "SUCCESS", "user": {"number_uploaded_users": len(digests)}}],
        )


def _shown(segment: Segment) -> dict[str, Any]:
    ready = "READY" if segment.size >= TARGETABLE else "TOO_FEW_USERS"
    return {
        "id": segment.id,
        "name": segment.name,
        "ad_account_id": segment.account,
        "description": segment.description,
        "status": "ACTIVE" if segment.uploaded else "PENDING",
        "upload_status": "COMPLETE" if segment.uploaded else "NO_UPLOAD",
        "targetable_status": ready if segment.uploaded else "NOT_READY",
        "source_type": "FIRST_PARTY",
        "retention_in_days": segment.retention_days,
        "approximate_number_users": segment.size,
        "created_at": _instant(segment.created_s),
        "updated_at": _instant(segment.updated_s),
    }


def _instant(unix_s: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(unix_s))


async def _body(request: Request) -> dict[str, Any]:
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise SnapError(415, "E1001", "Content-Type must be application/json")
    try:
        value = json.loads(await request.body())
    except ValueError as error:
        raise invalid("the body cannot be read") from error
    if not isinstance(value, dict):
        raise invalid("the body must be an object")
    return value


def connection(url: str) -> dict[str, str]:
    """The settings that connect Stratum to the sandbox at an address."""
    return {
        "base_url": url,
        "token_url": f"{url}/login/oauth2/access_token",
        "account_id": "8adc3db7-8148-4fbf-999c-8d2266369d74",
        **ACCESS,
    }


UNLIMITED: Final = {"per_token": 10**6, "per_app": 10**6}
"""Options of a sandbox that refuses nobody for being too fast."""


if __name__ == "__main__":
    serve(
        Sandbox,
        per_token=(PER_TOKEN, "requests per second of an access token"),
        per_app=(PER_APP, "requests per second of the app"),
        token_lifetime_s=(LIFETIME_S, "seconds that an access token holds"),
    )
