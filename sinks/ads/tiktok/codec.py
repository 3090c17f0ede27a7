"""TikTok streaming segments: encodes requests, decodes responses.

A row is (email, phone, device), all hashed. On the wire it becomes one list per person, positional
to ``id_schema``, with ``{}`` where an id is missing. We do not know whether a device id is Apple's
or Google's, so it fills every column in `TiktokParams.device_columns`; a hash in the wrong column
matches nobody.

An audience has no field for our recorded intent and names may repeat, so the name carries a mark
made from the intent: that is how an audience that we created and never noted is found again. Paths
end in a slash; without it TikTok answers 404. Sources: Marketing API v1.3, Segment and Custom
audience; TikTok help, Create a Custom Audience with a Customer File.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from hashlib import blake2b
from typing import Any, ClassVar, Final, Literal
from urllib.parse import urlencode

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
from sinks.ads.tiktok.errors import NOT_LISTED, Waits, classify, wrong_address
from sinks.http.messages import Request, Response

_OK: Final = 0
_PARTIAL: Final = 20001
_MARK_BYTES: Final = 6
_UNKNOWN_PATH: Final = frozenset({404, 405})
_EMAIL_FORMS: Final = {"plain": hashing.email_plain, "stripped": hashing.email_stripped}

DeviceColumn = Literal["IDFA_SHA256", "AAID_SHA256"]


@dataclass(frozen=True)
class TiktokParams(PlatformParams):
    """How TikTok is reached and what it accepts.

    Attributes:
        account_id: advertiser id; empty: TikTok is not connected.
        email_form: ``plain`` (trimmed, lower case) or ``stripped`` (also without dots and +suffix,
            at every domain).
        device_columns: columns that a device id fills; empty: none is sent.
        name_limit: characters of an audience's name; TikTok cuts longer ones.
        max_rows: rows per request; TikTok does not publish its limit.
        page_size: audiences per page of a listing, at most 100.
        requests_per_s: sustained pace; the basic level allows 10 a second and 600 a minute per app,
            the burst included.
        rate_wait: wait after the advertiser's limit per second.
        quota_wait: wait after a limit of which TikTok does not say which it is.
        busy_wait: wait while an audience is being updated.
    """

    base_url: str = "https://business-api.tiktok.com"
    version: str = "v1.3"
    account_id: str = ""
    email_form: Literal["plain", "stripped"] = "plain"
    device_columns: tuple[DeviceColumn, ...] = ("IDFA_SHA256", "AAID_SHA256")
    name_limit: int = 70
    max_rows: int = 1_000
    page_size: int = 100
    requests_per_s: float = 8.0
    burst: int = 2
    rate_wait: timedelta = timedelta(seconds=1)
    quota_wait: timedelta = timedelta(minutes=1)
    busy_wait: timedelta = timedelta(minutes=1)

    @property
    def account(self) -> str:
        """The ad account as audiences store it."""
        return self.account_id


@dataclass(frozen=True)
class Tiktok(Platform):
    """The platform ``tiktok``."""

    name: ClassVar[str] = "tiktok"

    params: TiktokParams

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """E-mail, phone, and device ids where a column is chosen for them."""
        params = self.params
        return (
            Column("email", ("EMAIL_SHA256",), _EMAIL_FORMS[params.email_form]),
            Column("phone", ("PHONE_SHA256",), hashing.phone_e164),
            Column("device_id", params.device_columns, hashing.device_id),
        )

    def encode(self, operation: PlatformCall) -> Sequence[Request]:
        """Build the requests of one operation.

        Raises:
            ValueError: for a `Status`, because TikTok gives no receipts.
        """
        account = self.params.account_id
        match operation:
            case Find(after=after):
                return self._list({"page": after or "1", "page_size": str(self.params.page_size)})
            case Create(name=name, intent=intent):
                audience = {
                    "advertiser_id": account,
                    "action": "create",
                    "custom_audience_name": self._marked(name, intent),
                }
                return self._api("POST", "segment/audience/", audience)
            case Write(verb=verb, platform_id=platform_id, rows=rows):
                return self._api("POST", "segment/mapping/", self._mapping(verb, platform_id, rows))
            case Read(platform_id=platform_id):
                ids = msgspec.json.encode([platform_id]).decode()
                return self._list({"custom_audience_ids": ids, "page": "1", "page_size": "1"})
            case Delete(platform_id=platform_id):
                gone = {
                    "advertiser_id": account,
                    "action": "delete",
                    "delete_audience_id": platform_id,
                }
                return self._api("POST", "segment/audience/", gone)
            case Status():
                raise ValueError("TikTok gives no receipts")

    def decode(self, operation: PlatformCall, response: Response) -> Outcome:
        """Classify one response."""
        if response.fault:
            return Retry(response.fault)
        try:
            answer = msgspec.json.decode(response.body)
        except msgspec.DecodeError:
            return self._no_json(response.status)
        if not isinstance(answer, dict) or not isinstance(answer.get("code"), int):
            return Retry("transient" if response.status >= 500 else "unexpected")
        code = answer["code"]
        if code not in {_OK, _PARTIAL}:
            return classify(code, operation, self._waits())
        if response.status >= 400:
            return Retry("transient")
        data = answer.get("data")
        return _read(operation, data if isinstance(data, dict) else {}, code == _PARTIAL)

    def _mapping(self, verb: str, platform_id: str, rows: tuple[Row, ...]) -> dict[str, Any]:
        audiences = [platform_id]

        def entry(digest: str) -> dict[str, Any]:
            return {"id": digest, "audience_ids": audiences} if digest else {}

        sent = [(at, name) for at, column in enumerate(self.columns) for name in column.fields]
        places = [at for at, _ in sent]
        return {
            "advertiser_ids": [self.params.account_id],
            "action": "add" if verb == "add" else "delete",
            "id_schema": [name for _, name in sent],
            "batch_data": [[entry(row[at]) for at in places] for row in self.filled(rows)],
        }

    def _marked(self, name: str, intent: str) -> str:
        """Return the name with its mark; the name is cut, never the mark."""
        mark = _mark(intent)
        return name[: self.params.name_limit - len(mark)].rstrip() + mark

    def _list(self, query: Mapping[str, str]) -> tuple[Request]:
        query = {"advertiser_id": self.params.account_id, **query}
        return self._api("GET", f"dmp/custom_audience/list/?{urlencode(query)}")

    def _api(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> tuple[Request]:
        token = ("access-token", self.token)
        return self._request(method, f"open_api/{self.params.version}/{path}", body, token)

    def _waits(self) -> Waits:
        params = self.params
        return Waits(
            params.rate_wait.total_seconds(),
            params.quota_wait.total_seconds(),
            params.busy_wait.total_seconds(),
        )

    def _no_json(self, status: int) -> Outcome:
        if status in _UNKNOWN_PATH:
            return wrong_address(status)
        return (
            Retry("throttled", self.params.quota_wait.total_seconds())
            if status == 429
            else Retry("html")
        )


def _mark(intent: str) -> str:
    """Make a mark of 14 characters from the recorded intent, to end an audience's name with."""
    return f" #{blake2b(intent.encode(), digest_size=_MARK_BYTES).hexdigest()}"


