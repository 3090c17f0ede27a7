"""A strict local TikTok: streaming segments over HTTP as the Marketing API documents them.

python -m local.platforms.tiktok.sandbox --port 8402 --state-file .stratum/tiktok.jsonl
"""

import json
import math
import re
import time
from collections import defaultdict
from pathlib import Path
from typing import Any, Final

from fastapi import Request, Response
from fastapi.responses import PlainTextResponse

from local.platforms.app import Answer, SandboxApp, serve
from local.platforms.rate_limit import RateLimit
from local.platforms.segment_ledger import Segment, SegmentLedger
from local.platforms.tiktok.contract import (
    PARAMETER,
    ApiError,
    advertiser,
    check_mapping,
    kept_name,
    refuse_unknown,
)
from local.platforms.tiktok.faults import answered, refused, tiktok_faults

TOKEN: Final = "sandbox-token"  # noqa: S105 - documented, it opens nothing else
FIRST_ID: Final = 167_290_896
MAX_ROWS: Final = 1_000
"""TikTok does not publish its limit; this is the largest batch known to be in use."""
QPS: Final = 10
QPM: Final = 600
"""Basic level, per app."""
TARGETABLE: Final = 1_000
_PATH: Final = re.compile(
    r"open_api/v1\.3/(segment/audience|segment/mapping|dmp/custom_audience/list)/"
)
_METHODS: Final = {
    "segment/audience": "POST",
    "segment/mapping": "POST",
    "dmp/custom_audience/list": "GET",
}
_DELETE_FIELDS: Final = frozenset({"advertiser_id", "action", "delete_audience_id"})
_CREATE_FIELDS: Final = frozenset({"advertiser_id", "action", "custom_audience_name"})


class Sandbox(SandboxApp):
    """State and behaviour of one sandbox.

    Args:
        state_file: append log that survives a kill; None keeps everything in memory.
        token: the access token that it accepts.
        qps: requests a second.
        qpm: requests a minute.
        max_rows: rows of one mapping.
    """

    title = "TikTok"
    port = 8402

    def __init__(
        self,
        state_file: Path | None = None,
        token: str = TOKEN,
        qps: int = QPS,
        qpm: int = QPM,
        max_rows: int = MAX_ROWS,
    ) -> None:
        super().__init__(SegmentLedger(state_file, FIRST_ID), tiktok_faults())
        self._token = token
        self._rate = RateLimit({1: qps, 60: qpm})
        self._max_rows = max_rows

    async def api(self, request: Request, path: str) -> Response:
        """Answer one request."""
        known = _PATH.fullmatch(path)
        if known is None:
            return PlainTextResponse("404 page not found", 404)
        if request.method != _METHODS[known[1]]:
            return PlainTextResponse("405 method not allowed", 405)
        try:
            self._admit(request)
            operation, answer = await self._route(request, known[1])
            return await self.counted(operation, answer)
        except ApiError as error:
            return refused(error)

    def _admit(self, request: Request) -> None:
        """Check token and pace."""
        token = request.headers.get("access-token", "")
        if not token:
            raise ApiError(
                40104,
                "Access token is null, you should set it in http header with key Access-Token.",
            )
        if token != self._token:
            raise ApiError(40105, "Access token is incorrect or has been revoked.")
        if not self._rate.take():
            raise ApiError(40100, "Too many requests. Please retry in some time.")

    async def _route(self, request: Request, path: str) -> tuple[str, Answer]:
        """Name the operation and give what does it."""
        if path == "dmp/custom_audience/list":
            return (
                "read" if "custom_audience_ids" in request.query_params else "find"
            ), lambda: self._list(request)
        body = await _body(request)
        if path == "segment/mapping":
            verb = "remove" if body.get("action") == "delete" else "add"
            return verb, lambda: self._map(verb, body)
        if body.get("action", "create") == "create":
            return "create", lambda: self._create(body)
        return "delete", lambda: self._delete(body)

    async def _create(self, body: dict[str, Any]) -> Response:
        refuse_unknown(body, _CREATE_FIELDS)
        account = advertiser(body.get("advertiser_id"))
        name = kept_name(body.get("custom_audience_name"))
        segment = self.ledger.create(account, name, int(time.time()))
        return answered(0, "OK", {"audience_id": segment.id})

    async def _delete(self, body: dict[str, Any]) -> Response:
        refuse_unknown(body, _DELETE_FIELDS)
        if body.get("action") != "delete":
            raise ApiError(PARAMETER, "action: Must be one of: create, delete.")
        segment = self._segment(
            body.get("delete_audience_id"), (advertiser(body.get("advertiser_id")),)
        )
        if self.faults.taken("deleted", "delete"):
            self.ledger.delete(segment.id)
            raise ApiError(PARAMETER, "Parameter error: invalid audience ID")
        self.ledger.delete(segment.id)
        return answered(0, "OK")

    async def _map(self, verb: str, body: dict[str, Any]) -> Response:
        mapped = check_mapping(body, self._max_rows)
        named = sorted({audience for row in mapped.rows for audience, _, _ in row})
        if self.faults.taken("deleted", verb):
            self.ledger.delete(self._segment(named[0], mapped.advertisers).id)
        for audience in named:
            self._segment(audience, mapped.advertisers)
        partial = self.faults.taken("partial", verb)
        changes: defaultdict[str, defaultdict[str, list[str]]] = defaultdict(
            lambda: defaultdict(list)
        )
        for row in mapped.rows[:-1] if partial else mapped.rows:
            for audience, column, digest in row:
                changes[audience][column].append(digest)
        self.ledger.write(mapped.verb, changes, int(time.time()))
        return answered(20001, "Partially successful") if partial else answered(0, "OK")

    async def _list(self, request: Request) -> Response:
        query = request.query_params
        refuse_unknown(query, {"advertiser_id", "custom_audience_ids", "page", "page_size"})
        page = _count(query.get("page", "1"), "page", 1 << 31)
        page_size = _count(query.get("page_size", "10"), "page_size", 100)
        held = self.ledger.of_account(advertiser(query.get("advertiser_id")))
        if "custom_audience_ids" in query:
            wanted = _ids(query["custom_audience_ids"])
            held = [segment for segment in held if segment.id in wanted]
        shown = held[(page - 1) * page_size : page * page_size]
        pages = math.ceil(len(held) / page_size)
        info = {
            "page": page,
            "page_size": page_size,
            "total_number": len(held),
            "total_page": pages,
        }
        return answered(0, "OK", {"list": list(map(_shown, shown)), "page_info": info})

    def _segment(self, audience: object, advertisers: tuple[str, ...]) -> Segment:
        segment: Segment | None = (
            self.ledger.audiences.get(audience) if isinstance(audience, str) else None
        )
        if segment is None or segment.account not in advertisers:
            raise ApiError(PARAMETER, "Parameter error: invalid audience ID")
        return segment


