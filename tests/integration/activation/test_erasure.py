"""An erased person comes off every list, whatever its state, and what was sent is forgotten."""

import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

import psycopg
import pytest
from psycopg.types.json import Jsonb

from dataflows.erasure import lists
from domain.activation.states import AudienceStatus, RowState
from sinks.activation import planning
from sinks.ads.meta.codec import Meta
from sinks.http.messages import Request, Response
from store import locks
from store.activation import due, withdrawals
from store.erasure import progress
from store.erasure.params import ErasureParams
from tests.integration.activation.world import Engine, Server, World
from tests.support.erasing import Erased, erase

PARAMS: Final = ErasureParams()
REFUSED: Final = Response(
    400, body=b'{"error": {"message": "no", "type": "OAuthException", "code": 100}}'
)
PATHS: Final[dict[RowState, Sequence[RowState]]] = {
    RowState.PRESENT: (),
    RowState.ADDING: (RowState.ADDING,),
    RowState.ACCEPTED: (RowState.ADDING, RowState.ACCEPTED),
    RowState.REFUSED: (RowState.ADDING, RowState.REFUSED),
    RowState.REMOVING: (RowState.REMOVING,),
}


def forget(world: World, number: int) -> Erased:
    """Erase a person with all identifiers."""
    person = UUID(bytes=world.person(number))
    sql = "SELECT key FROM identifiers WHERE profile_id = %s"
    keys = [row[0] for row in world.conn.execute(sql, (person,))]
    world.people.pop(number, None)
    return erase(world.conn, world.workspace, world.salt, keys, number=number)


def withdraw(engine: Engine) -> None:
    """Plan and send what must go at once, as the engine looks for it."""
    conn, meta = engine.world.conn, engine.world.meta
    purposes = {meta.name: meta.purpose}
    found = withdrawals.touched(conn, "0", purposes)
    found += [one for one in withdrawals.outstanding(conn, purposes, 0.0) if one not in found]
    for one in found:
        planning.plan_withdrawal(conn, one.audience_id, one.people, meta, 0, engine.now)
    while engine.delivery.advance(engine.world.audience, None) is not None:
        pass


def look(world: World, *, held: bool = False) -> None:
    """Look at all erasures once everything has ended that was under way in the whole cluster.

    Args:
        world: whose.
        held: a transaction of the test keeps it from that.
    """
    progress.begin(world.conn, 100)
    deadline = time.monotonic() + 60
    lists.confirm_platforms(world.conn, PARAMS)
    while not held and not all(world.column("SELECT discovered FROM erasure_progress")):
        assert time.monotonic() < deadline
        lists.confirm_platforms(world.conn, PARAMS)
    lists.forget_sent(world.conn, PARAMS, lambda: None)


def recipients(world: World) -> list[tuple[bool, bool, str]]:
    sql = "SELECT listed, confirmed_at IS NOT NULL, outcome FROM erasure_recipients"
    return world.conn.execute(sql).fetchall()


def steps(world: World) -> set[str]:
    (found,) = world.column("SELECT steps FROM erasures")
    return set(found)


def set_status(world: World, status: str) -> None:
    world.conn.execute("UPDATE audiences SET status = %s", (status,))


def set_state(world: World, number: int, state: RowState) -> None:
    for each in PATHS[state]:
        world.conn.execute(
            "UPDATE audience_members SET state = %s WHERE profile_id = %s",
            (each, UUID(bytes=world.person(number))),
        )


@pytest.mark.parametrize("state", PATHS)
@pytest.mark.parametrize("status", [AudienceStatus.ACTIVE, AudienceStatus.PAUSED])
@pytest.mark.parametrize("member", [True, False])
def test_an_erased_person_comes_off_in_every_state(
    status: AudienceStatus, state: RowState, member: bool, engine: Engine, server: Server
) -> None:
    world = engine.world
    for number in (1, 2):
        world.join(number)
    engine.push()
    if not member:
        world.leave(1)
        world.conn.execute("UPDATE audiences SET cursor_tx = pg_current_xact_id()::text::xid8")
    set_state(world, 1, state)
    set_status(world, status)
    forget(world, 1)
    look(world)
    assert recipients(world) == [(True, False, "")]
    withdraw(engine)
    look(world)
    assert recipients(world) == [(True, True, "removed")]
    assert server.only() == world.expected()
    assert steps(world) == {"platforms", "sent"}


