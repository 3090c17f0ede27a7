"""Snapchat customer lists (segments): encodes requests, decodes responses.

A row is (email, phone, device), all hashed. Snapchat takes one kind of identifier at a time, so a
write is one request per kind, as in integrations in production. Every identifier counts once in a
request: Snapchat would count a repeated one twice. Requests carry no token;
`sinks.http.oauth.OAuthTransport` adds it.

The recorded intent is the segment's description. A 200 may hold parts that failed, so success is
looked for in each. Sources: Snap Marketing API, Customer lists, Rate limits, Pagination.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any, ClassVar, Final, Literal
from urllib.parse import urlencode, urlsplit

import msgspec

from sinks.ads import hashing
from sinks.ads.columns import Column
from sinks.ads.outcomes import Delivered, Described, Found, Outcome, Retry, Written
from sinks.ads.platform import (
    Create,
    Delete,
    Find,
    Platform,
    PlatformCall,
    PlatformParams,
    Read,
    Row,
    Status,
    Write,
)
from sinks.ads.snapchat.errors import classify, code_in, refused_grant
from sinks.http.messages import Request, Response

_PHONE_FORMS: Final = {"digits": hashing.phone_digits, "e164": hashing.phone_e164}
_REAUTH: Final = "reauth"
_THROTTLED: Final = "throttled"


@dataclass(frozen=True)
class SnapchatParams(PlatformParams):
    """How Snapchat is reached and what it accepts.

    Attributes:
        account_id: ad account; empty: Snapchat is not connected.
        phone_form: ``digits`` (with country code, without plus) or ``e164`` (with plus).
        retention_days: how long Snapchat keeps a member who is not sent again; 9999 is for ever.
        name_limit: characters of a segment's name.
        max_rows: people per write; with one identifier of each kind they stay below Snapchat's
            100,000 a request in any form.
        page_size: segments per page of a listing.
        requests_per_s: sustained pace; Snapchat allows a token ten requests a second, the burst
            included. A write is up to three.
        throttle_wait: wait after a throttle; Snapchat does not say.
    """

    base_url: str = "https://adsapi.snapchat.com"
    version: str = "v1"
    account_id: str = ""
    phone_form: Literal["digits", "e164"] = "digits"
    retention_days: int = 9999
    name_limit: int = 375
    max_rows: int = 30_000
    page_size: int = 100
    requests_per_s: float = 7.0
    burst: int = 3
    throttle_wait: timedelta = timedelta(seconds=1)

    @property
    def account(self) -> str:
        """The ad account as audiences store it."""
        return self.account_id


@dataclass(frozen=True)
class Snapchat(Platform):
    """The platform ``snapchat``."""

    name: ClassVar[str] = "snapchat"

    params: SnapchatParams

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """E-mail, phone and device, each a schema of its own."""
        return (
            Column("email", ("EMAIL_SHA256",), hashing.email_plain),
            Column("phone", ("PHONE_SHA256",), _PHONE_FORMS[self.params.phone_form]),
            Column("device_id", ("MOBILE_AD_ID_SHA256",), hashing.device_id),
        )

    def encode(self, operation: PlatformCall) -> Sequence[Request]:
        """Build the requests of one operation.

        Raises:
            ValueError: for a `Status`, because Snapchat gives no receipts.
        """
        account = self.params.account_id
        match operation:
            case Find(after=after):
                query = after or urlencode({"limit": str(self.params.page_size)})
                return self._api("GET", f"adaccounts/{account}/segments?{query}")
            case Create(name=name, intent=intent):
                segment = {
                    "name": name[: self.params.name_limit],
                    "description": intent,
                    "source_type": "FIRST_PARTY",
                    "retention_in_days": self.params.retention_days,
                    "ad_account_id": account,
                }
                return self._api("POST", f"adaccounts/{account}/segments", {"segments": [segment]})
            case Write(verb=verb, platform_id=platform_id, rows=rows):
                method = "POST" if verb == "add" else "DELETE"
                path = f"segments/{platform_id}/users"
                users = ({"users": [element]} for element in self._users(rows))
                return [request for body in users for request in self._api(method, path, body)]
            case Read(platform_id=platform_id):
                return self._api("GET", f"segments/{platform_id}")
            case Delete(platform_id=platform_id):
                return self._api("DELETE", f"segments/{platform_id}")
            case Status():
                raise ValueError("Snapchat gives no receipts")

    def decode(self, operation: PlatformCall, response: Response) -> Outcome:
        """Classify one response."""
        wait_s = self.params.throttle_wait.total_seconds()
        if response.fault == _REAUTH:
            return refused_grant()
        if response.fault:
            return Retry(response.fault, wait_s if response.fault == _THROTTLED else None)
        answer = _envelope(response.body)
        if response.status >= 400 or answer is None:
            return classify(
                response.status,
                code_in((answer or {}).get("error_code")),
                answer is not None,
                operation,
                wait_s,
            )
        failed = _failed(answer)
        if failed is not None:
            return classify(response.status, failed, True, operation, wait_s)
        return _read(operation, answer)

    def _api(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> tuple[Request]:
        return self._request(method, f"{self.params.version}/{path}", body)

    def _users(self, rows: tuple[Row, ...]) -> list[dict[str, Any]]:
        """List the identifiers of each kind that the rows have, each once."""
        values = zip(*self.filled(rows), strict=True)
        distinct = (
            (list(column.fields), dict.fromkeys(filter(None, digests)))
            for column, digests in zip(self.columns, values, strict=True)
        )
        return [
            {"schema": schema, "data": [[digest] for digest in digests]}
            for schema, digests in distinct
            if digests
        ]


def _envelope(body: bytes) -> Mapping[str, Any] | None:
    """Read Snapchat's envelope; None for anything else."""
    try:
        answer = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return None
    return (
        answer
        if isinstance(answer, dict) and isinstance(answer.get("request_status"), str)
        else None
    )


