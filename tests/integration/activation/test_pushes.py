"""Pushes against a real Postgres and a real sandbox: equality, crashes at every step, withdrawals,
merges, deletions."""

from datetime import timedelta

import psycopg
import pytest

from local.platforms.faults import Fault
from sinks.activation import planning, preview
from sinks.ads.meta.codec import Meta
from sinks.http.client import HttpRunner
from store.activation import concerned, due, pushes, withdrawals
from tests.conftest import TestWorkspace
from tests.integration.activation.world import CrashError, Dying, Engine, Server, World, new_world


def test_first_push_makes_the_list_equal_to_the_members(
    world: World, engine: Engine, server: Server
) -> None:
    for number in range(7):
        world.join(number)

    engine.push()

    assert server.only() == world.expected()
    assert world.pushes() == [("manual", "done")]
    assert dict(server.sandbox.requests) == {"find": 1, "create": 1, "add": 3, "read": 1}


def test_next_push_sends_the_net_change_only(world: World, engine: Engine, server: Server) -> None:
    for number in range(6):
        world.join(number)
    engine.push()
    server.sandbox.requests.clear()

    world.leave(0)
    world.join(9)
    world.leave(1)
    world.join(1)
    engine.push()

    assert server.only() == world.expected()
    row = world.conn.execute(
        "SELECT adds, removes, sent FROM pushes ORDER BY id DESC LIMIT 1"
    ).fetchone()
    assert row == (1, 1, 2)
    assert dict(server.sandbox.requests) == {"remove": 1, "add": 1, "read": 1}


def test_push_without_changes_sends_nothing(world: World, engine: Engine, server: Server) -> None:
    world.join(1)
    engine.push()
    server.sandbox.requests.clear()

    engine.push()

    assert dict(server.sandbox.requests) == {}
    assert world.pushes() == [("manual", "done")] * 2


def test_member_without_consent_is_not_sent_and_counted(
    world: World, engine: Engine, server: Server
) -> None:
    world.join(1)
    world.join(2)
    world._store(2, consents=False)

    engine.push()

    assert server.only() == {world.people[1]}
    assert world.conn.execute("SELECT skipped FROM pushes").fetchone() == ({"no_consent": 1},)


def test_member_with_nothing_to_match_on_is_counted(
    world: World, engine: Engine, server: Server
) -> None:
    world.join(1)
    world.join(2)
    world.conn.execute("DELETE FROM identifiers WHERE value = 'person2@example.com'")

    engine.push()

    assert server.only() == {world.people[1]}
    assert world.conn.execute("SELECT skipped FROM pushes").fetchone() == ({"no_identifier": 1},)


def test_member_whose_email_changes_is_listed_with_the_new_one_only(
    world: World, engine: Engine, server: Server
) -> None:
    world.join(1)
    engine.push()

    world.join(1, "new@example.com")
    engine.push()

    assert server.only() == world.expected()


def test_merge_removes_the_loser_and_updates_the_survivor(
    world: World, engine: Engine, server: Server
) -> None:
    world.join(1, "z@example.com")
    world.join(2, "a@example.com")
    engine.push()

    world.absorb(1, 2)
    engine.push()

    assert server.only() == world.expected()
    assert len(server.only()) == 1


def test_merge_that_keeps_the_survivors_row_keeps_it_on_the_list(
    world: World, engine: Engine, server: Server
) -> None:
    world.join(1, "a@example.com")
    world.join(2, "z@example.com")
    engine.push()

    world.absorb(1, 2)
    engine.push()

    assert server.only() == world.expected()


def first_step(world: World) -> None:
    for number in range(5):
        world.join(number)


def second_step(world: World) -> None:
    """Every kind of change."""
    world.leave(0)
    world.join(1, "changed@example.com")
    world.join(7)
    world.absorb(2, 3)


@pytest.mark.parametrize("applied", [False, True])
def test_crash_at_any_exchange_resumes_without_loss(
    applied: bool,
    postgres_dsn: str,
    workspace: TestWorkspace,
    meta: Meta,
    server: Server,
    http: HttpRunner,
) -> None:
    with psycopg.connect(postgres_dsn, autocommit=True) as conn:
        for at in range(1, 12):
            world = new_world(conn, workspace, meta, f"{at}-")
            dying = Dying(http, at, applied)
            engine = Engine(world, dying)
            for step in (first_step, second_step):
                step(world)
                try:
                    engine.push()
                except CrashError:
                    engine.transport = http
                    engine.restart()
                    engine.drain()

            assert server.of(world) == world.expected()
            assert {status for _, status in world.pushes()} == {"done"}
            assert len(server.lists()) == at
        assert dying.seen < dying.at, "the last crash point lies beyond the last exchange"


