"""Every platform through a real Postgres and its sandbox: its list equals the segment's consenting
members, whatever happens."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import psycopg
import pytest

from config.settings import Settings
from domain.activation.platforms import PLATFORM_NAMES
from sinks.activation import planning
from sinks.http.client import HttpParams, HttpRunner
from store.activation import withdrawals
from tests.conftest import TestWorkspace
from tests.integration.activation.places import Place, listening, values, wiring
from tests.integration.activation.world import Engine, World, new_world

GRANTED = ("google", "snapchat")


@dataclass
class Synced:
    """One platform, one audience on it, and what drives it."""

    place: Place
    world: World
    engine: Engine

    def equal(self) -> bool:
        return self.place.only() == values(self.world.people.values())

    def settle(self) -> None:
        """Let time pass until every result is known, and whatever was not done is planned and sent
        again."""
        for _ in range(6):
            self.engine.now += timedelta(hours=1)
            self.engine.confirm()
            self.engine.drain()

    def states(self) -> set[str]:
        return set(self.world.column("SELECT DISTINCT state FROM audience_members"))


@pytest.fixture
def http() -> Iterator[HttpRunner]:
    with HttpRunner(HttpParams(timeout=timedelta(seconds=20))) as runner:
        yield runner


@pytest.fixture
def synced(
    name: str, postgres_dsn: str, workspace: TestWorkspace, http: HttpRunner
) -> Iterator[Synced]:
    with listening(name) as place, psycopg.connect(postgres_dsn, autocommit=True) as conn:
        settings = Settings.model_validate({name: place.settings})
        world = new_world(conn, workspace, settings.platforms[name].codec, account=place.account)
        yield Synced(
            place,
            world,
            Engine(world, http, wire=lambda transport: wiring(settings)(transport)[name]),
        )


everywhere = pytest.mark.parametrize("name", PLATFORM_NAMES)


def at(name: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("name", [name])


@everywhere
def test_list_follows_the_segment(synced: Synced) -> None:
    world, engine = synced.world, synced.engine
    for number in range(7):
        world.join(number)
    engine.push()
    assert synced.equal()
    assert synced.place.writes == 3
    world.leave(0)
    world.join(9)
    world.join(3, "changed@example.com")
    engine.push()
    assert synced.equal()
    world.withdraw(1)
    assert engine.withdraw() == 1
    engine.drain()
    assert synced.equal()
    synced.settle()
    assert synced.states() == {"present"}
    assert set(world.pushes()) == {("manual", "done"), ("urgent", "done")}
    assert len(synced.place.lists()) == 1

    world.conn.execute("UPDATE audiences SET status = 'deleting'")
    planning.plan_deletion(world.conn, world.audience, 0, engine.now)
    engine.drain()

    assert synced.place.lists() == {}


@everywhere
def test_changed_email_goes_and_the_new_one_comes(synced: Synced) -> None:
    synced.world.join(1)
    synced.world.join(2)
    synced.engine.push()
    before = synced.place.only()

    synced.world.join(1, "new@example.com")
    synced.engine.push()

    after = synced.place.only()
    assert synced.equal()
    assert len(before - after) == 1
    assert len(after - before) == 1


@everywhere
def test_push_without_changes_sends_nothing(synced: Synced) -> None:
    synced.world.join(1)
    synced.engine.push()
    before = dict(synced.place.sandbox.requests)

    synced.engine.push()

    assert dict(synced.place.sandbox.requests) == before


@everywhere
def test_audience_deleted_behind_our_back_is_made_again_and_filled(synced: Synced) -> None:
    for number in range(5):
        synced.world.join(number)
    synced.engine.push()
    (first,) = synced.place.lists()
    synced.place.lose(first)
    synced.world.leave(0)

    synced.engine.push()
    assert synced.world.column("SELECT status FROM pushes ORDER BY id DESC LIMIT 1") == ["failed"]
    assert synced.world.column("SELECT requested_by FROM audiences") == ["engine"]
    synced.engine.push()

    (second,) = synced.place.lists()
    assert second != first
    assert synced.equal()


@everywhere
def test_loss_is_found_though_nothing_changed_when_everything_is_compared(synced: Synced) -> None:
    for number in range(3):
        synced.world.join(number)
    synced.engine.push()
    (first,) = synced.place.lists()
    synced.place.lose(first)

    synced.engine.push()
    assert synced.place.lists() == {}
    synced.world.conn.execute("UPDATE audiences SET cursor_tx = NULL")
    synced.engine.push()
    synced.engine.push()

    assert synced.equal()


@pytest.mark.parametrize("name", GRANTED)
def test_refused_grant_asks_for_a_person_and_the_next_push_repairs_it(synced: Synced) -> None:
    synced.world.join(1)
    synced.place.fault("revoked_grant", "token", times=1)

    synced.engine.push()

    (error,) = synced.world.column("SELECT error FROM pushes")
    assert error.startswith("reauth")
    synced.engine.push()
    assert synced.equal()


@pytest.mark.parametrize("name", GRANTED)
def test_expired_token_is_renewed_without_a_retry(synced: Synced) -> None:
    synced.world.join(1)
    synced.engine.push()
    synced.world.join(2)
    synced.place.fault("expired_token", "add")

    attempts = synced.engine.push()

    assert [attempt.outcome for attempt in attempts] == ["delivered"]
    assert synced.equal()


@at("google")
def test_write_is_confirmed_only_once_google_says_so(synced: Synced) -> None:
    for number in range(3):
        synced.world.join(number)
    synced.engine.push()
    assert synced.states() == {"accepted"}
    assert synced.world.pushes() == [("manual", "processing")]
    assert synced.engine.confirm() == []

    synced.engine.now += timedelta(minutes=31)
    assert [attempt.reason for attempt in synced.engine.confirm()] == ["busy"]
    synced.engine.restart()
    synced.engine.now += timedelta(minutes=31)
    synced.engine.confirm()

    assert synced.states() == {"present"}
    assert synced.world.pushes() == [("manual", "done")]


@at("google")
def test_additions_that_google_did_not_do_are_sent_again(synced: Synced) -> None:
    for number in range(3):
        synced.world.join(number)
    synced.place.fault("failed", "add")
    synced.engine.push()
    assert synced.place.only() == set()
    synced.settle()
    assert synced.states() == {"adding"}
    assert synced.world.pushes() == [("manual", "failed")]

    synced.engine.push()
    synced.settle()

    assert synced.equal()
    assert synced.states() == {"present"}


@at("google")
def test_partial_result_is_counted(synced: Synced) -> None:
    for number in range(3):
        synced.world.join(number)
    synced.place.fault("partial", "add")

    synced.engine.push()
    synced.settle()

    assert synced.world.conn.execute("SELECT status, sent, rejected FROM pushes").fetchone() == (
        "done",
        3,
        1,
    )


@at("google")
def test_removal_that_google_did_not_do_is_outstanding_and_done_again(synced: Synced) -> None:
    synced.world.join(1)
    synced.world.join(2)
    synced.engine.push()
    synced.settle()
    synced.world.withdraw(1)
    synced.place.fault("failed", "remove")
    synced.engine.withdraw()
    synced.engine.drain()
    assert synced.states() == {"present", "leaving"}
    assert withdrawals.outstanding(synced.world.conn, {"google": "advertising"}, 0) == []
    synced.settle()

    # The engine's clock is ahead of Postgres.
    (found,) = withdrawals.outstanding(synced.world.conn, {"google": "advertising"}, -86_400)
    planning.plan_withdrawal(
        synced.world.conn, found.audience_id, found.people, synced.world.meta, 0, synced.engine.now
    )
    synced.engine.drain()
    assert synced.equal()
    synced.settle()

    assert synced.states() == {"present"}
    assert withdrawals.outstanding(synced.world.conn, {"google": "advertising"}, 0) == []


@at("google")
def test_old_row_that_google_did_not_remove_is_removed_although_the_person_has_a_new_one(
    synced: Synced,
) -> None:
    synced.world.join(1)
    synced.engine.push()
    synced.settle()
    synced.world.join(1, "new@example.com")
    synced.place.fault("failed", "remove")
    synced.engine.push()
    assert len(synced.place.only()) == 2
    synced.settle()
    assert synced.world.column("SELECT status FROM push_requests WHERE operation = 'remove'") == [
        "undone"
    ]

    synced.engine.push()
    synced.settle()

    assert synced.equal()
    assert "undone" not in synced.world.column("SELECT status FROM push_requests")


@at("google")
def test_row_that_google_objects_to_is_left_out_with_the_reason_and_the_rest_is_sent(
    synced: Synced,
) -> None:
    for number in range(7):
        synced.world.join(number)
    synced.place.fault("bad_row", "add", times=2)

    attempts = synced.engine.push()

    assert [attempt.reason for attempt in attempts].count("rows_refused") == 2
    assert synced.world.column("SELECT skipped FROM pushes") == [
        {"refused:invalid_sha256_format": 2}
    ]
    assert len(synced.place.only()) == 5
    refused = synced.world.column("SELECT count(*) FROM audience_members WHERE state = 'refused'")
    assert refused == [2]
    writes = synced.place.writes
    synced.engine.push()
    assert synced.place.writes == writes, "a refused row is not sent again as it is"
    for number in range(7):
        synced.world.join(number, f"other{number}@example.com")
    synced.engine.push()
    assert synced.equal()


@at("google")
def test_objections_end_when_no_row_is_left(synced: Synced) -> None:
    for number in range(3):
        synced.world.join(number)
    synced.place.fault("bad_row", "add", times=3)

    attempts = synced.engine.push()

    assert [attempt.outcome for attempt in attempts] == [
        "delivered",
        "retry",
        "retry",
        "retry",
        "delivered",
    ]
    assert synced.place.only() == set()


@at("tiktok")
def test_audience_under_update_is_waited_for(synced: Synced) -> None:
    synced.world.join(1)
    synced.engine.push()
    synced.world.join(2)
    synced.place.fault("updating", "add", times=2)

    attempts = synced.engine.push()

    assert [attempt.reason for attempt in attempts] == ["busy", "busy", ""]
    assert synced.equal()
    assert len(synced.place.lists()) == 1


@at("snapchat")
def test_write_that_failed_between_its_kinds_is_sent_again(synced: Synced) -> None:
    synced.world.join(1)
    synced.engine.push()
    synced.world.join(2)
    synced.place.fault("error_in_200", "add")

    synced.engine.push()

    assert synced.equal()


@at("google")
def test_what_was_accepted_is_not_asked_about_once_the_audience_is_deleted(synced: Synced) -> None:
    synced.world.join(1)
    synced.engine.push()
    synced.world.conn.execute("UPDATE audiences SET status = 'deleting'")
    planning.plan_deletion(synced.world.conn, synced.world.audience, 0, synced.engine.now)
    synced.engine.drain()
    synced.engine.now += timedelta(days=1)

    assert synced.engine.confirm() == []


@at("meta")
def test_member_who_shares_an_identifier_with_somebody_removed_stays(synced: Synced) -> None:
    synced.world.join(1, "z@example.com")
    synced.world.join(2, "a@example.com")
    synced.engine.push()

    synced.world.absorb(1, 2)
    synced.engine.push()

    assert synced.equal()


@at("google")
def test_member_whom_the_platform_cannot_tell_from_somebody_who_left_stays(synced: Synced) -> None:
    """Google takes dots out of its own addresses: these two are one address there, and removing one
    person removes both."""
    synced.world.join(1, "ada.lovelace@gmail.com")
    synced.world.join(2, "adalovelace@gmail.com")
    synced.engine.push()
    synced.settle()

    synced.world.leave(1)
    synced.engine.push()
    synced.settle()

    assert synced.equal()
    assert synced.states() == {"present"}


@at("google")
def test_member_whom_the_platform_cannot_tell_from_somebody_who_withdrew_is_back_with_the_next_push(
    synced: Synced,
) -> None:
    synced.world.join(1, "ada.lovelace@gmail.com")
    synced.world.join(2, "adalovelace@gmail.com")
    synced.engine.push()
    synced.settle()

    synced.world.withdraw(1)
    synced.engine.withdraw()
    synced.settle()
    assert synced.place.only() == set()
    synced.engine.push()
    synced.settle()

    assert synced.equal()


@everywhere
def test_held_out_people_are_never_sent_and_always_the_same(synced: Synced) -> None:
    synced.world.conn.execute("UPDATE audiences SET holdout_percent = 50")
    for number in range(20):
        synced.world.join(number)
    synced.engine.push()
    first = synced.place.only()
    synced.world.conn.execute("UPDATE audiences SET cursor_tx = NULL")
    synced.engine.push()

    assert synced.place.only() == first
    assert 0 < len(first) < len(values(synced.world.people.values()))


@everywhere
def test_members_for_too_long_are_let_go(synced: Synced) -> None:
    synced.world.conn.execute("UPDATE audiences SET ttl_s = 3600")
    synced.world.join(1)
    synced.world.join(2)
    synced.engine.push()
    synced.world.conn.execute(
        "UPDATE memberships SET since_at = now() - interval '2 hours' WHERE profile_id = %s",
        (_id(synced.world, 1),),
    )

    synced.engine.push()

    synced.world.people.pop(1)
    assert synced.equal()


def _id(world: World, number: int) -> str:
    return world.person(number).hex()
