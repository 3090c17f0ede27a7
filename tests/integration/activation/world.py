"""A small world for activation: people written as UNIFY writes them, a sandbox that listens, an
engine that can die."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from domain.ids import ProfileId, SegmentId, WorkspaceId
from domain.instants import to_ms
from domain.keys import identifier_key
from domain.profiles.leaf import Leaf, Register
from domain.profiles.profile import Person, Stage, encode_person
from local.platforms.meta.sandbox import Sandbox
from sinks.activation import planning
from sinks.activation.attempt import Attempt
from sinks.activation.delivery import Delivery
from sinks.activation.destination import Destination
from sinks.activation.params import DeliveryParams
from sinks.activation.receipts import Confirmation
from sinks.ads.platform import Matchable, Platform
from sinks.http.messages import Request, Response, Transport
from sinks.http.rate_limit import LocalTokens, RateLimitedTransport
from sinks.http.retry import RetryParams
from store.activation import due, receipts, withdrawals
from tests.conftest import TestWorkspace

ACCOUNT = "111"
PATIENCE_S = 60.0


@dataclass
class Server:
    """A sandbox that listens."""

    sandbox: Sandbox
    url: str

    def lists(self) -> list[set[tuple[str, str, str, str]]]:
        """Every audience's rows as (EXTERN_ID, EMAIL, PHONE, MADID)."""
        keys = ("EXTERN_ID", "EMAIL", "PHONE", "MADID")
        return [
            {tuple(dict(row).get(key, "") for key in keys) for row in audience.people}
            for audience in self.sandbox.ledger.audiences.values()
        ]

    def of(self, world: "World") -> set[tuple[str, str, str, str]]:
        """The rows of the world's audience."""
        (platform_id,) = world.column(
            "SELECT coalesce(platform_id, '') FROM audiences ORDER BY id DESC LIMIT 1"
        )
        return self.lists()[list(self.sandbox.ledger.audiences).index(platform_id)]

    def only(self) -> set[tuple[str, str, str, str]]:
        """The rows of the one audience there must be."""
        (rows,) = self.lists()
        return rows


