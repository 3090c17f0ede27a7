"""Whoever refuses comes off the list at once: also who had left the segment before, and whom no
push has taken off yet."""

import tracemalloc
from typing import Any, Final

import msgspec
import pytest

from domain.segments.conditions import Equals
from domain.segments.rule import Trait
from store.activation import withdrawals
from store.definitions import publish as publishing
from store.definitions.drafts import Author, Draft
from store.definitions.versions import create
from tests.store.conftest import Engine

NOW: Final = 1_790_000_000_000
PURPOSES: Final = {"meta": "advertising"}


def said(consents: bool) -> dict[str, Any]:
    return {"consent": {"categoryPreferences": {"advertising": consents}}}


def listed(engine: Engine, segment: int) -> None:
    """An audience that holds whoever is in the segment, everything told so far planned."""
    sql = """
        INSERT INTO audiences (workspace_id, segment_id, platform, name, account_id, interval_s,
            cursor_tx)
        VALUES (%s, %s, 'meta', 'gold', '1', 3600, pg_snapshot_xmin(pg_current_snapshot()))
            RETURNING id
    """
    row = engine.conn.execute(sql, (engine.workspace, segment)).fetchone()
    assert row is not None
    sql = """
        INSERT INTO audience_members (audience_id, profile_id, row, state)
        SELECT %s, profile_id, '[]', 'present' FROM memberships WHERE segment_id = %s
    """
    engine.conn.execute(sql, (row[0], segment))


def withdrawn(engine: Engine, since: str) -> int:
    """How many people have to come off, as a process finds it that has looked at everything before
    an instant."""
    found = [
        *withdrawals.touched(engine.conn, since, PURPOSES),
        *withdrawals.outstanding(engine.conn, PURPOSES, 60.0),
    ]
    return len({person for one in found for person in one.people})


def newsletter(engine: Engine) -> int:
    """A segment that serves another purpose than the platform asks for."""
    author = Author(engine.workspace, "test", frozenset({"user_id", "email", "phone"}))
    with engine.conn.transaction():
        draft = Draft(msgspec.to_builtins(Trait("plan", Equals("gold"))), "newsletter", "readers")
        segment = create(engine.conn, author, "segment", draft)
        publishing.publish_segment(engine.conn, author, segment)
    engine.sweep()
    return segment


@pytest.mark.parametrize("how", ["refuses", "joins somebody who refused"])
def test_who_left_the_segment_and_refuses_before_a_push_took_them_off_is_withdrawn(
    how: str, engine: Engine
) -> None:
    segment = engine.publish("gold", Trait("plan", Equals("gold")))
    engine.sweep()
    engine.feed(
        engine.event("identify", "mary", NOW, traits={"plan": "gold"}, context=said(True)),
        engine.event("identify", "anne", NOW, traits={"plan": "gold"}, context=said(True)),
    )
    listed(engine, segment)
    engine.feed(engine.event("identify", "mary", NOW + 1, traits={"plan": "none"}))
    seen = withdrawals.horizon(engine.conn)
    assert withdrawn(engine, "0") == 0
    if how == "refuses":
        engine.feed(engine.event("identify", "mary", NOW + 2, context=said(False)))
    else:
        engine.feed(engine.event("track", "mary", NOW + 2, event="Visited", anonymousId="browser"))
        refusal = {"userId": None, "anonymousId": "browser", "context": said(False)}
        engine.feed(engine.event("page", "mary", NOW + 3, **refusal))
    assert withdrawn(engine, seen) == 1
    engine.feed(engine.event("identify", "mary", NOW + 4, context=said(True)))
    assert withdrawn(engine, seen) == 0


def test_who_refuses_what_the_platform_asks_for_is_withdrawn_whatever_the_segment_serves(
    engine: Engine,
) -> None:
    segment = newsletter(engine)
    both = {"consent": {"categoryPreferences": {"advertising": True, "newsletter": True}}}
    engine.feed(engine.event("identify", "mary", NOW, traits={"plan": "gold"}, context=both))
    listed(engine, segment)
    assert withdrawn(engine, "0") == 0
    engine.feed(engine.event("identify", "mary", NOW + 1, context=said(False)))
    assert engine.members(segment) == {"mary"}
    assert withdrawn(engine, "0") == 1


def _copies(engine: Engine, table: str, changed: dict[str, str], people: int) -> None:
    """Repeat the only row of a table, some columns of it other."""
    sql = (
        "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND is_generated"
        " = 'NEVER'"
    )
    columns = [name for (name,) in engine.conn.execute(sql, (table,))]
    values = ", ".join(changed.get(name, name) for name in columns)
    names = ", ".join(columns)
    rows = f"{table}, generate_series(1, {people}) AS n"
    sql = f"INSERT INTO {table} ({names}) SELECT {values} FROM {rows}"
    engine.conn.execute(sql.encode())


def test_a_look_takes_no_more_memory_where_more_people_are_on_lists_for_another_purpose(
    engine: Engine,
) -> None:
    segment = newsletter(engine)
    both = {"consent": {"categoryPreferences": {"advertising": True, "newsletter": True}}}
    engine.feed(engine.event("identify", "mary", NOW, traits={"plan": "gold"}, context=both))
    peaks = []
    for people in (0, 30_000):
        copy = "md5(n::text)::uuid"
        _copies(engine, "profiles", {"id": copy}, people)
        _copies(
            engine, "identifiers", {"key": copy, "profile_id": copy, "value": "n::text"}, people
        )
        _copies(engine, "memberships", {"profile_id": copy}, people)
        if people:
            listed(engine, segment)
        tracemalloc.start()
        assert withdrawn(engine, withdrawals.horizon(engine.conn)) == 0
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 8_000_000