@pytest.mark.parametrize(
    "kind", ["error_500", "throttle", "reset_before", "reset_after", "html", "timeout"]
)
def test_fault_is_retried_until_the_lists_are_equal(
    kind: str,
    postgres_dsn: str,
    workspace: TestWorkspace,
    meta: Meta,
    server: Server,
    http: HttpRunner,
) -> None:
    operations: tuple[str, ...] = ("find", "create", "add", "remove")
    with psycopg.connect(postgres_dsn, autocommit=True) as conn:
        for count, operation in enumerate(operations, 1):
            world = new_world(conn, workspace, meta, f"{operation}-")
            times = 1 if (operation, kind) == ("create", "reset_after") else 2
            server.sandbox.faults.queue.append(
                Fault(kind=kind, operation=operation, times=times, seconds=0.01)
            )
            engine = Engine(world, http)
            for step in (first_step, second_step):
                step(world)
                engine.push()

            assert server.sandbox.faults.queue == []
            assert server.of(world) == world.expected()
            assert len(server.lists()) == count


def test_audience_is_created_once_although_the_answer_was_lost(
    world: World, engine: Engine, server: Server
) -> None:
    world.join(1)
    server.sandbox.faults.queue.append(Fault(kind="reset_after", operation="create"))

    engine.push()

    assert len(server.lists()) == 1
    assert server.only() == world.expected()


def test_existing_audience_of_the_same_name_is_not_taken_over(
    world: World, engine: Engine, server: Server
) -> None:
    for number in range(30):
        server.sandbox.ledger.create("111", "Reachable", f"somebody else's {number}", 0)
    world.join(1)

    engine.push()

    assert len(server.lists()) == 31
    assert server.lists()[-1] == world.expected()


def test_expired_token_fails_the_push_and_the_next_one_repairs_it(
    world: World, engine: Engine, server: Server
) -> None:
    world.join(1)
    engine.push()
    world.join(1, "new@example.com")
    world.join(2)
    server.sandbox.faults.queue.append(Fault(kind="expired_token", operation="add"))

    attempts = engine.push()

    assert attempts[-1].outcome == "rejected"
    (error,) = world.column("SELECT error FROM pushes WHERE id = 2")
    assert error.startswith("reauth (190/463) Connect Meta again")
    engine.push()
    assert server.only() == world.expected()


def test_push_is_given_up_after_its_attempts_and_the_next_one_repairs_it(
    world: World, engine: Engine, server: Server
) -> None:
    for number in range(5):
        world.join(number)
    server.sandbox.faults.queue.append(Fault(kind="reset_after", operation="add", times=4))

    attempts = engine.push()

    assert [attempt.outcome for attempt in attempts] == [
        "delivered",
        "retry",
        "retry",
        "retry",
        "rejected",
    ]
    world.leave(0)
    engine.push()
    assert server.only() == world.expected()


def test_request_is_in_the_audit_before_it_leaves(
    world: World, engine: Engine, http: HttpRunner
) -> None:
    world.join(1)
    engine.transport = Dying(http, 1, applied=False)
    engine.restart()
    engine.plan()

    with pytest.raises(CrashError):
        engine.advance()

    rows = world.conn.execute(
        "SELECT actor, action, subject, detail FROM audit WHERE actor <> 'stratum'"
    ).fetchall()
    detail = {
        "seq": 0,
        "kind": "manual",
        "push": 1,
        "rows": 0,
        "attempt": 1,
        "platform": "meta",
        "operation": "create",
    }
    assert rows == [("engine", "request", f"audience:{world.audience}", detail)]


def test_withdrawal_is_removed_by_a_push_of_its_own(
    world: World, engine: Engine, server: Server
) -> None:
    world.join(1)
    world.join(2)
    engine.push()
    world.join(3)
    world.withdraw(1)

    assert engine.withdraw() == 1
    engine.drain()

    assert server.only() == {world.people[2]}
    assert world.pushes() == [("manual", "done"), ("urgent", "done")]
    engine.push()
    assert server.only() == world.expected()


def test_withdrawal_overtakes_a_push_under_way_and_is_not_added_again(
    world: World, engine: Engine, server: Server
) -> None:
    world.join(0)
    engine.push()
    for number in range(1, 6):
        world.join(number)
    engine.plan()
    world.withdraw(0)
    world.withdraw(5)

    assert engine.withdraw() == 2
    attempts = engine.drain()

    assert attempts[0].kind == "urgent"
    assert server.only() == world.expected()
    assert world.conn.execute("SELECT skipped FROM pushes WHERE id = 2").fetchone() == (
        {"no_consent": 1},
    )