@dataclass
class World:
    """People, consents and one audience of one workspace.

    Attributes:
        prefix: keeps the people of several worlds in one database apart.
        people: number → the row that Meta should hold while they are a consenting member.
    """

    conn: psycopg.Connection[Any]
    workspace: WorkspaceId
    salt: bytes
    meta: Platform
    segment: int
    audience: int
    prefix: str = ""
    people: dict[int, tuple[str, ...]] = field(default_factory=dict)

    def person(self, number: int) -> ProfileId:
        return ProfileId(identifier_key(self.salt, "user_id", self.user(number)))

    def user(self, number: int) -> str:
        return f"{self.prefix}u{number}"

    def join(self, number: int, email: str | None = None, cause: str = "event") -> None:
        """A customer consents; later calls change the e-mail."""
        email = self.prefix + (email or f"person{number}@example.com")
        person = self.person(number)
        fresh = number not in self.people
        with self.conn.transaction():
            self._store(number, consents=True, segments={SegmentId(self.segment): 1})
            self._identify(number, "user_id", self.user(number))
            self.conn.execute(
                "DELETE FROM identifiers WHERE profile_id = %s AND kind = 'email'",
                (UUID(bytes=person),),
            )
            self._identify(number, "email", email)
            self.conn.execute(
                "INSERT INTO memberships VALUES (%s, %s, %s, 1, now()) ON CONFLICT DO NOTHING",
                (self.segment, UUID(bytes=person), self.workspace),
            )
            self._change(number, 1 if fresh else 0, cause)
        row = self.meta.row(Matchable(str(UUID(bytes=person)), {"email": (email,)}))
        assert row is not None
        self.people[number] = row

    def leave(self, number: int) -> None:
        """Out of the segment, still consenting."""
        self._out(number, consents=True, urgent=False)

    def withdraw(self, number: int) -> None:
        """Consent withdrawn."""
        self._out(number, consents=False, urgent=True)

    def absorb(self, survivor: int, loser: int) -> None:
        """Merge two people: the loser's identifiers move, its row goes."""
        kept, gone = UUID(bytes=self.person(survivor)), UUID(bytes=self.person(loser))
        with self.conn.transaction():
            self.conn.execute(
                "UPDATE identifiers SET profile_id = %s WHERE profile_id = %s", (kept, gone)
            )
            self.conn.execute("DELETE FROM profiles WHERE id = %s", (gone,))
            self.conn.execute("DELETE FROM memberships WHERE profile_id = %s", (gone,))
            self._change(loser, -1, "merge")
            self._change(survivor, 0, "merge")
            emails = [
                row[0]
                for row in self.conn.execute(
                    "SELECT value FROM identifiers WHERE profile_id = %s AND kind = 'email'",
                    (kept,),
                )
            ]
        del self.people[loser]
        row = self.meta.row(Matchable(str(kept), {"email": tuple(emails)}))
        assert row is not None
        self.people[survivor] = row

    def expected(self) -> set[tuple[str, ...]]:
        return set(self.people.values())

    def pushes(self) -> list[tuple[str, str]]:
        sql = "SELECT kind, status FROM pushes WHERE audience_id = %s ORDER BY id"
        return [(row[0], row[1]) for row in self.conn.execute(sql, (self.audience,))]

    def column(self, sql: LiteralString) -> list[Any]:
        return [row[0] for row in self.conn.execute(sql)]

    def _out(self, number: int, consents: bool, urgent: bool) -> None:
        with self.conn.transaction():
            self._store(number, consents)
            person = UUID(bytes=self.person(number))
            self.conn.execute("DELETE FROM memberships WHERE profile_id = %s", (person,))
            self._change(number, -1, "consent" if urgent else "event", urgent)
        self.people.pop(number, None)

    def _store(
        self, number: int, consents: bool, segments: Mapping[SegmentId, int] = MappingProxyType({})
    ) -> None:
        view = Leaf(1, 1, 1, consent={"advertising": Register(consents, 1, 1)})
        person = Person(
            self.person(number),
            self.workspace,
            1,
            view,
            {"user_id": 1},
            stage=Stage.CUSTOMER,
            segments=dict(segments),
        )
        self.conn.execute(
            """
            INSERT INTO profiles (id, workspace_id, version, stage, doc)
                VALUES (%s, %s, 1, 'customer', %s)
            ON CONFLICT (id) DO UPDATE SET doc = excluded.doc
            """,
            (UUID(bytes=person.id), self.workspace, encode_person(person)),
        )

    def _identify(self, number: int, kind: str, value: str) -> None:
        key = UUID(bytes=identifier_key(self.salt, kind, value))
        self.conn.execute(
            """
            INSERT INTO identifiers (key, workspace_id, kind, value, profile_id)
                VALUES (%s, %s, %s, %s, %s)
            ON CONFLICT (key) DO NOTHING
            """,
            (key, self.workspace, kind, value, UUID(bytes=self.person(number))),
        )

    def _change(self, number: int, delta: int, cause: str, urgent: bool = False) -> None:
        self.conn.execute(
            """
            INSERT INTO changes (workspace_id, segment_id, profile_id, delta, version, cause,
                urgent, changed_at)
            VALUES (%s, %s, %s, %s, 1, %s, %s, now())
            """,
            (self.workspace, self.segment, UUID(bytes=self.person(number)), delta, cause, urgent),
        )


def new_world(
    conn: psycopg.Connection[Any],
    workspace: TestWorkspace,
    meta: Platform,
    prefix: str = "",
    account: str = ACCOUNT,
) -> World:
    """A segment and an audience of their own, with nobody in them."""
    segment = conn.execute(
        "INSERT INTO segments (workspace_id, name, definition) VALUES (%s, %s, %s) RETURNING id",
        (workspace.id, f"{prefix}reachable", Jsonb({"purpose": "advertising"})),
    ).fetchone()
    assert segment is not None
    audience = conn.execute(
        """
        INSERT INTO audiences (workspace_id, segment_id, platform, name, account_id, intent,
            interval_s)
        VALUES (%s, %s, %s, %s, %s, %s, 3600) RETURNING id
        """,
        (
            workspace.id,
            segment[0],
            meta.name,
            f"{prefix}Reachable",
            account,
            f"stratum:{prefix}test",
        ),
    ).fetchone()
    assert audience is not None
    return World(conn, workspace.id, workspace.salt, meta, segment[0], audience[0], prefix)


