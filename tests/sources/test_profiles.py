"""Wakes: who is due, who waits for the log, and that one process at a time hands them out."""

import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import psycopg
import pytest

from domain.event import Wake
from sources.log.positions import Connect
from sources.profiles import DueParams, DuePeopleFeed

LOG = "test.events"
HELD = (
    "FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE"
    " datname = current_database())"
)


class Clock:
    """A database with people who are due, and partitions that are caught up, at given distances
    from now."""

    def __init__(self, dsn: str) -> None:
        self.connect: Connect = partial(psycopg.connect, dsn, autocommit=True)
        self.conn = self.connect()

    def person(self, number: int, due_in_s: float | None) -> bytes:
        identity = number.to_bytes(16, "big")
        self.conn.execute(
            "INSERT INTO profiles (id, workspace_id, version, stage, next_wake_at, doc) "
            "VALUES (%s, 1, 1, 'known', now() + %s * interval '1 s', '')",
            (UUID(bytes=identity), due_in_s),
        )
        return identity

    def partition(self, number: int, caught_up_s: float | None, log: str = LOG) -> None:
        self.conn.execute("DELETE FROM offsets WHERE log = %s AND partition = %s", (log, number))
        self.conn.execute(
            "INSERT INTO offsets VALUES (%s, %s, 0, now() + %s * interval '1 s')",
            (log, number, caught_up_s),
        )

    def feed(self, **params: Any) -> DuePeopleFeed:
        return DuePeopleFeed(self.connect, DueParams((LOG,), **params))

    def due(self, **params: Any) -> list[bytes]:
        with closing(self.feed(**params)) as feed:
            found: list[bytes] = [profile for wake in feed.read() for profile in wake.profile_ids]
        self.wait_for_unlock()
        return found

    def wait_for_unlock(self) -> None:
        """The server notices only after a moment that a session is over."""
        deadline = time.monotonic() + 10
        while self.conn.execute(f"SELECT pid {HELD}").fetchone():
            assert time.monotonic() < deadline


@pytest.fixture
def clock(postgres_dsn: str) -> Iterator[Clock]:
    made = Clock(postgres_dsn)
    yield made
    made.conn.close()


def test_people_are_handed_out_when_their_instant_has_come_most_overdue_first(clock: Clock) -> None:
    later, sooner = clock.person(1, -5), clock.person(2, -10)
    clock.person(3, 60)
    clock.person(4, None)
    assert clock.due() == [sooner, later]


def test_a_wake_says_as_of_when(clock: Clock) -> None:
    clock.person(1, -1)
    before_ms = int(time.time() * 1000)
    with closing(clock.feed()) as feed:
        (wake,) = feed.read()
    assert isinstance(wake, Wake)
    assert before_ms <= wake.now_ms <= time.time() * 1000


def test_nobody_due_is_no_wake_and_a_pause(clock: Clock) -> None:
    clock.person(1, 60)
    with closing(clock.feed()) as feed:
        assert not feed.read()
        assert feed.resumes_at() is not None


def test_a_full_wake_is_followed_by_the_next_at_once(clock: Clock) -> None:
    people = [clock.person(number, -number) for number in range(1, 6)]
    with closing(clock.feed(limit=3)) as feed:
        (wake,) = feed.read()
        assert list(wake.profile_ids) == [people[4], people[3], people[2]]
        assert feed.resumes_at() is None


def test_someone_who_is_still_due_comes_again(clock: Clock) -> None:
    person = clock.person(1, -1)
    with closing(clock.feed()) as feed:
        assert [wake.profile_ids for _ in range(2) for wake in feed.read()] == [
            (person,),
            (person,),
        ]


def test_a_wake_waits_until_every_partition_is_caught_up_to_its_instant(clock: Clock) -> None:
    person = clock.person(1, -5)
    clock.partition(0, -1)
    clock.partition(1, -8)
    assert clock.due() == []
    clock.partition(1, -4)
    assert clock.due() == [person]


def test_a_partition_that_was_never_caught_up_holds_wakes_back(clock: Clock) -> None:
    clock.person(1, -5)
    clock.partition(0, None)
    assert clock.due() == []


def test_those_who_need_not_wait_go_ahead_of_those_who_must(clock: Clock) -> None:
    early = clock.person(1, -20)
    clock.person(2, -5)
    clock.partition(0, -10)
    assert clock.due() == [early]


def test_another_log_is_not_waited_for(clock: Clock) -> None:
    person = clock.person(1, -5)
    clock.partition(0, None, log="another")
    assert clock.due() == [person]


def test_no_wake_waits_longer_than_the_limit(clock: Clock) -> None:
    person = clock.person(1, -5)
    clock.partition(0, None)
    assert clock.due(wait_limit=timedelta(seconds=10)) == []
    assert clock.due(wait_limit=timedelta(seconds=3)) == [person]


def test_a_wait_is_logged(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    clock.person(1, -5)
    clock.partition(0, None)
    clock.due()
    printed = capsys.readouterr()
    assert "wakes_wait_for_the_log" in printed.out + printed.err


def test_one_process_at_a_time_hands_out_wakes_and_another_takes_over(clock: Clock) -> None:
    person = clock.person(1, -1)
    with closing(clock.feed(standby=timedelta(0))) as second:
        with closing(clock.feed()) as first:
            assert first.read()
            assert not second.read()
        deadline = time.monotonic() + 10
        while not (wakes := second.read()):
            assert time.monotonic() < deadline
        assert wakes[0].profile_ids == (person,)


def test_a_holder_that_lost_its_session_must_take_the_lock_again(clock: Clock) -> None:
    clock.person(1, -1)
    with closing(clock.feed()) as first, closing(clock.feed()) as second:
        assert first.read()
        clock.conn.execute(f"SELECT pg_terminate_backend(pid) {HELD}")
        deadline = time.monotonic() + 10
        while not second.read():
            assert time.monotonic() < deadline
        assert not any(first.read() for _ in range(3))