def test_addition_whose_answer_was_lost_is_not_repeated_after_a_withdrawal(
    world: World, engine: Engine, server: Server
) -> None:
    world.join(1)
    server.sandbox.faults.queue.append(Fault(kind="reset_after", operation="add"))
    engine.plan()
    engine.advance()
    assert engine.sent().outcome == "retry"
    world.withdraw(1)

    engine.withdraw()
    engine.drain()

    assert server.only() == set()


def test_merge_with_somebody_who_refused_withdraws_both(
    world: World, engine: Engine, server: Server
) -> None:
    world.join(1)
    world.join(2)
    engine.push()
    world.absorb(1, 2)
    world._store(1, consents=False)

    assert engine.withdraw() == 2
    engine.drain()

    assert server.only() == set()


def test_withdrawal_is_never_given_up(world: World, engine: Engine, server: Server) -> None:
    world.join(1)
    engine.push()
    world.withdraw(1)
    server.sandbox.faults.queue.append(Fault(kind="error_500", operation="remove", times=12))

    engine.withdraw()
    attempts = engine.drain()

    assert [attempt.outcome for attempt in attempts] == ["retry"] * 12 + ["delivered"]
    assert server.only() == set()


def test_rejected_withdrawal_is_outstanding_until_it_succeeds(
    world: World, engine: Engine, server: Server
) -> None:
    world.join(1)
    world.join(2)
    engine.push()
    world.withdraw(1)
    server.sandbox.faults.queue.append(Fault(kind="expired_token", operation="remove"))
    engine.withdraw()
    engine.drain()
    assert len(server.only()) == 2

    purposes = {"meta": "advertising"}
    assert withdrawals.outstanding(world.conn, purposes, 3600) == []
    (found,) = withdrawals.outstanding(world.conn, purposes, 0)
    planning.plan_withdrawal(world.conn, found.audience_id, found.people, world.meta, 0, engine.now)
    engine.drain()

    assert server.only() == world.expected()
    assert withdrawals.outstanding(world.conn, purposes, 0) == []


def test_held_push_is_planned_anew_and_nets_out(
    world: World, engine: Engine, server: Server
) -> None:
    for number in range(6):
        world.join(number)
    engine.plan()
    engine.advance()
    engine.advance()
    pushes.hold(world.conn, world.audience, engine.now)
    for number in range(4):
        world.leave(number)
    world.join(8)

    engine.push()

    assert server.only() == world.expected()
    assert [status for _, status in world.pushes()] == ["held", "done"]


