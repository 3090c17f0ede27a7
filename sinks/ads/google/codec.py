"""Google Customer Match through the Data Manager API: encodes requests, decodes responses.

A row holds every e-mail and phone of a person, as ``email:<hash>`` and ``phone:<hash>``, sorted,
e-mails first; there is no own id in it and no fixed column. Google matches people by any of them. A
list takes contact data or device ids and never both, so device ids are not sent. A write is only
accepted at first; its result is polled later with the receipt. The access token is added by
`sinks.http.oauth`.

Sources: Data Manager API v1 (audience members, request status, user lists); Google Ads Help,
Customer Match.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain
from typing import Any, ClassVar, Final
from urllib.parse import urlencode

import msgspec

from sinks.ads import hashing
from sinks.ads.columns import Column
from sinks.ads.google.errors import Waits, classify
from sinks.ads.google.rows import account_path, destination, members, new_list, places
from sinks.ads.google.status import read_list, read_status
from sinks.ads.outcomes import Accepted, Delivered, Described, Found, Outcome, Rejected, Retry
from sinks.ads.platform import (
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
    Column("email", ("emailAddress",), hashing.email_gmail),
    Column("phone", ("phoneNumber",), hashing.phone_e164),
)
_FIELDS: Final = {column.kind: field for column in _COLUMNS for field in column.fields}
_AGREED: Final = {
    "consent": {"adUserData": "CONSENT_GRANTED", "adPersonalization": "CONSENT_GRANTED"},
    "termsOfService": {"customerMatchTermsOfServiceStatus": "ACCEPTED"},
}
"""Every row of an add is a person whose consent was checked when it was written down.

