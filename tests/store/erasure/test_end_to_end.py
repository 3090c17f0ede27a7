"""Upkeep finishes an erasure beside its other work, and the tables are what the events say."""

import time
from contextlib import closing
from threading import Event as Flag
from threading import Timer

import msgspec
import psycopg
import pytest

from dataflows.erasing import finishing_erasures
from domain.segments.conditions import Equals
from domain.segments.rule import HasIdentifier, Trait
from oracle.tables import Rules, Totals
from oracle.verification import differences
from store.definitions.load import load_registry
from store.erasure.params import ErasureParams
from store.profiles.verify import PostgresTables, snapshot
from tests.store.conftest import Engine
from tests.store.erasure.conftest import Desk

NOW = 1_790_000_000_000
DEVICE = {"context": {"device": {"advertisingId": "device-number-1"}}}


def unequal(desk: Desk) -> list[str]:
    with snapshot(desk.settings.postgres.dsn.get_secret_value()) as connection:
        workspace = desk.workspace.id
        definitions = load_registry(connection).definitions[workspace]
        rules = Rules(
            desk.workspace.salt, desk.settings.identity, desk.settings.profile, definitions
        )
        tables = PostgresTables(connection, workspace)
        return list(map(str, differences(tables, rules, NOW + 10, Totals())))


def populate(desk: Desk, engine: Engine) -> None:
    for name, rule in (
        ("gold", Trait("plan", Equals("gold"))),
        ("known", HasIdentifier("user_id")),
    ):
        engine.publish(name, rule)
    engine.sweep()
    engine.feed(
        engine.event("identify", "mary", NOW, traits={"plan": "gold"}, **DEVICE),
        engine.event("page", "mary", NOW + 1, name="Home", **DEVICE),
    )
    engine.feed(
        engine.event("identify", "anne", NOW + 2, traits={"plan": "gold"}, **DEVICE),
        engine.event("page", "anne", NOW + 3, name="Home", **DEVICE),
        engine.event("page", "lucy", NOW + 3, name="Home"),
    )
    assert unequal(desk) == []


def test_the_verifier_finds_nothing_afterwards(desk: Desk, engine: Engine) -> None:
    populate(desk, engine)
    desk.erase(("user_id", "mary"), ("device_id", "device-number-1"))
    desk.complete()
    assert unequal(desk) == []
    assert desk.column("SELECT DISTINCT cause FROM changes") == ["event"]


def test_upkeep_finishes_and_ends_when_it_is_told_to(desk: Desk, engine: Engine) -> None:
    populate(desk, engine)
    desk.erase(("user_id", "mary"), ("device_id", "device-number-1"))
    stop = Flag()
    with finishing_erasures(desk.settings, stop) as check:
        deadline = time.monotonic() + 60
        while desk.open():
            assert time.monotonic() < deadline
            check()
            time.sleep(0.05)
    assert stop.is_set()
    assert desk.actions() == ["erasure.processed", "erasure.completed"]


def test_a_process_that_ends_breaks_off_what_takes_long(desk: Desk) -> None:
    desk.erase(("user_id", "mary"))
    stopping = desk.rounds.__class__(
        desk.settings, desk.rounds._conn, desk.rounds._engine, desk.client, stopping=lambda: True
    )
    assert stopping.run_once() is False
    assert desk.actions() == []


def test_a_step_that_fails_rests_and_the_others_go_on(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    erased = desk.erase(("user_id", "mary"))
    tries = []

    def fail(*_: object) -> set[str]:
        tries.append(1)
        raise ZeroDivisionError("mary@example.com")

    with monkeypatch.context() as patched:
        patched.setattr("store.erasure.files.without_exports", fail)
        for _ in range(3):
            desk.rounds.run_once()
    assert len(tries) == 1
    assert {"cache", "dead_letters", "neighbours", "platforms", "sent"} <= set(desk.steps(erased))
    desk.complete()


def test_spans_and_pages_are_positive() -> None:
    with pytest.raises(ValueError, match="at least one"):
        ErasureParams(page=0)


def test_whoever_is_busy_with_a_neighbour_is_waited_for(desk: Desk, engine: Engine) -> None:
    populate(desk, engine)
    desk.erase(("user_id", "mary"), ("device_id", "device-number-1"))
    dsn = desk.settings.postgres.dsn.get_secret_value()
    with closing(psycopg.connect(dsn)) as other:
        other.execute("SELECT FROM profiles FOR UPDATE")
        ends = Timer(0.3, other.rollback)
        ends.start()
        desk.complete()
        ends.join()
    payloads = b"".join(desk.column("SELECT payload FROM events"))
    assert b"device-number-1" not in payloads
    assert msgspec.json.encode("lucy") in payloads
