"""Law 15, the last word counts: whatever is committed stops every request that adds people and has not begun."""

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from domain.decision import Code, Mode
from local.meta_sandbox import Sandbox, build_app
from sinks.ads.meta import Meta
from sinks.http import HttpRunner
from store import gate_commands
from tests.conftest import TestWorkspace
from tests.integration.activation.desk import Desk, audiences
from tests.integration.activation.world import Server, serving

Open = Callable[..., Desk]
Event = Callable[[Desk], None]


@pytest.fixture
def server() -> Iterator[Server]:
    """A sandbox that keeps nothing on disk."""
    sandbox = Sandbox(None)
    with closing(sandbox.ledger), serving(build_app(sandbox)) as url:
        yield Server(sandbox, url)


@pytest.fixture
def opened(postgres_dsn: str, workspace: TestWorkspace, meta: Meta, http: HttpRunner, server: Server) -> Iterator[Open]:
    """Opens desks in one workspace, one after the other; people and readings are written on a connection of their own."""
    with psycopg.connect(postgres_dsn, autocommit=True) as conn, psycopg.connect(postgres_dsn, autocommit=True) as others:

        def desk(count: int, people: int, name: str) -> Desk:
            for platform_id in list(server.sandbox.ledger.audiences):
                server.sandbox.ledger.delete(platform_id)
            others.execute("UPDATE audiences SET status = 'deleted'")
            for table in ("gate_modes", "gate_overrides", "gate_releases", "gate_states", "readings"):
                others.execute(SQL("DELETE FROM {}").format(Identifier(table)))
            return Desk(conn, audiences(others, workspace, meta, count, people, name), http)

        yield desk


def other(desk: Desk) -> psycopg.Connection[Any]:
    return desk.worlds[0].conn


def freeze(desk: Desk) -> None:
    gate_commands.set_mode(other(desk), desk.speaker, "workspace", Mode.FROZEN, "stop", desk.now, None)


def freeze_platform(desk: Desk) -> None:
    gate_commands.set_mode(other(desk), desk.speaker, "platform:meta", Mode.FROZEN, "stop", desk.now, None)


def sicken(desk: Desk) -> None:
    desk.score = 10.0
    desk.feed()


def silence(desk: Desk) -> None:
    """Nobody reads the source any more, and time passes."""
    desk.score = None
    desk.now += timedelta(minutes=3)


def revoke(desk: Desk) -> None:
    for (number,) in other(desk).execute("SELECT id FROM gate_overrides").fetchall():
        gate_commands.revoke(other(desk), desk.speaker, "override", number)
    for (number,) in other(desk).execute("SELECT id FROM gate_releases").fetchall():
        gate_commands.revoke(other(desk), desk.speaker, "release", number)


def outlast(desk: Desk) -> None:
    """Time passes until whatever was let pass has ended; the source goes on being read."""
    desk.now += timedelta(hours=2)
    desk.feed()


def overridden(desk: Desk) -> None:
    desk.score = 10.0
    until = desk.now + timedelta(hours=1)
    gate_commands.override(other(desk), desk.speaker, "workspace", [Code.UNHEALTHY], "known cause", desk.now, until)


def released(desk: Desk) -> None:
    desk.score = 10.0
    for world in desk.worlds:
        gate_commands.release(other(desk), desk.speaker, world.audience, "checked", desk.now, desk.now + timedelta(hours=1))


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
def test_nothing_begins_once_it_is_committed_however_many_audiences_were_let_through(prepare: Event, happen: Event, opened: Open) -> None:
    """Several audiences are due, an exchange takes eight seconds; it happens while the first, or a later one, is being added to."""
    count = 8 if happen is freeze else 3
    for under_way in (1, count):
        desk = opened(count, 5, f"at{under_way}-")
        prepare(desk)
        done: list[int] = []

        def once(number: int, desk: Desk = desk, under_way: int = under_way, done: list[int] = done) -> None:
            if len(desk.adds) == under_way and not done:
                done.append(number)
                happen(desk)

        desk.before = once
        desk.run()
        assert done
        assert [number for number in desk.adds if number > done[0]] == []


def test_undisturbed_everything_is_sent(opened: Open, server: Server) -> None:
    desk = opened(3, 5, "undisturbed-")
    desk.run()
    assert desk.statuses() == {"done"}
    assert len(desk.adds) == 6
    assert sorted(map(len, server.lists())) == [5, 5, 5]
