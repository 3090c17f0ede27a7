"""Decisions are on record with their audit row and the gate's memory, or not at all.

What a decision is based on is kept.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec
import psycopg
import pytest

from domain.gate import Action, Code, Decision, Verdict
from domain.instants import utc
from domain.signals.reading import Reading, Status
from operators.gate.memory import GateState, SignalMemory
from operators.gate.params import GateParams
from sinks.gate import TrustGate
from store.gate import decide
from store.signals.signals import prune_readings, readings_since, write_readings
from tests.conftest import TestWorkspace

NOW = datetime.now(UTC)
NOW_MS = int(NOW.timestamp() * 1000)
STATE = GateState(signals={"source:1": SignalMemory(7, NOW_MS, 2)}, seen_ms=NOW_MS)
Conn = psycopg.Connection[tuple[object, ...]]


@pytest.fixture
def conn(postgres_dsn: str) -> Iterator[Conn]:
    with psycopg.connect(postgres_dsn, autocommit=True) as opened:
        yield opened


def decision(workspace: TestWorkspace, *readings: int) -> Decision:
    return Decision(
        workspace.id,
        "meta:1",
        1,
        Action.PUSH,
        Verdict.HOLD,
        ("why",),
        readings,
        NOW_MS,
        (Code.UNKNOWN,),
    )


def rows(conn: Conn) -> list[int]:
    counted = """
        SELECT (SELECT count(*) FROM decisions), (SELECT count(*) FROM audit
            WHERE actor <> 'stratum'), (SELECT count(*) FROM gate_states)
    """
    return [number for row in conn.execute(counted) for number in row if isinstance(number, int)]


def test_a_decision_its_audit_row_and_the_memory_are_one_transaction(
    conn: Conn, workspace: TestWorkspace
) -> None:
    with conn.transaction(force_rollback=True):
        decide.record(conn, decision(workspace), STATE)
        assert rows(conn) == [1, 1, 1]
    assert rows(conn) == [0, 0, 0]
    decide.record(conn, decision(workspace), STATE)
    assert rows(conn) == [1, 1, 1]
    assert conn.execute("SELECT codes, reasons FROM decisions").fetchone() == (["unknown"], ["why"])
    assert decide.load_state(conn, workspace.id, "meta:1") == STATE


def test_memory_of_another_destination_is_another(conn: Conn, workspace: TestWorkspace) -> None:
    decide.record(conn, decision(workspace), STATE)
    assert decide.load_state(conn, workspace.id, "meta:2") == GateState()


@pytest.mark.parametrize("stored", ["{}", '{"signals": 5}', "[]"])
def test_memory_that_cannot_be_read_is_empty_and_keeps_no_removal_from_going(
    conn: Conn, workspace: TestWorkspace, stored: str
) -> None:
    decide.record(conn, decision(workspace), STATE)
    conn.execute("UPDATE gate_states SET state = %s", (stored,))
    assert decide.load_state(conn, workspace.id, "meta:1") == GateState()
    assert (
        TrustGate(conn, GateParams()).judge(workspace.id, "meta", 1, "urgent_removal", NOW).verdict
        == "pass"
    )


def test_readings_come_back_as_they_were_written(conn: Conn, workspace: TestWorkspace) -> None:
    reading = Reading(workspace.id, "source:1", NOW_MS, 63.5, Status.DEGRADED, 90, (), ("because",))
    (stored,) = write_readings(conn, [reading])
    assert stored == msgspec.structs.replace(reading, id=stored.id)
    assert readings_since(conn, workspace.id, ["source:1"], utc(NOW_MS)) == [stored]


def test_old_readings_go_unless_a_decision_rests_on_them(
    conn: Conn, workspace: TestWorkspace
) -> None:
    old = NOW_MS - 3_600_000
    stored = write_readings(
        conn,
        [
            Reading(workspace.id, "source:1", at_ms, 90.0, Status.HEALTHY, 90)
            for at_ms in (old, old + 1, NOW_MS)
        ],
    )
    decide.record(conn, decision(workspace, stored[0].id), STATE)
    assert prune_readings(conn, NOW - timedelta(minutes=1)) == 1
    assert [one.id for one in readings_since(conn, workspace.id, ["source:1"], utc(0))] == [
        stored[0].id,
        stored[2].id,
    ]
