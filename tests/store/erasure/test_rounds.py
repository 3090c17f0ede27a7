"""An erasure is finished once, whatever dies and however many processes look."""

from threading import Thread
from typing import Any

import psycopg
import pytest

from dataflows.erasure.rounds import Rounds
from domain.privacy.erasure import Step
from tests.store.conftest import Engine
from tests.store.erasure.conftest import Desk

NOW = 1_790_000_000_000


def test_an_erasure_of_somebody_who_is_nowhere_else_is_completed(
    desk: Desk, engine: Engine
) -> None:
    engine.feed(engine.track("mary", "Visited", NOW))
    erased = desk.erase(("user_id", "mary"))
    desk.complete()
    assert set(desk.steps(erased)) == set(Step)
    assert desk.one("SELECT completed_at IS NOT NULL FROM erasures")
    assert desk.one("SELECT completed_at IS NOT NULL FROM privacy_requests")
    assert desk.actions() == ["erasure.processed", "erasure.completed"]
    ended = "FROM audit WHERE action = 'erasure.completed'"
    assert desk.one(f"SELECT subject {ended}") == f"erasure:{erased.command}"
    detail = desk.one(f"SELECT detail {ended}")
    assert detail["identifiers"] == 1
    assert set(detail["steps"]) == set(Step)
    assert "mary" not in str(detail)
    assert desk.one("SELECT count(*) FROM erasure_progress") == 0


def test_many_are_finished_in_the_same_rounds(desk: Desk, engine: Engine) -> None:
    users = [f"user-{number}" for number in range(450)]
    engine.feed(*(engine.track(user, "Visited", NOW) for user in users))
    for user in users:
        desk.erase(("user_id", user))
    desk.complete()
    assert desk.actions().count("erasure.completed") == 450


def test_several_processes_finish_everything_once(
    desk: Desk, engine: Engine, other_rounds: Rounds
) -> None:
    users = [f"user-{number}" for number in range(60)]
    engine.feed(*(engine.track(user, "Visited", NOW) for user in users))
    for user in users:
        desk.erase(("user_id", user))

    def run(rounds: Rounds) -> None:
        while open_ones():
            rounds.run_once()
            desk.clock[0] += 100.0

    def open_ones() -> int:
        with psycopg.connect(desk.settings.postgres.dsn.get_secret_value()) as conn:
            row = conn.execute(
                "SELECT count(*) FROM erasures WHERE completed_at IS NULL"
            ).fetchone()
        return int(row[0]) if row else 0

    threads = [Thread(target=run, args=(each,)) for each in (desk.rounds, other_rounds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert desk.actions().count("erasure.processed") == 60
    assert desk.actions().count("erasure.completed") == 60


class CrashError(BaseException):
    """The process dies here."""


class Dying:
    """Makes a connection die at one of its statements.

    Attributes:
        left: statements until then; negative once it died.
    """

    def __init__(self, conn: psycopg.Connection[Any], at: int) -> None:
        self.left = at
        dying = self

        class Cursor(psycopg.Cursor[Any]):
            def execute(self, *args: Any, **kwargs: Any) -> Any:
                dying.left -= 1
                if dying.left < 0:
                    raise CrashError
                return super().execute(*args, **kwargs)

        conn.cursor_factory = Cursor


@pytest.mark.long
def test_a_process_that_dies_between_any_two_statements_is_replaced(
    desk: Desk, engine: Engine
) -> None:
    dsn = desk.settings.postgres.dsn.get_secret_value()
    at, survived = 0, False
    while not survived:
        user, other = f"user-{at}", f"other-{at}"
        device = {"context": {"device": {"advertisingId": f"device-number-{at}"}}}
        engine.feed(engine.event("page", user, NOW, name="Home", **device))
        engine.feed(engine.event("page", other, NOW + 1, name="Home", **device))
        desk.erase(("user_id", user), ("device_id", f"device-number-{at}"))
        with psycopg.connect(dsn, autocommit=True) as conn:
            dying = Dying(conn, at)
            rounds = Rounds(
                desk.settings, conn, desk.rounds._engine, desk.client, lambda: desk.clock[0]
            )
            try:
                for _ in range(3):
                    rounds.run_once()
                    desk.clock[0] += 100.0
                survived = dying.left >= 0
            except CrashError:
                survived = False
        desk.complete()
        at += 1
    assert at > 20
    assert desk.actions().count("erasure.processed") == at
    assert desk.actions().count("erasure.completed") == at
    details = desk.column("SELECT detail FROM audit WHERE action = 'erasure.completed'")
    assert {detail["steps"]["neighbours"]["events"] for detail in details} == {1}
