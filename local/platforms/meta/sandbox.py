"""A strict local Meta: Custom Audiences over HTTP as the Marketing API documents them.

python -m local.platforms.meta.sandbox --port 8400 --state-file .stratum/meta.jsonl
"""

import json
import re
import time
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs

from fastapi import Request, Response
from fastapi.responses import JSONResponse

from local.platforms.app import Answer, SandboxApp, serve
from local.platforms.meta.contract import GraphError, check_upload
from local.platforms.meta.faults import meta_faults, refused
from local.platforms.meta.ledger import Audience, MetaLedger

TOKEN: Final = "sandbox-token"  # noqa: S105 - documented, it opens nothing else
CALLS_PER_HOUR: Final = 5_000
"""Limited access tier of the custom_audience use case."""
URL_LIMIT: Final = 8_192
_VERSION: Final = re.compile(r"v(\d+)\.\d")
_OLDEST_VERSION: Final = 23
_SOURCES: Final = {"USER_PROVIDED_ONLY", "PARTNER_PROVIDED_ONLY", "BOTH_USER_AND_PARTNER_PROVIDED"}


class Sandbox(SandboxApp):
    """State and behaviour of one sandbox."""

    title = "Meta"
    port = 8400
    route = "/{version}/{path:path}"
    methods = ("GET", "POST", "DELETE")

    def __init__(
        self,
        state_file: Path | None = None,
        token: str = TOKEN,
        calls_per_hour: int = CALLS_PER_HOUR,
    ) -> None:
        super().__init__(MetaLedger(state_file), meta_faults())
        self._token = token
        self._calls_per_hour = calls_per_hour
        self._calls: list[float] = []

    async def api(self, request: Request, path: str) -> Response:
        """Answer one Graph request."""
        if len(str(request.url)) > URL_LIMIT:
            return Response(status_code=414)
        try:
            form = await _form(request)
            self._admit(request, request.path_params["version"], form)
            operation, answer = self._route(request, path, form)
            response = await self.counted(operation, answer)
        except GraphError as error:
            response = refused(error)
        response.headers["x-business-use-case-usage"] = json.dumps({"sandbox": [self._usage()]})
        return response

    def _admit(self, request: Request, version: str, form: dict[str, Any]) -> None:
        """Check version, token and quota."""
        number = _VERSION.fullmatch(version)
        if number is None or int(number[1]) < _OLDEST_VERSION:
            raise GraphError(2635, "(#2635) You are calling a deprecated version of the Ads API.")
        scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
        given = (
            bearer
            if scheme.lower() == "bearer"
            else form.get("access_token") or request.query_params.get("access_token")
        )
        if given != self._token:
            raise GraphError(190, "Invalid OAuth access token.", status=401)
        now = time.monotonic()
        self._calls = [at for at in self._calls if at > now - 3600]
        if len(self._calls) >= self._calls_per_hour:
            raise GraphError(
                80003, "There have been too many calls to this ad-account.", status=400
            )
        self._calls.append(now)

    def _usage(self) -> dict[str, Any]:
        used = min(100, 100 * len(self._calls) // self._calls_per_hour)
        return {
            "type": "custom_audience",
            "call_count": used,
            "total_cputime": used // 2,
            "total_time": used // 2,
            "estimated_time_to_regain_access": 60 if used == 100 else 0,
            "ads_api_access_tier": "standard_access",
        }

    def _route(self, request: Request, path: str, form: dict[str, Any]) -> tuple[str, Answer]:
        """Name the operation and give what does it."""
        method = (
            str(form.get("method", request.method)).upper()
            if request.method == "POST"
            else request.method
        )
        account = re.fullmatch(r"act_(\d+)/customaudiences", path)
        if account and method == "GET":
            return "find", lambda: self._find(request, account[1])
        if account and method == "POST":
            return "create", lambda: self._create(account[1], form)
        users = re.fullmatch(r"(\d+)/users", path)
        if users and method in {"POST", "DELETE"}:
            verb = "add" if method == "POST" else "remove"
            return verb, lambda: self._write(verb, users[1], form)
        if path.isdigit() and method == "GET":
            return "read", lambda: self._read(path)
        if path.isdigit() and method == "DELETE":
            return "delete", lambda: self._delete(path)
        raise GraphError(100, f"Unsupported {method.lower()} request.", 33)

    def _audience(self, audience_id: str) -> Audience:
        audience: Audience | None = self.ledger.audiences.get(audience_id)
        if audience is None:
            message = (
                f"Unsupported request. Object with ID '{audience_id}' does not exist,"
                " cannot be loaded due to missing permissions"
            )
            raise GraphError(100, message, 33)
        return audience

    async def _find(self, request: Request, account: str) -> Response:
        limit = int(request.query_params.get("limit", "25"))
        after = request.query_params.get("after", "")
        fields = request.query_params.get("fields", "id").split(",")
        held = sorted(
            (a for a in self.ledger.audiences.values() if a.account == account and a.id > after),
            key=lambda a: a.id,
        )
        shown = held[:limit]
        data = [
            {"id": a.id}
            | {name: getattr(a, name) for name in ("name", "description") if name in fields}
            for a in shown
        ]
        answer: dict[str, Any] = {"data": data}
        if shown:
            answer["paging"] = {"cursors": {"before": shown[0].id, "after": shown[-1].id}}
            if len(held) > limit:
                answer["paging"]["next"] = f"{request.url.include_query_params(after=shown[-1].id)}"
        return JSONResponse(answer)

    async def _create(self, account: str, form: dict[str, Any]) -> Response:
        if (
            not form.get("name")
            or form.get("subtype") != "CUSTOM"
            or form.get("customer_file_source") not in _SOURCES
        ):
            raise GraphError(100, "(#100) name, subtype and customer_file_source are required")
        audience = self.ledger.create(
            account, str(form["name"]), str(form.get("description", "")), int(time.time())
        )
        return JSONResponse({"id": audience.id})

    async def _write(self, verb: str, audience_id: str, form: dict[str, Any]) -> Response:
        self._audience(audience_id)
        upload = check_upload(form)
        received = self.ledger.admit(
            upload.session, audience_id, upload.schema, len(upload.rows) + upload.invalid
        )
        self.ledger.write(verb, audience_id, upload.rows, int(time.time()))
        return JSONResponse(
            {
                "audience_id": audience_id,
                "session_id": str(upload.session.session_id if upload.session else 0),
                "num_received": received,
                "num_invalid_entries": upload.invalid,
                "invalid_entry_samples": upload.samples or [],
            }
        )

    async def _read(self, audience_id: str) -> Response:
        audience = self._audience(audience_id)
        size = audience.size
        return JSONResponse(
            {
                "id": audience.id,
                "name": audience.name,
                "approximate_count_lower_bound": size // 100 * 100,
                "approximate_count_upper_bound": size // 100 * 100 + 100,
                "delivery_status": {"code": 200 if size >= 100 else 300, "description": "sandbox"},
                "operation_status": {"code": 200, "description": "Normal"},
                "time_content_updated": audience.updated_s,
            }
        )

    async def _delete(self, audience_id: str) -> Response:
        self._audience(audience_id)
        self.ledger.delete(audience_id)
        return JSONResponse({"success": True})


async def _form(request: Request) -> dict[str, Any]:
    """Read a JSON or urlencoded body; ``payload`` and ``session`` of a form are JSON themselves."""
    body = await request.body()
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    try:
        if kind == "application/x-www-form-urlencoded":
            form: dict[str, Any] = {
                name: values[-1] for name, values in parse_qs(body.decode()).items()
            }
            return {
                name: json.loads(value) if name in {"payload", "session"} else value
                for name, value in form.items()
            }
        value = json.loads(body) if body else {}
    except ValueError as error:
        raise GraphError(100, "(#100) The body cannot be read") from error
    if not isinstance(value, dict):
        raise GraphError(100, "(#100) The body must be an object")
    return value


def connection(url: str) -> dict[str, str]:
    """The settings that connect Stratum to the sandbox at an address."""
    return {"base_url": url, "account_id": "1000000001", "access_token": TOKEN}


UNLIMITED: Final = {"calls_per_hour": 10**9}
"""Options of a sandbox that refuses nobody for being too fast."""


if __name__ == "__main__":
    serve(
        Sandbox,
        token=(TOKEN, "the access token that it takes"),
        calls_per_hour=(CALLS_PER_HOUR, "calls of an account per hour"),
    )