def _read(operation: PlatformCall, data: Mapping[str, Any], partial: bool) -> Outcome:
    """Read a success as far as the operation needs it."""
    outcome: Outcome = Retry("unexpected")
    match operation:
        case Find(intent=intent) if isinstance(data.get("list"), list):
            mark = _mark(intent)
            found = [
                str(one["audience_id"])
                for one in _entries(data)
                if str(one.get("name", "")).endswith(mark)
            ]
            outcome = Found(platform_id=min(found)) if found else Found(after=_next_page(data))
        case Create() if data.get("audience_id"):
            outcome = Found(platform_id=str(data["audience_id"]))
        case Write(verb="add", rows=rows):
            # TikTok says that some failed, not how many.
            outcome = Written(rows=len(rows), invalid=int(partial))
        case Write(rows=rows) if not partial:
            outcome = Written(rows=len(rows))
        case Read(platform_id=platform_id) if isinstance(data.get("list"), list):
            held = next(
                (one for one in _entries(data) if str(one["audience_id"]) == platform_id), None
            )
            outcome = Described(readback=_readback(held)) if held else NOT_LISTED
        case Delete():
            outcome = Delivered()
    return outcome


def _entries(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [one for one in data["list"] if isinstance(one, dict) and one.get("audience_id")]


def _next_page(data: Mapping[str, Any]) -> str:
    pages = data.get("page_info")
    if not isinstance(pages, dict):
        return ""
    page, total = _integer(pages.get("page")), _integer(pages.get("total_page"))
    return str(page + 1) if 0 < page < total else ""


def _readback(audience: Mapping[str, Any]) -> dict[str, int | str]:
    """Keep what a person may see: matched people (−1: unknown) and whether it can be used."""
    size = _integer(audience.get("cover_num"), -1)
    return {
        "size_lower": size,
        "size_upper": size,
        "valid": int(audience.get("is_valid") is True),
        "expiring": int(audience.get("is_expiring") is True),
    }


def _integer(value: object, default: int = 0) -> int:
    return value if isinstance(value, int) else default