def test_a_removal_that_was_taken_in_is_waited_for(engine: Engine) -> None:
    world = engine.world
    world.join(1)
    engine.push()
    set_state(world, 1, RowState.REMOVING)
    world.conn.execute("UPDATE audience_members SET state = 'leaving'")
    forget(world, 1)
    withdraw(engine)
    look(world)
    assert recipients(world) == [(True, False, "")]
    world.conn.execute("UPDATE audience_members SET state = 'removing'")
    withdraw(engine)
    look(world)
    assert recipients(world) == [(True, True, "removed")]


def test_a_push_under_way_drops_them(engine: Engine, server: Server) -> None:
    world = engine.world
    for number in (1, 2):
        world.join(number)
    engine.plan()
    forget(world, 1)
    engine.drain()
    assert server.only() == world.expected()
    look(world)
    assert recipients(world) == [(True, False, "")]
    withdraw(engine)
    look(world)
    assert recipients(world) == [(True, True, "removed")]
    assert server.only() == world.expected()


def test_a_removal_that_fails_is_tried_again_until_it_is_confirmed(
    engine: Engine, server: Server
) -> None:
    world = engine.world
    world.join(1)
    world.join(2)
    engine.push()
    forget(world, 1)
    send, engine.transport = engine.transport, lambda _: REFUSED
    engine.restart()
    for _ in range(3):
        withdraw(engine)
        look(world)
        assert recipients(world) == [(True, False, "")]
        assert steps(world) == set()
    engine.transport = send
    engine.restart()
    engine.now += timedelta(hours=1)
    withdraw(engine)
    look(world)
    assert recipients(world) == [(True, True, "removed")]
    assert server.only() == world.expected()


def test_an_earlier_row_whose_removal_was_not_done_goes_as_well(
    engine: Engine, server: Server
) -> None:
    world = engine.world
    for number in (1, 2):
        world.join(number)
    engine.push()
    old, other = world.people[1], world.people[2]
    for number in (1, 2):
        world.join(number, f"new{number}@example.com")
    push = engine.plan()
    _undo(world, push)
    assert world.column("SELECT status FROM push_requests WHERE operation = 'remove'") == ["undone"]
    world.conn.execute("DELETE FROM audience_members WHERE row = %s", (Jsonb(world.people[1]),))
    set_status(world, AudienceStatus.PAUSED)
    forget(world, 1)
    look(world)
    assert recipients(world) == [(False, False, "")]
    withdraw(engine)
    look(world)
    assert recipients(world) == [(False, True, "left_before")]
    assert old not in server.only()
    assert other in server.only()
    (rows,) = world.column("SELECT rows FROM push_requests WHERE status = 'undone'")
    assert [row for _, row in rows] == [list(other)]
    pushes = world.pushes()
    withdraw(engine)
    assert world.pushes() == pushes


def _undo(world: World, push: int | None) -> None:
    """The removals of a push are not done, and the rows are the new ones by now."""
    world.conn.execute("UPDATE push_requests SET status = 'abandoned' WHERE push_id = %s", (push,))
    world.conn.execute(
        "UPDATE push_requests SET status = 'undone' WHERE push_id = %s AND operation = 'remove'",
        (push,),
    )
    world.conn.execute("UPDATE pushes SET status = 'cancelled' WHERE id = %s", (push,))
    for row in world.people.values():
        world.conn.execute(
            "UPDATE audience_members SET row = %s, state = 'adding' WHERE profile_id = %s::uuid",
            (Jsonb(row), row[0]),
        )