def _elements(answer: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    elements = answer.get(key)
    return (
        [element for element in elements if isinstance(element, dict)]
        if isinstance(elements, list)
        else []
    )


def _failed(answer: Mapping[str, Any]) -> str | None:
    """Return the code of the first thing that failed, empty where it has none.

    It is None where all succeeded.
    """
    if answer["request_status"].upper() != "SUCCESS":
        return code_in(answer.get("error_code"))
    parts = (*_elements(answer, "segments"), *_elements(answer, "users"))
    failed = (part for part in parts if str(part.get("sub_request_status")).upper() != "SUCCESS")
    part = next(failed, None)
    return (
        None
        if part is None
        else code_in(part.get("error_code"), part.get("sub_request_error_reason"))
    )


def _read(operation: PlatformCall, answer: Mapping[str, Any]) -> Outcome:
    """Read a success as far as the operation needs it."""
    outcome: Outcome = Retry("unexpected")
    segments = [
        part["segment"]
        for part in _elements(answer, "segments")
        if isinstance(part.get("segment"), dict)
    ]
    match operation:
        case Find(intent=intent) if isinstance(answer.get("segments"), list):
            found = [
                str(one["id"])
                for one in segments
                if one.get("description") == intent and one.get("id")
            ]
            outcome = Found(platform_id=min(found)) if found else Found(after=_next_page(answer))
        case Create() if segments and segments[0].get("id"):
            outcome = Found(platform_id=str(segments[0]["id"]))
        case Write(rows=rows) if _elements(answer, "users"):
            outcome = Written(rows=len(rows))
        case Read() if segments:
            outcome = Described(readback=_readback(segments[0]))
        case Delete():
            outcome = Delivered()
    return outcome


def _next_page(answer: Mapping[str, Any]) -> str:
    """Return the query of the next page.

    The rest of its address is ignored, so that a response cannot send our token elsewhere.
    """
    paging = answer.get("paging")
    link = paging.get("next_link") if isinstance(paging, dict) else None
    return urlsplit(link).query if isinstance(link, str) else ""


def _readback(segment: Mapping[str, Any]) -> dict[str, int | str]:
    """Keep what a person may see: matched people (−1: unknown) and Snapchat's own states."""
    size = segment.get("approximate_number_users")
    size = size if isinstance(size, int) else -1
    states = {
        key: str(segment.get(key, "")) for key in ("status", "upload_status", "targetable_status")
    }
    return {"size_lower": size, "size_upper": size, **states}
