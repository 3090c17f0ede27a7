"""What every platform provides: operations and requests as values, no socket.

    operation ──encode──▶ Request, … ──(sinks.http)──▶ Response
    Response ──decode──▶ Delivered | Retry | Rejected        (`sinks.ads.outcomes`)

A platform classifies; `sinks.http.retry` decides when to try again; `sinks.activation.delivery`
drives. Every write is a set operation at all platforms, so sending one twice changes nothing.
Creating an audience is the exception, and `Find` is what makes it safe.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Final, Literal, TypeAlias

import msgspec

from sinks.ads.columns import Column
from sinks.ads.outcomes import Outcome
from sinks.http.messages import Request, Response

Row: TypeAlias = tuple[str, ...]
"""One person in the platform's column order: hashes and ids, never a raw e-mail or phone."""


@dataclass(frozen=True)
class Find:
    """Look for an audience that we may have created: same name, same recorded intent.

    `after` continues a listing.
    """

    name: str
    intent: str
    after: str = ""


@dataclass(frozen=True)
class Create:
    """Create an audience; not safe to repeat without `Find`."""

    name: str
    intent: str


@dataclass(frozen=True)
class Write:
    """Add or remove people.

    Attributes:
        verb: ``add`` or ``remove``.
        platform_id: the platform's id of the audience.
        rows: at most `PlatformParams.max_rows`.
        session: positive 63-bit number, new for every attempt.
    """

    verb: Literal["add", "remove"]
    platform_id: str
    rows: tuple[Row, ...] = field(repr=False)
    session: int


@dataclass(frozen=True)
class Read:
    """Read back size and state."""

    platform_id: str


@dataclass(frozen=True)
class Delete:
    """Delete the audience and with it every membership."""

    platform_id: str


@dataclass(frozen=True)
class Status:
    """Ask for the result of an accepted `Write`, where the platform returns a receipt."""

    receipt: str


PlatformCall: TypeAlias = Find | Create | Write | Read | Delete | Status


@dataclass(frozen=True)
class Matchable:
    """One person as far as platforms may match: profile id and normalised identifiers.

    Attributes:
        external_id: the profile id, canonical UUID text.
        identifiers: kind → normalised values, personal data.
    """

    external_id: str
    identifiers: Mapping[str, tuple[str, ...]] = field(repr=False)


@dataclass(frozen=True)
class PlatformParams(ABC):
    """What the settings of every platform have.

    Attributes:
        base_url: scheme and host of the API, or of the local sandbox.
        version: API version in every path.
        purpose: consent purpose that a person must have granted before their row is sent.
        max_rows: rows per `Write`.
        requests_per_s: sustained pace per account.
        burst: requests that may go at once after a rest.
    """

    base_url: str = ""
    version: str = ""
    purpose: str = "advertising"
    max_rows: int = 1_000
    requests_per_s: float = 1.0
    burst: int = 1

    @property
    @abstractmethod
    def account(self) -> str:
        """The ad account as audiences store it; empty: the platform is not connected."""


EXTERNAL_ID: Final = "external_id"
"""The column of a row that holds our own profile id."""


@dataclass(frozen=True)
class Platform(ABC):
    """One platform: pure, frozen, built from its Params and its token.

    Attributes:
        name: as in ``audiences.platform``, the signal ``platform:<name>`` and API paths.
        leading: columns of a row that stand before those of identifiers.
        token: long-lived access token; empty where `sinks.http.oauth` adds one.
    """

    name: ClassVar[str]
    leading: ClassVar[tuple[str, ...]] = ()

    params: PlatformParams
    token: str = field(default="", repr=False)

    @property
    @abstractmethod
    def columns(self) -> tuple[Column, ...]:
        """The kinds of a row's values, in order; rows are stored, so a new one comes last."""

    @property
    def kinds(self) -> tuple[str, ...]:
        """Identifier kinds that it can match by: those that are sent."""
        return tuple(column.kind for column in self.columns if column.fields)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The columns of a row in order: `leading`, then every kind, sent or not."""
        return (*self.leading, *(column.kind for column in self.columns))

    @property
    def purpose(self) -> str:
        """Consent purpose that a person must have granted before their row is sent."""
        return self.params.purpose

    def row(self, person: Matchable) -> Row | None:
        """Encode one person, a value per column; None where nothing is left to match on.

        If a person has several identifiers of a kind, the smallest usable normal form is taken.
        """
        row = tuple([column.value(person.identifiers) for column in self.columns])
        return row if any(row) else None

    def filled(self, rows: Sequence[Row]) -> Sequence[Row]:
        """Fill rows that were stored before a column was added up with empty values."""
        width = len(self.names)
        if {width}.issuperset(map(len, rows)):
            return rows
        return [row + ("",) * (width - len(row)) for row in rows]

    def identifiers(self, row: Row) -> dict[str, list[str]]:
        """Return a row's values by kind, as exports in the platform's form show them."""
        return {kind: [value] for kind, value in zip(self.names, row, strict=True) if value}

    @abstractmethod
    def encode(self, operation: PlatformCall) -> Sequence[Request]:
        """Build the requests, rows in bodies and never in URLs; equal operations give equal bytes.

        They are sent in order, and the first that is not delivered ends the operation.

        Raises:
            ValueError: for a `Status`, at a platform that gives no receipts.
        """

    @abstractmethod
    def decode(self, operation: PlatformCall, response: Response) -> Outcome:
        """Classify the answer to one of the operation's requests.

        An answer that makes no sense is retried, because nobody knows what it did.
        """

    def _request(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *headers: tuple[str, str],
    ) -> tuple[Request]:
        """Build a JSON request below the API's address."""
        sent = (("accept", "application/json"), *headers)
        request = Request(
            method,
            f"{self.params.base_url.rstrip('/')}/{path}",
            sent if body is None else (*sent, ("content-type", "application/json")),
            b"" if body is None else msgspec.json.encode(body),
        )
        return (request,)