def test_somebody_new_with_the_same_id_is_sent_once_the_list_has_forgotten(
    engine: Engine, server: Server
) -> None:
    world = engine.world
    world.join(1)
    world.join(2)
    engine.push()
    forget(world, 1)
    world.join(1)
    engine.push()
    assert world.people[1] not in server.only()
    for _ in range(2):
        withdraw(engine)
        look(world)
    assert recipients(world) == [(True, True, "removed")]
    assert world.people[1] not in server.only()
    engine.push()
    assert server.only() == world.expected()
    person = UUID(bytes=world.person(1))
    told = world.conn.execute(
        "SELECT delta, cause FROM changes WHERE profile_id = %s ORDER BY tx, id", (person,)
    ).fetchall()
    assert told[0] == (1, "event")
    assert set(told[1:]) == {(0, "erasure")}


def test_a_deleted_list_has_forgotten(engine: Engine) -> None:
    world = engine.world
    world.join(1)
    engine.push()
    set_status(world, AudienceStatus.DELETING)
    forget(world, 1)
    withdraw(engine)
    look(world)
    assert recipients(world) == [(True, False, "")]
    planning.plan_deletion(world.conn, world.audience, 0, engine.now)
    withdraw(engine)
    look(world)
    assert recipients(world) == [(True, True, "list_deleted")]


def test_a_list_that_they_left_before_is_named_at_once(engine: Engine) -> None:
    world = engine.world
    world.join(1)
    engine.push()
    world.leave(1)
    engine.push()
    forget(world, 1)
    look(world)
    assert recipients(world) == [(False, True, "left_before")]


def test_what_was_sent_of_them_is_forgotten_and_nothing_else(engine: Engine) -> None:
    world = engine.world
    for number in (1, 2):
        world.join(number)
    engine.push()
    forget(world, 1)
    withdraw(engine)
    look(world)
    look(world)
    rows = [pair for rows in world.column("SELECT rows FROM push_requests") for pair in rows]
    assert [row for _, row in rows] == [list(world.people[2])]
    assert world.column("SELECT DISTINCT profile_id FROM changes") == [UUID(bytes=world.person(2))]
    (found,) = world.column("SELECT steps->'sent' FROM erasures")
    assert (found["rows"], found["changes"]) == (2, 2)
    assert world.column("SELECT sent FROM pushes ORDER BY id") == [2, 1]


def test_a_given_up_request_waits_for_whoever_works_on_its_audience(
    engine: Engine, postgres_dsn: str
) -> None:
    world = engine.world
    world.join(1)
    engine.push()
    world.leave(1)
    engine.push()
    world.conn.execute("ALTER TABLE push_requests DISABLE TRIGGER transitions")
    world.conn.execute("UPDATE push_requests SET status = 'abandoned' WHERE operation = 'add'")
    forget(world, 1)
    with (
        psycopg.connect(postgres_dsn, autocommit=True) as other,
        locks.held(other, locks.AUDIENCE, world.audience),
    ):
        look(world)
        assert steps(world) == {"platforms"}
    look(world)
    assert steps(world) == {"platforms", "sent"}
    assert not [rows for rows in world.column("SELECT rows FROM push_requests") if rows]


def test_a_plan_that_began_before_is_waited_for(
    engine: Engine, meta: Meta, postgres_dsn: str, server: Server
) -> None:
    world = engine.world
    world.join(1)
    world.join(2)
    with (
        psycopg.connect(postgres_dsn, autocommit=True) as other,
        due.planning_transaction(other, world.audience) as opened,
    ):
        planned = planning.plan_push(other, opened, "manual", meta, engine.now)
        assert planned is not None
        planned.record(0)
        forget(world, 1)
        look(world, held=True)
        assert (recipients(world), steps(world)) == ([], set())
    look(world)
    assert recipients(world) == [(True, False, "")]
    engine.drain()
    withdraw(engine)
    look(world)
    assert recipients(world) == [(True, True, "removed")]
    assert server.only() == world.expected()


def test_a_platform_that_is_away_keeps_the_erasure_open(
    engine: Engine, http: Callable[[Request], Response]
) -> None:
    world = engine.world
    world.join(1)
    engine.push()
    set_status(world, AudienceStatus.PAUSED)
    forget(world, 1)
    for _ in range(3):
        look(world)
    assert steps(world) == set()
    assert progress.outstanding(world.conn)[0] == 1
    assert http is engine.transport
    withdraw(engine)
    look(world)
    assert steps(world) == {"platforms", "sent"}
