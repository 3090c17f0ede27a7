"""A definition that was stored in another way than by publishing stops neither the engine nor any
other definition."""

import msgspec
import pytest
from psycopg.types.json import Jsonb
from structlog.testing import capture_logs

from domain.event import Wake
from domain.segments.conditions import AtLeast
from domain.segments.conditions import Equals as Same
from domain.segments.event_filter import EventFilter
from domain.segments.rule import Behaviour, Trait
from store.definitions import publish as publishing
from store.definitions import sweeps
from store.definitions.drafts import Author, Draft
from store.definitions.errors import DefinitionConflictError
from store.definitions.load import load_registry
from store.definitions.versions import save
from tests.store.conftest import Engine

BOUGHT = Behaviour(EventFilter("Order Completed"), condition=AtLeast(1))
GOLD = Trait("plan", Same("gold"))


def spoil(engine: Engine, segment: int, definition: object) -> None:
    engine.conn.execute(
        "UPDATE segments SET definition = %s WHERE id = %s", (Jsonb(definition), segment)
    )
    engine.conn.execute("UPDATE definitions_revision SET revision = revision + 1")
    engine.unifier._definitions._due_at = 0.0


@pytest.mark.parametrize(
    ("definition", "event"),
    [
        ({"type": "of a later version"}, "definitions_unreadable"),
        (
            msgspec.to_builtins(
                Behaviour(EventFilter("Nobody keeps an aggregate of it"), condition=AtLeast(1))
            ),
            "segments_rest",
        ),
        ({"type": "segment", "segment": 3}, "segments_rest"),
    ],
)
def test_events_and_other_segments_go_on(engine: Engine, definition: object, event: str) -> None:
    sound, spoilt = engine.publish("sound", BOUGHT), engine.publish("spoilt", GOLD)
    assert spoilt == 3
    at = engine.clock[0]
    engine.feed(engine.event("identify", "u1", at, traits={"plan": "gold"}))
    assert engine.members(spoilt) == {"u1"}

    spoil(engine, spoilt, definition)
    with capture_logs() as logs:
        engine.feed(
            engine.track("u2", "Order Completed", at + 1),
            engine.event("identify", "u1", at + 2, traits={"plan": "basic"}),
        )

    assert engine.members(sound) == {"u2"}
    assert engine.members(spoilt) == {"u1"}, "a segment that rests keeps its members"
    assert event in {entry["event"] for entry in logs}


def test_what_cannot_be_read_is_named(engine: Engine) -> None:
    segment = engine.publish("spoilt", GOLD)
    spoil(engine, segment, {"type": "of a later version"})
    registry = load_registry(engine.conn)
    assert registry.unreadable == (f"workspace {engine.workspace}, segments {segment}",)
    assert [
        each.rule
        for each in registry.definitions[engine.workspace].segments  # type: ignore[index]
        if each.id == segment
    ] == [None]


def test_whoever_publishes_is_not_stopped_by_it_and_it_can_be_replaced_or_deleted(
    engine: Engine,
) -> None:
    author = Author(engine.workspace, "test", frozenset({"user_id"}))
    segment = engine.publish("spoilt", GOLD)
    spoil(engine, segment, {"type": "of a later version"})
    engine.feed(engine.event("identify", "u1", engine.clock[0], traits={"plan": "gold"}))
    assert engine.members(engine.publish("another", BOUGHT)) == set()

    with engine.conn.transaction():
        publishing.pause_segment(engine.conn, author, segment)
    with (
        pytest.raises(DefinitionConflictError, match="another version of Stratum"),
        engine.conn.transaction(),
    ):
        publishing.resume_segment(engine.conn, author, segment)

    with engine.conn.transaction():
        save(
            engine.conn,
            author,
            "segment",
            segment,
            Draft(msgspec.to_builtins(Trait("plan", Same("silver"))), "advertising", "spoilt"),
        )
        publishing.publish_segment(engine.conn, author, segment)
    spoil(engine, segment, {"type": "of a later version"})
    with engine.conn.transaction():
        publishing.delete_segment(engine.conn, author, segment)


def test_a_sweep_ends_though_a_segment_rests(engine: Engine) -> None:
    segment = engine.publish("spoilt", GOLD)
    engine.feed(engine.event("identify", "u1", engine.clock[0], traits={"plan": "gold"}))
    engine.conn.execute("UPDATE segments SET version = version + 1 WHERE id = %s", (segment,))
    spoil(engine, segment, {"type": "of a later version"})
    engine.publish("another", BOUGHT)
    walks = 0
    while (sweep := sweeps.running(engine.conn)) is not None:
        people = sweeps.page(engine.conn, sweep, None, 100)
        engine.unifier(Wake(tuple(people), engine.clock[0], sweep.revision))
        sweeps.finish(engine.conn, sweep)
        walks += 1
    assert walks == 2
    assert engine.conn.execute(
        "SELECT status, stale FROM sweeps ORDER BY id DESC LIMIT 1"
    ).fetchone() == ("done", 1)