def test_people_are_compared_page_by_page_and_removed_before_anybody_is_added(
    world: World, engine: Engine, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(concerned, "PAGE", 2)
    for number in range(11):
        world.join(number)
    engine.push()
    assert server.only() == world.expected()
    server.sandbox.requests.clear()
    for number in range(3):
        world.leave(number)
    for number in range(3, 6):
        world.join(number, f"other{number}@example.com")
    world.absorb(9, 10)
    world.join(11)
    world.conn.execute("UPDATE audiences SET cursor_tx = NULL")

    attempts = engine.push()

    assert server.only() == world.expected()
    assert [attempt.operation for attempt in attempts] == [
        "check",
        "remove",
        "remove",
        "remove",
        "add",
        "add",
    ]
    assert [attempt.seq for attempt in attempts] == [0, 1, 2, 3, 4, 5]
    assert sum(attempt.rows for attempt in attempts if attempt.operation == "add") == 5


def test_push_that_is_not_approved_leaves_nothing_behind(
    world: World, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(concerned, "PAGE", 2)
    for number in range(7):
        world.join(number)
    with due.planning_transaction(world.conn, world.audience) as opened:
        planned = planning.plan_push(world.conn, opened, "manual", world.meta, engine.now)
        assert planned is not None
        assert (planned.come, planned.go) == (7, 0)
        assert planned.record(None) is None
    assert (
        world.column("SELECT id FROM pushes") == world.column("SELECT seq FROM push_requests") == []
    )
    assert world.column("SELECT state FROM audience_members") == []
    assert world.column("SELECT cursor_tx FROM audiences") == [None]


def test_preview_of_many_people_is_scaled_from_some(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(concerned, "PAGE", 5)
    for number in range(60):
        world.join(number)
    world.conn.execute("DELETE FROM identifiers WHERE value LIKE 'person%5@example.com'")

    exact = preview.preview_push(world.conn, world.audience, world.meta)
    some = preview.preview_push(
        world.conn, world.audience, world.meta, exact_people=59, sample_people=30
    )

    assert exact is not None
    assert (
        exact.exact,
        exact.concerned,
        exact.examined,
        exact.adds,
        exact.come,
        exact.requests,
    ) == (True, 60, 60, 54, 54, 18)
    assert exact.skipped == {"no_identifier": 6}
    assert some is not None
    assert (some.exact, some.concerned, some.examined) == (False, 60, 30)
    assert some.adds + some.skipped.get("no_identifier", 0) == 60


def test_deleted_audience_is_gone_at_the_platform(
    world: World, engine: Engine, server: Server
) -> None:
    world.join(1)
    engine.push()
    world.join(2)
    engine.plan()
    world.conn.execute("UPDATE audiences SET status = 'deleting'")
    server.sandbox.faults.queue.append(Fault(kind="reset_after", operation="delete"))

    planning.plan_deletion(world.conn, world.audience, 0, engine.now)
    engine.drain()

    assert server.lists() == []
    assert world.conn.execute("SELECT status FROM audiences").fetchone() == ("deleted",)
    assert world.conn.execute("SELECT count(*) FROM audience_members").fetchone() == (0,)


def test_deletion_before_anything_was_created_asks_the_platform_and_ends(
    world: World, engine: Engine, server: Server
) -> None:
    world.conn.execute("UPDATE audiences SET status = 'deleting'")

    planning.plan_deletion(world.conn, world.audience, 0, engine.now)
    engine.drain()

    assert server.sandbox.requests == {"find": 1}
    assert world.conn.execute("SELECT status FROM audiences").fetchone() == ("deleted",)


def test_change_of_a_transaction_that_commits_late_is_not_overtaken(
    world: World, engine: Engine, server: Server, postgres_dsn: str
) -> None:
    world.join(1)
    engine.push()
    with psycopg.connect(postgres_dsn) as slow:
        first, world.conn = world.conn, slow
        world.join(2)
        world.conn = first
        world.join(3)
        engine.push()
        slow.commit()

    engine.push()

    assert server.only() == world.expected()


def test_deliveries_are_observed_as_a_signal(world: World, engine: Engine, server: Server) -> None:
    world.join(1)
    server.sandbox.faults.queue.append(Fault(kind="error_500", operation="add"))

    engine.push()

    rows = world.conn.execute(
        "SELECT metric, sum(value) FROM observations WHERE signal = 'platform:meta' GROUP BY 1"
    )
    counted = {metric: value for metric, value in rows if metric != "latency_ms"}
    assert counted == {"requests_ok": 2, "requests_retried": 1, "rows_sent": 1, "rows_rejected": 0}


def test_size_is_read_back_after_a_push(world: World, engine: Engine) -> None:
    world.join(1)

    engine.push()

    (readback,) = world.column("SELECT readback FROM pushes")
    assert readback == {
        "size_lower": 0,
        "size_upper": 100,
        "delivery_status": 300,
        "operation_status": 200,
    }


def test_destination_rests_behind_its_breaker_after_failures_in_a_row(
    world: World, engine: Engine, server: Server
) -> None:
    world.join(1)
    engine.push()
    world.withdraw(1)
    engine.withdraw()
    server.sandbox.faults.queue.append(Fault(kind="error_500", operation="remove", times=5))
    while server.sandbox.faults.queue:
        engine.advance()
        engine.now += timedelta(seconds=20) if server.sandbox.faults.queue else timedelta()

    engine.now += timedelta(seconds=14)
    assert engine.advance() is None
    engine.now += timedelta(seconds=1)
    assert engine.sent().outcome == "delivered"


@pytest.mark.parametrize("seconds", [3599, 3600])
def test_audience_is_due_again_after_its_interval(
    seconds: int, world: World, engine: Engine
) -> None:
    engine.push()

    found = due.work(world.conn, ["meta"], engine.now + timedelta(seconds=seconds), timedelta(0))

    assert [work.kind for work in found] == (["scheduled"] if seconds == 3600 else [])


def test_manual_trigger_makes_the_audience_due_at_once(world: World, engine: Engine) -> None:
    engine.push()
    world.conn.execute("UPDATE audiences SET requested_at = now()")

    found = due.work(world.conn, ["meta"], engine.now, timedelta(0))

    assert [work.kind for work in found] == ["manual"]


def test_failed_push_rests_before_the_next_one(
    world: World, engine: Engine, server: Server
) -> None:
    world.join(1)
    server.sandbox.faults.queue.append(Fault(kind="terms", operation="find"))
    engine.push()
    wait = timedelta(minutes=5)

    assert due.work(world.conn, ["meta"], engine.now, wait) == []
    assert [work.kind for work in due.work(world.conn, ["meta"], engine.now + wait, wait)] == [
        "scheduled"
    ]


def test_audience_has_one_writer_at_a_time(world: World, postgres_dsn: str) -> None:
    with (
        psycopg.connect(postgres_dsn, autocommit=True) as other,
        due.audience_lock(world.conn, world.audience) as first,
        due.audience_lock(other, world.audience) as second,
    ):
        assert (first, second) == (True, False)