A removal needs none and takes none.
"""

_DAY: Final = timedelta(days=1)


@dataclass(frozen=True)
class GoogleParams(PlatformParams):
    """How Google is reached and what it accepts.

    The consent purpose covers sending a person to Google, for use of their data and for
    personalised ads.

    Attributes:
        customer_id: Google Ads account that holds the lists, with or without hyphens; empty: Google
            is not connected.
        login_customer_id: manager account through which it is reached; empty: the account itself.
        membership: how long Google keeps a member who is not sent again, whole days; 540 is the
            most that is known to be accepted.
        max_rows: members per request.
        max_identifiers: e-mails and phones per member.
        page_size: lists per page of a listing.
        requests_per_s: sustained pace; 300 changes a minute are allowed, the burst included.
        throttle_wait: wait after a throttle where Google does not say.
        day_wait: wait after a quota of a day is used up.
        status_wait: earliest time at which asking for the result of a write is of use.
        status_interval: wait before asking again.
    """

    base_url: str = "https://datamanager.googleapis.com"
    version: str = "v1"
    customer_id: str = ""
    login_customer_id: str = ""
    membership: timedelta = timedelta(days=540)
    max_rows: int = 10_000
    max_identifiers: int = 10
    page_size: int = 50
    requests_per_s: float = 4.5
    burst: int = 30
    throttle_wait: timedelta = timedelta(minutes=1)
    day_wait: timedelta = timedelta(hours=1)
    status_wait: timedelta = timedelta(minutes=30)
    status_interval: timedelta = timedelta(minutes=30)

    @property
    def account(self) -> str:
        """The ad account as audiences store it."""
        return self.customer_id.replace("-", "")

    def __post_init__(self) -> None:
        """Check what Google would refuse on every request.

        Raises:
            ValueError: `membership` is not a positive number of whole days.
        """
        if self.membership < _DAY or self.membership % _DAY:
            raise ValueError("membership must be a positive number of whole days")


@dataclass(frozen=True)
class Google(Platform):
    """The platform ``google``."""

    name: ClassVar[str] = "google"

    params: GoogleParams

    @property
    def columns(self) -> tuple[Column, ...]:
        """The kinds that a row may hold; each begins with its kind."""
        return _COLUMNS

    def row(self, person: Matchable) -> Row | None:
        """Encode one person as all their hashed e-mails and phones.

        If a person has more than Google takes per member, the places are divided evenly between the
        kinds that can fill them; the smallest values are kept, so that every run chooses the same.
        """
        found = [
            [f"{column.kind}:{digest}" for digest in column.digests(person.identifiers)]
            for column in _COLUMNS
        ]
        wanted, room = list(map(len, found)), self.params.max_identifiers
        if sum(wanted) > room:
            found = [
                values[:most] for values, most in zip(found, places(wanted, room), strict=True)
            ]
        return tuple(chain.from_iterable(found)) or None

    def identifiers(self, row: Row) -> dict[str, list[str]]:
        """Return a row's values by the kind that each begins with."""
        found: dict[str, list[str]] = {}
        for value in row:
            kind, _, digest = value.partition(":")
            found.setdefault(kind, []).append(digest)
        return found

    def encode(self, operation: PlatformCall) -> Sequence[Request]:
        """Build the requests of one operation."""
        match operation:
            case Find(name=name, after=after):
                query = {
                    "filter": f'display_name = "{_quoted(name)}"',
                    "pageSize": str(self.params.page_size),
                }
                if after:
                    query["pageToken"] = after
                return self._api("GET", f"{self._lists}?{urlencode(query)}")
            case Create(name=name, intent=intent):
                return self._api(
                    "POST", self._lists, new_list(name, intent, self.params.membership)
                )
            case Write(verb=verb, platform_id=platform_id, rows=rows):
                params = self.params
                written = destination(platform_id, params.customer_id, params.login_customer_id)
                body = members(written, rows, _FIELDS)
                if verb == "remove":
                    return self._api("POST", "audienceMembers:remove", body)
                return self._api("POST", "audienceMembers:ingest", body | _AGREED)
            case Read(platform_id=platform_id):
                return self._api("GET", f"{self._lists}/{platform_id}")
            case Delete(platform_id=platform_id):
                return self._api("DELETE", f"{self._lists}/{platform_id}")
            case Status(receipt=receipt):
                return self._api(
                    "GET", f"requestStatus:retrieve?{urlencode({'requestId': receipt})}"
                )

    def decode(self, operation: PlatformCall, response: Response) -> Outcome:
        """Classify one response."""
        params = self.params
        if response.fault == "reauth":
            return Rejected(
                "reauth",
                "invalid_grant",
                "Connect Google again: the refresh token has expired or was revoked.",
            )
        if response.fault:
            return Retry(response.fault)
        try:
            answer = msgspec.json.decode(response.body)
        except msgspec.DecodeError:
            return Retry("html")
        if not isinstance(answer, dict):
            return Retry("unexpected")
        if isinstance(answer.get("error"), dict):
            rows = len(operation.rows) if isinstance(operation, Write) else 0
            waits = Waits(params.throttle_wait.total_seconds(), params.day_wait.total_seconds())
            return classify(answer["error"], response.headers.get("retry-after", ""), rows, waits)
        if response.status >= 400:
            return Retry("transient")
        return self._read(operation, answer)

    def _read(self, operation: PlatformCall, answer: Mapping[str, Any]) -> Outcome:
        """Read a success as far as the operation needs it."""
        outcome: Outcome = Retry("unexpected")
        match operation:
            case Find(name=name, intent=intent):
                outcome = _found(answer, name, intent)
            case Create() if _id(answer):
                outcome = Found(platform_id=_id(answer))
            case Write(rows=rows) if _receipt(answer):
                wait_s = self.params.status_wait.total_seconds()
                outcome = Accepted(rows=len(rows), receipt=_receipt(answer), receipt_after_s=wait_s)
            case Read() if _id(answer):
                outcome = Described(readback=read_list(answer))
            case Delete():
                outcome = Delivered()
            case Status() if isinstance(answer.get("requestStatusPerDestination"), list):
                outcome = read_status(
                    answer["requestStatusPerDestination"],
                    self.params.status_interval.total_seconds(),
                )
        return outcome

    @property
    def _lists(self) -> str:
        return f"{account_path(self.params.customer_id)}/userLists"

    def _api(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> tuple[Request]:
        managed = path.startswith(self._lists) and self.params.login_customer_id
        login = [("login-account", account_path(self.params.login_customer_id))] if managed else []
        return self._request(method, f"{self.params.version}/{path}", body, *login)


def _quoted(text: str) -> str:
    """Escape a string for a filter (AIP-160)."""
    return re.sub(r'(["\\])', r"\\\1", text)


def _receipt(answer: Mapping[str, Any]) -> str:
    """By what the result of a write is asked for; empty where the answer names nothing."""
    receipt = answer.get("requestId")
    return receipt if isinstance(receipt, str) else ""


def _id(user_list: Mapping[str, Any]) -> str:
    """Read a list's id, which as a 64-bit number comes as text."""
    return str(user_list.get("id") or "")


def _found(answer: Mapping[str, Any], name: str, intent: str) -> Outcome:
    """Look for our list on one page; an answer without lists is an empty page."""
    lists = answer.get("userLists") or []
    if not isinstance(lists, list) or not all(isinstance(user_list, dict) for user_list in lists):
        return Retry("unexpected")
    ours = [
        _id(held)
        for held in lists
        if held.get("displayName") == name and held.get("description") == intent and _id(held)
    ]
    return (
        Found(platform_id=min(ours))
        if ours
        else Found(after=str(answer.get("nextPageToken") or ""))
    )