def _shown(segment: Segment) -> dict[str, Any]:
    return {
        "audience_id": segment.id,
        "name": segment.name,
        "audience_type": "Partner Audience",
        "calculate_type": None,
        "cover_num": segment.size,
        "is_valid": segment.size >= TARGETABLE,
        "is_expiring": False,
        "shared": False,
        "is_creator": True,
        "create_time": time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(segment.created_s)),
    }


def _count(value: str, field: str, most: int) -> int:
    if not value.isascii() or not value.isdigit() or not 1 <= int(value) <= most:
        raise ApiError(PARAMETER, f"{field}: Must be between 1 and {most}.")
    return int(value)


def _ids(value: str) -> set[str]:
    try:
        ids = json.loads(value)
    except ValueError as error:
        raise ApiError(PARAMETER, "custom_audience_ids: must be a JSON list") from error
    if not isinstance(ids, list) or not ids or not all(isinstance(one, str) for one in ids):
        raise ApiError(PARAMETER, "custom_audience_ids: must be a list of strings")
    return set(ids)


async def _body(request: Request) -> dict[str, Any]:
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise ApiError(PARAMETER, "Content-Type must be application/json")
    try:
        value = json.loads(await request.body())
    except ValueError as error:
        raise ApiError(PARAMETER, "The body cannot be read") from error
    if not isinstance(value, dict):
        raise ApiError(PARAMETER, "The body must be an object")
    return value


def connection(url: str) -> dict[str, str]:
    """The settings that connect Stratum to the sandbox at an address."""
    return {"base_url": url, "account_id": "7178918106775994370", "access_token": TOKEN}


UNLIMITED: Final = {"qps": 10**6, "qpm": 10**6}
"""Options of a sandbox that refuses nobody for being too fast."""


if __name__ == "__main__":
    serve(
        Sandbox,
        token=(TOKEN, "the access token that it takes"),
        qps=(QPS, "requests per second"),
        qpm=(QPM, "requests per minute"),
        max_rows=(MAX_ROWS, "rows that an upload may have"),
    )
