"""Law 15, the last word counts: whatever is committed stops every request that adds people and has
not begun."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from threading import Thread
from typing import Any, ClassVar, Self

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from config.settings import Settings
from domain.gate import Code, Mode
from local.platforms.app import build_app
from local.platforms.meta.sandbox import Sandbox
from sinks.ads.meta.codec import Meta
from sinks.http.client import HttpRunner
from sinks.http.messages import Request, Response
from sinks.http.rate_limit import WithheldError
from store.activation import commands as audience_commands
from store.activation.commands import AudienceCommandError, NewAudience
from store.gate import commands as gate_commands
from tests.conftest import TestWorkspace
from tests.integration.activation import places
from tests.integration.activation.desk import Desk, audiences
from tests.integration.activation.world import CrashError, Server, unhurried
from tests.support.serving import serving_sandbox

Open = Callable[..., Desk]
Event = Callable[[Desk], None]


class Hooked(psycopg.Cursor[Any]):
    """A cursor that says so before it sends a statement."""

    before: ClassVar[Callable[[], None]] = staticmethod(lambda: None)

    def execute(self, *args: Any, **options: Any) -> Self:
        """Send one statement."""
        type(self).before()
        return super().execute(*args, **options)


@pytest.fixture
def server() -> Iterator[Server]:
    """A sandbox that keeps nothing on disk."""
    sandbox = Sandbox(None)
    with closing(sandbox.ledger), serving_sandbox(build_app(sandbox)) as url:
        yield Server(sandbox, url)


@pytest.fixture
def opened(
    postgres_dsn: str, workspace: TestWorkspace, meta: Meta, http: HttpRunner, server: Server
) -> Iterator[Open]:
    """Opens desks in one workspace, one after the other.

    People and readings are written on a connection of their own.
    """
    with (
        psycopg.connect(postgres_dsn, autocommit=True) as conn,
        psycopg.connect(postgres_dsn, autocommit=True) as others,
    ):

        def desk(count: int, people: int, name: str) -> Desk:
            for platform_id in list(server.sandbox.ledger.audiences):
                server.sandbox.ledger.delete(platform_id)
            others.execute("UPDATE audiences SET status = 'deleting' WHERE status <> 'deleted'")
            others.execute("UPDATE audiences SET status = 'deleted'")
            for table in (
                "gate_modes",
                "gate_overrides",
                "gate_releases",
                "gate_states",
                "readings",
            ):
                others.execute(SQL("DELETE FROM {}").format(Identifier(table)))
            return Desk(conn, audiences(others, workspace, meta, count, people, name), http)

        yield desk


def other(desk: Desk) -> psycopg.Connection[Any]:
    return desk.worlds[0].conn


def freeze(desk: Desk) -> None:
    gate_commands.set_mode(
        other(desk), desk.actor, Mode.FROZEN, gate_commands.Terms("workspace", "stop"), desk.now
    )


def freeze_platform(desk: Desk) -> None:
    gate_commands.set_mode(
        other(desk),
        desk.actor,
        Mode.FROZEN,
        gate_commands.Terms("platform:meta", "stop"),
        desk.now,
    )


def sicken(desk: Desk) -> None:
    desk.score = 10.0
    desk.feed()


def silence(desk: Desk) -> None:
    """Nobody reads the source any more, and time passes."""
    desk.score = None
    desk.now += timedelta(minutes=3)


def revoke(desk: Desk) -> None:
    for (number,) in other(desk).execute("SELECT id FROM gate_overrides").fetchall():
        gate_commands.revoke(other(desk), desk.actor, "override", number)
    for (number,) in other(desk).execute("SELECT id FROM gate_releases").fetchall():
        gate_commands.revoke(other(desk), desk.actor, "release", number)


def outlast(desk: Desk) -> None:
    """Time passes until whatever was let pass has ended; the source is still read."""
    desk.now += timedelta(hours=2)
    desk.feed()


def overridden(desk: Desk) -> None:
    desk.score = 10.0
    until = desk.now + timedelta(hours=1)
    gate_commands.override(
        other(desk),
        desk.actor,
        [Code.UNHEALTHY],
        gate_commands.Terms("workspace", "known cause", until),
        desk.now,
    )


def released(desk: Desk) -> None:
    desk.score = 10.0
    for world in desk.worlds:
        gate_commands.release(
            other(desk),
            desk.actor,
            world.audience,
            "checked",
            desk.now,
            desk.now + timedelta(hours=1),
        )


def nothing(_desk: Desk) -> None:
    """As it is."""


CASES: list[tuple[Event, Event]] = [
    (nothing, freeze),
    (nothing, freeze_platform),
    (nothing, sicken),
    (nothing, silence),
    (overridden, revoke),
    (overridden, outlast),
    (released, revoke),
    (released, outlast),
]


@pytest.mark.parametrize(("prepare", "happen"), CASES, ids=lambda event: event.__name__)
def test_nothing_begins_once_it_is_committed_however_many_audiences_were_let_through(
    prepare: Event, happen: Event, opened: Open
) -> None:
    """Several audiences are due, an exchange takes eight seconds.

    It happens while the first, or a later one, is being added to.
    """
    due = 8 if happen is freeze else 3
    for under_way in (1, due):
        desk = opened(due, 5, f"at{under_way}-")
        prepare(desk)
        done: list[int] = []

        def once(
            number: int, desk: Desk = desk, under_way: int = under_way, done: list[int] = done
        ) -> None:
            if len(desk.adds) == under_way and not done:
                done.append(number)
                happen(desk)

        desk.before = once
        desk.run()
        assert done
        assert [number for number in desk.adds if number > done[0]] == []


def test_a_freeze_that_ends_later_holds_for_a_process_whose_clock_is_ahead(opened: Open) -> None:
    """The worker, and whoever reads signals beside it, are an hour ahead of the server, by whose
    clock the freeze ends in half an hour."""
    desk = opened(2, 5, "ahead-")
    desk.now += timedelta(hours=1)
    done: list[int] = []

    def once(number: int) -> None:
        if len(desk.adds) == 1 and not done:
            done.append(number)
            now = datetime.now(UTC)
            gate_commands.set_mode(
                other(desk),
                desk.actor,
                Mode.FROZEN,
                gate_commands.Terms("workspace", "stop", now + timedelta(minutes=30)),
                now,
            )

    desk.before = once
    desk.run()
    assert len(desk.adds) == 1
    other(desk).execute("UPDATE gate_modes SET expires_at = now()")
    desk.run()
    assert desk.statuses() == {"done"}


def test_an_audience_is_not_resumed_nor_made_while_its_platform_is_being_disconnected(
    opened: Open, postgres_dsn: str
) -> None:
    """Each waits for what the other commits: a resumed audience is paused again, or it is not
    resumed."""
    desk = opened(1, 1, "apart-")
    (world,) = desk.worlds
    audience_commands.pause(world.conn, world.workspace, "key:1", world.audience, desk.now)
    another = NewAudience(world.segment, "meta", "another", "111", 3_600)
    outcomes: list[str] = []

    def ask(what: Callable[[psycopg.Connection[Any]], object]) -> None:
        with psycopg.connect(postgres_dsn) as conn:
            try:
                what(conn)
            except AudienceCommandError as error:
                outcomes.append(str(error))

    asked = [
        Thread(
            target=ask,
            args=(
                lambda conn: audience_commands.resume(
                    conn, world.workspace, "key:2", world.audience
                ),
            ),
        ),
        Thread(
            target=ask,
            args=(lambda conn: audience_commands.create(conn, world.workspace, "key:2", another),),
        ),
    ]
    with psycopg.connect(postgres_dsn) as conn, conn.transaction():
        audience_commands.disconnect(conn, world.workspace, "key:1", "meta", desk.now)
        for thread in asked:
            thread.start()
        while any(thread.is_alive() for thread in asked) and _waiting(world.conn) < len(asked):
            asked[0].join(0.01)
    for thread in asked:
        thread.join()
    assert outcomes == ["meta is disconnected: connect it first."] * 2
    assert world.column("SELECT status FROM audiences WHERE status <> 'deleted'") == ["paused"]


def _waiting(conn: psycopg.Connection[Any]) -> int:
    row = conn.execute(
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    ).fetchone()
    return int(row[0]) if row else 0


def test_undisturbed_everything_is_sent(opened: Open, server: Server) -> None:
    desk = opened(3, 5, "undisturbed-")
    desk.run()
    assert desk.statuses() == {"done"}
    assert len(desk.adds) == 6
    assert sorted(map(len, server.lists())) == [5, 5, 5]


@pytest.mark.parametrize("applied", [False, True])
def test_a_process_that_was_killed_resumes_under_what_was_said_meanwhile(
    applied: bool, opened: Open
) -> None:
    desk = opened(2, 5, "killed-")

    def die(_: int) -> None:
        if len(desk.adds) == 2:
            raise CrashError

    desk.before, desk.after = (lambda _: None, die) if applied else (die, lambda _: None)
    with pytest.raises(CrashError):
        desk.run()
    freeze(desk)
    desk.before = desk.after = lambda _: None
    desk.restart()
    desk.run()
    assert len(desk.adds) == 2
    assert desk.statuses() == {"held"}


BEGUN_AFTER_A_FREEZE = """
    SELECT a.id FROM audit a JOIN audit_chain c ON c.audit_id = a.id
    WHERE a.action = 'request' AND a.detail->>'operation' = 'add' AND (
        SELECT m.detail->>'mode' FROM audit m JOIN audit_chain b ON b.audit_id = m.id
        WHERE m.workspace_id = a.workspace_id AND m.action = 'gate.mode' AND b.seq < c.seq
            ORDER BY b.seq DESC LIMIT 1) = 'frozen'
