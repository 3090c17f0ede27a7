import psycopg
import pytest
from msgspec import convert

from config.settings import Settings
from domain.segments.conditions import Exists
from domain.segments.definition import RfmBreaks, RfmRule
from domain.segments.rfm import RFM_SEGMENTS
from domain.segments.rule import Rfm, Trait
from operators.rfm.bounds import RfmParams
from operators.rfm.scores import quintiles
from store.definitions.drafts import Author
from store.definitions.publish_rfm import publish_rfm
from store.segments.rfm_refresh import RefreshResult, RfmRefresh, RfmRefreshParams
from tests.store.conftest import Engine
from tests.support.restricting import restriction

DAY_MS = 86_400_000
REFRESH_MS = 3_600_000
RULE = RfmRule(look_back="365d")
refresh = RfmRefresh(RfmRefreshParams(page=3))


def publish(engine: Engine, rule: RfmRule = RULE) -> None:
    with engine.conn.transaction():
        publish_rfm(engine.conn, Author(engine.workspace, "test"), rule)


def buy(engine: Engine, people: int = 10) -> None:
    """Person n bought n times, n each, the last time n days ago."""
    now = engine.clock[0]
    engine.feed(
        *[
            engine.track(
                f"u{number}", "Order Completed", now - (number + time) * DAY_MS, revenue=number
            )
            for number in range(1, people + 1)
            for time in range(number)
        ],
        engine.track("visitor", "Page Viewed", now),
        engine.track("once", "Order Completed", now - 400 * DAY_MS, revenue=5),
    )


def stored(engine: Engine) -> tuple[RfmBreaks | None, dict[str, object], int]:
    row = engine.conn.execute("SELECT breaks, distribution, revision FROM rfm").fetchone()
    assert row is not None
    return (None if row[0] is None else convert(row[0], RfmBreaks)), row[1], row[2]


def test_bounds_are_taken_of_everybody_who_bought_in_the_look_back(engine: Engine) -> None:
    publish(engine)
    buy(engine)
    assert refresh.run_once(engine.conn, engine.clock[0]) == RefreshResult(
        engine.workspace, 10, exact=True, changed=True, sweep=None
    )
    breaks, distribution, _ = stored(engine)
    assert breaks == RfmBreaks(
        quintiles([number * DAY_MS for number in range(1, 11)]),
        quintiles(range(1, 11)),
        quintiles([number * number * 1_000_000 for number in range(1, 11)]),
        10,
        engine.clock[0],
    )
    segments = distribution["segments"]
    assert isinstance(segments, dict)
    assert set(segments) == set(RFM_SEGMENTS)
    assert sum(segments.values()) == distribution["population"] == 10
    assert distribution["grid"] == [
        [0, 0, 0, 0, 2],
        [0, 0, 0, 2, 0],
        [0, 0, 2, 0, 0],
        [0, 2, 0, 0, 0],
        [2, 0, 0, 0, 0],
    ]


def test_segments_follow_new_bounds(engine: Engine) -> None:
    publish(engine)
    best = engine.publish("best", Rfm(recency=(5, 5)))
    buy(engine)
    assert engine.members(best) == set()
    found = refresh.run_once(engine.conn, engine.clock[0])
    assert found is not None
    assert found.sweep is not None
    engine.sweep()
    assert engine.members(best) == {"u1", "u2"}


def test_a_definition_waits_until_everybody_has_its_aggregate(engine: Engine) -> None:
    buy(engine)
    publish(engine)
    assert refresh.run_once(engine.conn, engine.clock[0]) is None
    engine.sweep()
    found = refresh.run_once(engine.conn, engine.clock[0])
    assert found is not None
    assert found.population == 10


def test_bounds_are_refreshed_when_it_is_time_and_not_before(engine: Engine) -> None:
    publish(engine)
    buy(engine)
    assert refresh.run_once(engine.conn, engine.clock[0]) is not None
    assert refresh.run_once(engine.conn, engine.clock[0] + REFRESH_MS - 1) is None
    again = refresh.run_once(engine.conn, engine.clock[0] + REFRESH_MS)
    assert again is not None
    assert again.changed


def test_bounds_that_score_everybody_as_before_are_noted_and_not_published(engine: Engine) -> None:
    publish(engine)
    buy(engine)
    refresh.refresh(engine.conn, engine.workspace, engine.clock[0])
    breaks, _, revision = stored(engine)
    found = refresh.refresh(engine.conn, engine.workspace, engine.clock[0])
    assert found is not None
    assert not found.changed
    assert stored(engine)[0] == breaks
    assert stored(engine)[2] == revision


def test_without_buyers_there_are_no_bounds_and_the_next_look_is_an_hour_later(
    engine: Engine,
) -> None:
    publish(engine)
    found = refresh.run_once(engine.conn, engine.clock[0])
    assert found == RefreshResult(engine.workspace, 0, exact=True, changed=False, sweep=None)
    assert stored(engine)[0] is None
    assert refresh.run_once(engine.conn, engine.clock[0] + REFRESH_MS - 1) is None


def test_another_definition_is_due_at_once(engine: Engine) -> None:
    publish(engine)
    buy(engine)
    refresh.run_once(engine.conn, engine.clock[0])
    publish(engine, RfmRule(look_back="731d"))
    found = refresh.run_once(engine.conn, engine.clock[0])
    assert found is not None
    assert found.population == 11  # the aggregate is the same: nothing to wait for


def test_more_buyers_than_are_held_are_counted_in_a_second_walk(engine: Engine) -> None:
    publish(engine)
    buy(engine)
    found = RfmRefresh(RfmRefreshParams(RfmParams(exact_limit=4), page=2)).run_once(
        engine.conn, engine.clock[0]
    )
    assert found is not None
    assert (found.exact, found.population) == (False, 10)
    breaks, distribution, _ = stored(engine)
    assert breaks is not None
    assert breaks.frequency == (2, 4, 6, 8)
    assert distribution["grid"] == [
        [0, 0, 0, 0, 2],
        [0, 0, 0, 2, 0],
        [0, 0, 2, 0, 0],
        [0, 2, 0, 0, 0],
        [2, 0, 0, 0, 0],
    ]


def test_one_process_refreshes_at_a_time(engine: Engine, settings: Settings) -> None:
    publish(engine)
    buy(engine)
    with psycopg.connect(settings.postgres.dsn.get_secret_value(), autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s)", (int.from_bytes(b"rfmtake", "big"),))
        assert refresh.run_once(engine.conn, engine.clock[0]) is None
        other.execute("SELECT pg_advisory_unlock_all()")
    assert refresh.run_once(engine.conn, engine.clock[0]) is not None


def test_a_workspace_without_rfm_is_left_alone(engine: Engine) -> None:
    engine.publish("named", Trait("name", Exists()))
    assert refresh.run_once(engine.conn, engine.clock[0]) is None
    assert refresh.refresh(engine.conn, engine.workspace, engine.clock[0]) is None


def test_an_unknown_workspace_is_an_error(engine: Engine) -> None:
    with pytest.raises(LookupError):
        refresh.refresh(engine.conn, 999, engine.clock[0])


def test_who_is_restricted_is_no_buyer(engine: Engine) -> None:
    publish(engine)
    buy(engine)
    row = engine.conn.execute("SELECT salt FROM workspaces WHERE id = %s", (engine.workspace,))
    ((salt,),) = row.fetchall()
    engine.feed(restriction(engine.workspace, bytes(salt), "u1", engine.clock[0]))
    found = refresh.run_once(engine.conn, engine.clock[0])
    assert found is not None
    assert found.population == 9
