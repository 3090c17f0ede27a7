from datetime import UTC, datetime

import msgspec
import psycopg
import pytest

from config.settings import Settings
from domain.segments.conditions import AtLeast, Equals
from domain.segments.event_filter import EventFilter
from domain.segments.rule import Behaviour, Trait
from sources.segments import Effort, SweepFeed, SweepParams
from store.definitions import publish as publishing
from store.definitions import sweeps
from store.definitions.drafts import Author, Draft
from store.definitions.versions import save
from tests.store.conftest import Engine

BOUGHT = Behaviour(EventFilter("Order Completed"), condition=AtLeast(1))


def statuses(engine: Engine) -> list[tuple[str, int]]:
    return engine.conn.execute(
        "SELECT status, visited FROM sweeps WHERE people > 0 ORDER BY id"
    ).fetchall()


def shoppers(engine: Engine, count: int) -> None:
    engine.feed(
        *(engine.track(f"u{number}", "Order Completed", engine.clock[0]) for number in range(count))
    )


def feed(settings: Settings, params: SweepParams) -> SweepFeed:
    dsn = settings.postgres.dsn.get_secret_value()
    return SweepFeed(lambda: psycopg.connect(dsn, autocommit=True), params, lambda: False, Effort)


def walk(engine: Engine, source: SweepFeed, pages: int = 1_000) -> int:
    """Commit pages until nothing is to be done; how many there were."""
    for number in range(pages):
        wakes = source.read()
        if not wakes and sweeps.running(engine.conn) is None:
            return number
        for wake in wakes:
            engine.unifier(wake)
    return pages


def test_one_walk_does_the_work_of_every_sweep_ordered_before_it(
    engine: Engine, settings: Settings
) -> None:
    shoppers(engine, 10)
    segments = [engine.publish(f"segment {number}", BOUGHT) for number in range(5)]
    assert statuses(engine) == [("running", 0)] * 5
    source = feed(settings, SweepParams(page=4, pages=1))
    try:
        assert walk(engine, source) == 3, "ten people in pages of four, once"
    finally:
        source.close()
    assert statuses(engine) == [("done", 10)] * 5
    assert [len(engine.members(segment)) for segment in segments] == [10] * 5


def test_a_walk_that_has_begun_ends_before_a_newer_sweep_begins(
    engine: Engine, settings: Settings
) -> None:
    shoppers(engine, 10)
    engine.publish("one", BOUGHT)
    source = feed(settings, SweepParams(page=4, pages=1))
    try:
        for wake in source.read():
            engine.unifier(wake)
        engine.publish("two", BOUGHT)
        walk(engine, source, 3)
        assert statuses(engine) == [("done", 10), ("running", 0)]
        walk(engine, source)
        assert statuses(engine) == [("done", 10), ("done", 10)]
    finally:
        source.close()


def test_a_sweep_goes_on_where_a_dead_process_was(engine: Engine, settings: Settings) -> None:
    shoppers(engine, 10)
    segment = engine.publish("one", BOUGHT)
    first = feed(settings, SweepParams(page=4, pages=1))
    for _ in range(2):
        for wake in first.read():
            engine.unifier(wake)
    first.close()
    assert statuses(engine) == [("running", 4)], (
        "the second page is committed, but nobody recorded it"
    )
    second = feed(settings, SweepParams(page=4, pages=1))
    try:
        walk(engine, second)
    finally:
        second.close()
    assert statuses(engine) == [("done", 10)]
    assert len(engine.members(segment)) == 10


def test_one_process_sweeps_at_a_time(engine: Engine, settings: Settings) -> None:
    shoppers(engine, 3)
    engine.publish("one", BOUGHT)
    one, other = feed(settings, SweepParams()), feed(settings, SweepParams())
    try:
        assert len(one.read()) == 1
        assert other.read() == ()
        resumes = other.resumes_at()
        assert resumes is not None
        assert resumes > datetime.now(UTC)
    finally:
        one.close()
        other.close()


def test_memberships_that_a_walk_left_stale_make_it_begin_again(engine: Engine) -> None:
    shoppers(engine, 3)
    segment = engine.publish("one", BOUGHT)
    engine.sweep()
    engine.conn.execute("UPDATE memberships SET version = 0 WHERE segment_id = %s", (segment,))
    engine.publish("two", Trait("plan", Equals("vip")))
    sweep = sweeps.running(engine.conn)
    assert sweep is not None
    sweeps.move(engine.conn, sweep, "00000000-0000-0000-0000-000000000001", 3, 0)
    assert sweeps.finish(engine.conn, sweep) == (3, True)
    assert engine.conn.execute(
        "SELECT status, stale, cursor FROM sweeps ORDER BY id DESC LIMIT 1"
    ).fetchone() == ("running", 3, None)

    again = sweeps.running(engine.conn)
    assert again is not None
    assert sweeps.finish(engine.conn, again) == (3, False), "a third walk would leave them too"
    assert engine.conn.execute(
        "SELECT status, stale FROM sweeps ORDER BY id DESC LIMIT 1"
    ).fetchone() == ("done", 3)


def test_what_a_newer_sweep_will_do_is_not_stale(engine: Engine) -> None:
    shoppers(engine, 3)
    segment = engine.publish("one", BOUGHT)
    engine.sweep()
    engine.publish("two", Trait("plan", Equals("vip")))
    sweep = sweeps.running(engine.conn)
    assert sweep is not None
    author = Author(engine.workspace, "test", frozenset({"user_id"}))
    with engine.conn.transaction():
        save(
            engine.conn,
            author,
            "segment",
            segment,
            Draft(msgspec.to_builtins(Trait("plan", Equals("gold"))), "advertising", "one"),
        )
        publishing.publish_segment(engine.conn, author, segment)
    assert sweeps.finish(engine.conn, sweep) == (0, False)


@pytest.mark.parametrize("people", [0, 1])
def test_a_workspace_without_people_needs_no_walk(engine: Engine, people: int) -> None:
    shoppers(engine, people) if people else None
    engine.publish("one", BOUGHT)
    assert (sweeps.running(engine.conn) is not None) is bool(people)