"""


@dataclass
class Freezer:
    """Somebody who freezes the workspace while a statement of the desk is about to be sent.

    Attributes:
        at: before the so-many-th statement.
        statements: of the desk so far.
        committed_at: number of the exchange after which it was committed; None where it had to wait
            for the desk.
    """

    desk: Desk
    conn: psycopg.Connection[Any]
    watching: psycopg.Connection[Any]
    at: int
    statements: int = 0
    committed_at: int | None = None
    thread: Thread | None = None

    def __call__(self) -> None:
        """A statement is about to be sent: at the right one freeze, or ask for it and let the desk
        go on."""
        self.statements += 1
        if self.statements != self.at:
            return
        self.thread = Thread(target=self._freeze)
        self.thread.start()
        while self.thread.is_alive() and not self._waits():
            self.thread.join(0.001)
        self.committed_at = None if self.thread.is_alive() else self.desk.seen

    def _freeze(self) -> None:
        with self.conn.transaction():
            gate_commands.set_mode(
                self.conn,
                self.desk.actor,
                Mode.FROZEN,
                gate_commands.Terms("workspace", "stop"),
                self.desk.now,
            )

    def _waits(self) -> bool:
        sql = "SELECT 1 FROM pg_locks WHERE pid = %s AND NOT granted"
        return self.watching.execute(sql, (self.conn.info.backend_pid,)).fetchone() is not None


def test_a_freeze_at_any_statement_is_either_seen_or_comes_after_the_beginning(
    opened: Open, postgres_dsn: str
) -> None:
    """The order of the audit log is that of commits: whatever begins, begins before the freeze."""
    desk = opened(1, 1, "any-")
    desk.run()
    (world,) = desk.worlds
    seen, waited = Counter[bool](), 0
    with (
        psycopg.connect(postgres_dsn, autocommit=True, cursor_factory=Hooked) as desk.conn,
        psycopg.connect(postgres_dsn) as freezing,
        psycopg.connect(postgres_dsn, autocommit=True) as watching,
    ):
        desk.restart()
        for at in count(1, 2):
            world.join(at)
            world.conn.execute(
                "UPDATE audiences SET requested_at = now() WHERE id = %s", (world.audience,)
            )
            freezer, before = Freezer(desk, freezing, watching, at), len(desk.adds)
            Hooked.before = freezer
            try:
                desk.run()
            finally:
                Hooked.before = staticmethod(lambda: None)
            if freezer.thread is None:
                break
            freezer.thread.join()
            waited += freezer.committed_at is None
            if freezer.committed_at is not None:
                assert [
                    number for number in desk.adds[before:] if number > freezer.committed_at
                ] == [], f"statement {at}"
            assert world.column(BEGUN_AFTER_A_FREEZE) == [], f"statement {at}"
            seen[len(desk.adds) > before] += 1
            gate_commands.set_mode(
                world.conn,
                desk.actor,
                Mode.ENFORCE,
                gate_commands.Terms("workspace", "go on"),
                desk.now,
            )
    assert min(seen[True], seen[False]) > 5, "it came both before and after the beginning"
    assert waited > 3, "it came while the beginning was under way"


@pytest.fixture
def by_the_way(postgres_dsn: str, workspace: TestWorkspace, http: HttpRunner) -> Iterator[Desk]:
    """A desk at Snapchat: access is renewed on the way, and one write goes out as a request per
    kind of identifier."""
    with (
        places.listening("snapchat") as place,
        psycopg.connect(postgres_dsn, autocommit=True) as conn,
        psycopg.connect(postgres_dsn, autocommit=True) as others,
    ):
        settings = Settings.model_validate({"snapchat": place.settings})
        platform = settings.platforms["snapchat"].codec
        worlds = audiences(others, workspace, platform, 1, 2, "by-the-way-")
        for number in range(2):
            worlds[0]._identify(number, "phone", f"+4915112345{number:03}")
        yield Desk(
            conn,
            worlds,
            http,
            wire=lambda transport: places.wiring(settings)(transport)["snapchat"],
        )


def test_each_part_of_a_write_that_goes_out_in_several_requests_begins_for_itself(
    by_the_way: Desk,
) -> None:
    desk = by_the_way

    def once(_: int) -> None:
        if len(desk.adds) == 1:
            freeze(desk)

    desk.before = once
    desk.run()
    assert len(desk.adds) == 1
    assert desk.statuses() == {"held"}
    gate_commands.set_mode(
        other(desk), desk.actor, Mode.ENFORCE, gate_commands.Terms("workspace", "go on"), desk.now
    )
    desk.before = lambda _: None
    desk.run()
    assert desk.statuses() == {"done"}
    assert len(desk.adds) == 3


def test_a_request_that_is_repeated_with_new_access_begins_anew(by_the_way: Desk) -> None:
    desk = by_the_way

    def refuse(number: int) -> None:
        if len(desk.adds) == 1:
            desk.answers[number] = Response(401)
            freeze(desk)

    desk.before = refuse
    desk.run()
    assert len(desk.adds) == 1
    assert desk.statuses() == {"held"}


def test_nothing_that_adds_people_leaves_without_being_asked_for(http: HttpRunner) -> None:
    with pytest.raises(WithheldError):
        unhurried(http)(Request("POST", "http://127.0.0.1:1/users", adds=True))