def unhurried(transport: Transport) -> RateLimitedTransport:
    """A pace that nothing waits for."""
    return RateLimitedTransport(transport, LocalTokens(1e6, 1_000_000, lambda: 0))


class CrashError(Exception):
    """The process dies here."""


@dataclass
class Engine:
    """Activation without the flow: plans and sends, dies and comes back."""

    world: World
    transport: Transport
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    params: DeliveryParams = field(
        default_factory=lambda: DeliveryParams(retry=RetryParams(attempts=4))
    )
    wire: Callable[[Transport], Destination] | None = None

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        paced = unhurried(self.transport)
        destination = Destination(self.world.meta, paced, paced)
        if self.wire is not None:
            destination = self.wire(self.transport)
        self.destinations = {self.world.meta.name: destination}
        self.delivery = Delivery(
            self.world.conn, self.destinations, self.params, self._clock, lambda: 0.0
        )

    def plan(self, kind: str = "manual") -> int | None:
        with due.planning_transaction(self.world.conn, self.world.audience) as opened:
            planned = planning.plan_push(self.world.conn, opened, kind, self.world.meta, self.now)
            return None if planned is None else planned.record(0)

    def advance(self) -> Attempt | None:
        return self.delivery.advance(self.world.audience, lambda _audience, _push: True)

    def sent(self) -> Attempt:
        attempt = self.advance()
        assert attempt is not None
        return attempt

    def drain(self) -> list[Attempt]:
        """Send until nothing is left to send now; time passes as retries ask."""
        attempts = []
        while self._open():
            attempt = self.advance()
            if attempt is None:
                self.now = datetime.fromtimestamp(self.now.timestamp() + 30, UTC)
            else:
                attempts.append(attempt)
        return attempts

    def push(self) -> list[Attempt]:
        self._let_others_end()
        self.plan()
        return self.drain()

    def _let_others_end(self) -> None:
        """A plan takes changes below the oldest transaction that is under way, and the server's own
        upkeep has some of its own."""
        newest = (
            "SELECT coalesce(max(tx) < pg_snapshot_xmin(pg_current_snapshot()), true) FROM changes"
        )
        deadline = time.monotonic() + 30
        while not self.world.column(newest)[0]:
            assert time.monotonic() < deadline, "other transactions end"
            time.sleep(0.01)

    def withdraw(self) -> int:
        """Plan what must go at once; the number of removals planned."""
        found = withdrawals.touched(self.world.conn, "0", {self.world.meta.name: "advertising"})
        for one in found:
            planning.plan_withdrawal(
                self.world.conn, one.audience_id, one.people, self.world.meta, 0, self.now
            )
        return sum(len(one.people) for one in found)

    def confirm(self) -> list[Attempt]:
        """Ask for every result that is due now."""
        confirmation = Confirmation(
            self.world.conn, self.destinations, self.params.failed_wait, self._clock
        )
        found = receipts.due(self.world.conn, self.destinations.keys(), to_ms(self.now))
        return [attempt for attempt in map(confirmation, found) if attempt is not None]

    def _open(self) -> bool:
        return (
            self.world.conn.execute(
                "SELECT 1 FROM pushes WHERE status = 'running' LIMIT 1"
            ).fetchone()
            is not None
        )

    def _clock(self) -> datetime:
        return self.now


@dataclass
class Dying:
    """A transport that dies at one exchange, before or after the platform got it."""

    inner: Transport
    at: int
    applied: bool
    seen: int = 0

    def __call__(self, request: Request) -> Response:
        self.seen += 1
        if self.seen != self.at:
            return self.inner(request)
        if self.applied:
            self.inner(request)
        raise CrashError
