"""On-call hears of a request before it is overdue, and of one that no engine will ever see."""

from datetime import timedelta

from psycopg import sql

from tests.integration.alerts.world import World


def _ask(world: World, due: timedelta, *, sent: bool = True, kind: str = "erasure") -> int:
    """Enter a request that is due in some time; returns its id."""
    row = world.conn.execute(
        "INSERT INTO privacy_requests (workspace_id, kind, command, command_id, profile, keys,"
        " afterwards, reason, requested_by, audit_id, requested_at, sent_at, due_at)"
        " VALUES (%s, %s, gen_random_uuid(), 'id', gen_random_uuid(), '{}',"
        " 'new', 'case', 'key:1', 1, %s, %s, %s)"
        " RETURNING id",
        (
            world.workspace.id, kind, world.now, world.now if sent else None,
            world.now + due,
        ),
    ).fetchone()  # fmt: skip
    assert row
    return int(row[0])


def _set(world: World, request: int, column: str) -> None:
    world.conn.execute(
        sql.SQL("UPDATE privacy_requests SET {} = %s WHERE id = %s").format(sql.Identifier(column)),
        (world.now, request),
    )


def test_a_request_is_told_before_it_is_overdue_and_again_when_it_is(world: World) -> None:
    _ask(world, timedelta(days=30))
    request = _ask(world, timedelta(days=5, minutes=5))
    assert world.look(120) == []
    assert world.look(360) == [("opened", "privacy:due")]
    assert f"due soon and not completed: {request};" in world.kept.messages[0]["text"]
    world.now += timedelta(days=5)
    assert ("opened", "privacy:overdue") in world.look(120)
    assert f"are overdue: {request};" in world.kept.events[0]["payload"]["summary"]
    assert world.kept.events[0]["links"][0]["href"] == "https://cdp.example/dashboard/privacy"
    _set(world, request, "completed_at")
    assert ("resolved", "privacy:overdue") in world.look(300)


def test_a_request_that_the_log_never_took_is_told(world: World) -> None:
    request = _ask(world, timedelta(days=30), sent=False)
    assert world.look(540) == []
    assert world.look(180) == [("opened", "privacy:not_sent")]
    _set(world, request, "sent_at")
    assert world.look(300) == [("resolved", "privacy:not_sent")]


def test_an_erasure_that_is_processed_is_in_the_log_whatever_the_register_says(
    world: World,
) -> None:
    request = _ask(world, timedelta(days=30), sent=False)
    world.conn.execute(
        "INSERT INTO erasures (command, workspace_id, keys, people, joined, neighbours, until_ms,"
        " identifiers, events, links, merges, memberships, processed_at)"
        " SELECT command, workspace_id, '{}', '{}', '{}', '{}', 0, 0, 0, 0, 0, 0, now()"
        " FROM privacy_requests WHERE id = %s",
        (request,),
    )
    assert world.look(1_200) == []


def test_an_archive_that_failed_is_told(world: World) -> None:
    request = _ask(world, timedelta(days=30), sent=False, kind="access")
    world.conn.execute(
        "INSERT INTO access_archives (request, workspace_id, keys, status, reason)"
        " VALUES (%s, %s, '{}', 'failed', 'disk')",
        (request, world.workspace.id),
    )
    assert world.look(120) == [("opened", "privacy:failed")]
    world.conn.execute("UPDATE access_archives SET status = 'requested'")
    assert world.look(120) == [("resolved", "privacy:failed")]


def test_access_takes_no_place_in_the_log(world: World) -> None:
    _ask(world, timedelta(days=30), sent=False, kind="access")
    assert world.look(1_200) == []


def test_many_requests_are_one_alert_that_names_the_first(world: World) -> None:
    requests = [_ask(world, timedelta(days=number)) for number in range(-7, 5)]
    told = world.look(120)
    assert {key for _, key in told} == {"privacy:overdue", "privacy:due"}
    (event,) = world.kept.events
    named = ", ".join(map(str, requests[:5]))
    assert f"are overdue: {named} and 2 more; earliest due date" in event["payload"]["summary"]


def test_retention_that_nobody_enforces_is_told(world: World) -> None:
    world.conn.execute(
        "INSERT INTO retention_policies VALUES (%s, 'dead_letters', 86400, '', 'key:1', %s),"
        " (%s, 'archives', 86400, '', 'key:1', %s)",
        (world.workspace.id, world.now, world.workspace.id, world.now),
    )
    assert world.look(120) == []
    world.now += timedelta(days=2)
    assert world.look(300) == [("opened", "privacy:retention")]
    assert "does not go: dead_letters" in world.kept.messages[0]["text"]
    world.conn.execute(
        "INSERT INTO retention_runs (workspace_id, class, started_at, horizon_at, moved_at)"
        " VALUES (%(workspace)s, 'dead_letters', %(at)s, %(at)s, %(at)s)",
        {"workspace": world.workspace.id, "at": world.now},
    )
    assert world.look(300) == [("resolved", "privacy:retention")]
    world.now += timedelta(days=2)
    assert world.look(300) == [("opened", "privacy:retention")], "it does not come to its end"
