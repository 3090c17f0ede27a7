"""Meta Custom Audiences (customer file): encodes requests, decodes responses.

Rows are multi-key lists ``[EXTERN_ID, EMAIL, PHONE, MADID]``. Each attempt is an upload session of
its own with one batch: after a session's last batch Meta takes no further one, so a repeated
attempt must not continue the session of the attempt it repeats.

Errors are classified by the code in the body, never by the HTTP status (Graph answers throttling
with 400, 403 or 429 alike). Sources: Marketing API, Customer File Custom Audiences; Custom Audience
reference; Marketing API Rate Limiting (v25.0).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar, Final
from urllib.parse import urlencode

import msgspec

from sinks.ads import hashing
from sinks.ads.columns import Column
from sinks.ads.meta.errors import classify
from sinks.ads.outcomes import Delivered, Described, Found, Outcome, Retry, Written
from sinks.ads.platform import (
    EXTERNAL_ID,
    Create,
    Delete,
    Find,
    Matchable,
    Platform,
    PlatformCall,
    PlatformParams,
    Read,
    Row,
    Status,
    Write,
)
from sinks.http.messages import Request, Response

_COLUMNS: Final = (
    Column("email", ("EMAIL",), hashing.email_plain),
    Column("phone", ("PHONE",), hashing.phone_digits),
    Column("device_id", ("MADID",), hashing.device_id, hashed=False),
)
SCHEMA: Final = ("EXTERN_ID", *(field for column in _COLUMNS for field in column.fields))
_READ_FIELDS: Final = (
    "id,name,approximate_count_lower_bound,approximate_count_upper_bound,"
    "delivery_status,operation_status,time_content_updated"
)


@dataclass(frozen=True)
class MetaParams(PlatformParams):
    """How Meta is reached and what it accepts.

    Attributes:
        account_id: ad account without its ``act_`` prefix; empty: Meta is not connected.
        customer_file_source: where the customers come from, Meta's word for it.
        page_size: audiences per page of a listing (Meta recommends 20).
        requests_per_s: sustained pace; Limited access allows 5,000 requests an hour.
        usage_limit: share of Meta's quota above which we stay away for a while, 0–1.
        usage_pause: how long, where Meta does not say.
        throttle_wait: wait after a throttle where Meta does not say.
    """

    base_url: str = "https://graph.facebook.com"
    version: str = "v25.0"
    account_id: str = ""
    customer_file_source: str = "USER_PROVIDED_ONLY"
    max_rows: int = 10_000
    page_size: int = 20
    requests_per_s: float = 1.3
    burst: int = 30
    usage_limit: float = 0.8
    usage_pause: timedelta = timedelta(minutes=1)
    throttle_wait: timedelta = timedelta(minutes=1)

    @property
    def account(self) -> str:
        """The ad account as audiences store it."""
        return self.account_id


@dataclass(frozen=True)
class Meta(Platform):
    """The platform ``meta``."""

    name: ClassVar[str] = "meta"
    leading: ClassVar[tuple[str, ...]] = (EXTERNAL_ID,)

    params: MetaParams

    @property
    def columns(self) -> tuple[Column, ...]:
        """What follows EXTERN_ID in a row."""
        return _COLUMNS

    def row(self, person: Matchable) -> Row | None:
        """Encode one person as (EXTERN_ID, EMAIL hash, PHONE hash, MADID raw).

        EXTERN_ID alone matches nobody whom Meta has not matched before, so a person without any of
        the others gives None.
        """
        row = super().row(person)
        return None if row is None else (person.external_id, *row)

    def encode(self, operation: PlatformCall) -> Sequence[Request]:
        """Build the requests of one operation.

        Raises:
            ValueError: for a `Status`, because Meta gives no receipts.
        """
        match operation:
            case Find(after=after):
                query = {"fields": "id,name,description", "limit": str(self.params.page_size)}
                if after:
                    query["after"] = after
                return self._graph(
                    "GET", f"act_{self.params.account_id}/customaudiences?{urlencode(query)}"
                )
            case Create(name=name, intent=intent):
                audience = {
                    "name": name,
                    "subtype": "CUSTOM",
                    "description": intent,
                    "customer_file_source": self.params.customer_file_source,
                }
                return self._graph(
                    "POST", f"act_{self.params.account_id}/customaudiences", audience
                )
            case Write(verb=verb, platform_id=platform_id, rows=rows, session=session):
                body = {
                    "session": {
                        "session_id": session,
                        "batch_seq": 1,
                        "last_batch_flag": True,
                        "estimated_num_total": len(rows),
                    },
                    "payload": {"schema": SCHEMA, "data": self.filled(rows)},
                }
                return self._graph(
                    "POST" if verb == "add" else "DELETE", f"{platform_id}/users", body
                )
            case Read(platform_id=platform_id):
                return self._graph("GET", f"{platform_id}?{urlencode({'fields': _READ_FIELDS})}")
            case Delete(platform_id=platform_id):
                return self._graph("DELETE", platform_id)
            case Status():
                raise ValueError("Meta gives no receipts")

    def decode(self, operation: PlatformCall, response: Response) -> Outcome:
        """Classify one response."""
        if response.fault:
            return Retry(response.fault)
        try:
            answer = msgspec.json.decode(response.body)
        except msgspec.DecodeError:
            return Retry("html")
        if not isinstance(answer, dict):
            return Retry("unexpected")
        usage = _usage(response.headers)
        if isinstance(answer.get("error"), dict):
            return classify(
                answer["error"], usage.regain_s, self.params.throttle_wait.total_seconds()
            )
        if response.status >= 400:
            return Retry("transient")
        near = usage.share >= self.params.usage_limit
        pause_s = (usage.regain_s or self.params.usage_pause.total_seconds()) if near else 0.0
        return _read(operation, answer, pause_s)

    def _graph(
        self, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> tuple[Request]:
        bearer = ("authorization", f"Bearer {self.token}")
        return self._request(method, f"{self.params.version}/{path}", body, bearer)


@dataclass(frozen=True)
class _Usage:
    """Share of the quota used, 0–1, and seconds until access is regained (0: unknown)."""

    share: float = 0.0
    regain_s: float = 0.0


def _usage(headers: Mapping[str, str]) -> _Usage:
    """Read the usage headers: percentages 0–100, regain time in minutes.

    They are absent until enough calls were made.
    """
    share, regain_s = 0.0, 0.0
    for name in ("x-business-use-case-usage", "x-app-usage", "x-ad-account-usage"):
        for entry in _entries(headers.get(name, "")):
            for part in ("call_count", "total_cputime", "total_time", "acc_id_util_pct"):
                share = max(share, _number(entry.get(part)) / 100)
            regain_s = max(
                regain_s,
                _number(entry.get("estimated_time_to_regain_access")) * 60,
                _number(entry.get("reset_time_duration")) if share >= 1 else 0.0,
            )
    return _Usage(share, regain_s)


def _entries(header: str) -> list[dict[str, Any]]:
    """List the usage objects of one header: it holds one, or maps business ids to lists of them."""
    try:
        value = msgspec.json.decode(header) if header else {}
    except msgspec.DecodeError:
        return []
    if not isinstance(value, dict):
        return []
    nested = [entry for entries in value.values() if isinstance(entries, list) for entry in entries]
    return [entry for entry in nested if isinstance(entry, dict)] or [value]


def _number(value: object) -> float:
    try:
        return float(value) if isinstance(value, (int, float, str)) else 0.0
    except ValueError:
        return 0.0


def _read(operation: PlatformCall, answer: Mapping[str, Any], pause_s: float) -> Outcome:
    """Read a success as far as the operation needs it."""
    outcome: Outcome = Retry("unexpected")
    match operation:
        case Find(name=name, intent=intent) if isinstance(answer.get("data"), list):
            found = [
                audience
                for audience in answer["data"]
                if audience.get("name") == name
                and audience.get("description") == intent
                and audience.get("id")
            ]
            paging = answer.get("paging") or {}
            after = (
                str((paging.get("cursors") or {}).get("after", "")) if paging.get("next") else ""
            )
            if found:
                outcome = Found(
                    platform_id=min(str(audience["id"]) for audience in found), pause_s=pause_s
                )
            else:
                outcome = Found(after=after, pause_s=pause_s)
        case Create() if answer.get("id"):
            outcome = Found(platform_id=str(answer["id"]), pause_s=pause_s)
        case Write(rows=rows) if "num_received" in answer:
            invalid = min(int(_number(answer.get("num_invalid_entries"))), len(rows))
            outcome = Written(rows=len(rows), invalid=invalid, pause_s=pause_s)
        case Read() if answer.get("id"):
            outcome = Described(readback=_readback(answer), pause_s=pause_s)
        case Delete() if answer.get("success") is True:
            outcome = Delivered(pause_s=pause_s)
    return outcome


def _readback(answer: Mapping[str, Any]) -> dict[str, int | str]:
    """Keep what a person may see: the size range (−1: unknown) and the two status codes."""
    delivery, operation = answer.get("delivery_status") or {}, answer.get("operation_status") or {}
    return {
        "size_lower": int(_number(answer.get("approximate_count_lower_bound", -1))),
        "size_upper": int(_number(answer.get("approximate_count_upper_bound", -1))),
        "delivery_status": int(_number(delivery.get("code", 0))),
        "operation_status": int(_number(operation.get("code", 0))),
    }
