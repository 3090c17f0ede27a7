"""Flows without a database that works: they wait for it, and end for anything else."""

from collections.abc import Callable
from threading import Event as Flag

import psycopg
import pytest
from bytewax.errors import BytewaxRuntimeError

from dataflows.runtime import while_store_is_away


def by_the_engine(error: Exception) -> Exception:
    """An exception as it comes out of the engine."""
    wrapped = BytewaxRuntimeError("error executing dataflow")
    wrapped.__cause__ = error
    return wrapped


def failing_once(error: Exception, stop: Flag) -> Callable[[], None]:
    errors = [error]

    def run() -> None:
        if errors:
            raise errors.pop()
        stop.set()

    return run


@pytest.mark.parametrize("wrap", [by_the_engine, lambda error: error])
@pytest.mark.parametrize("kind", [psycopg.OperationalError, psycopg.errors.ReadOnlySqlTransaction])
def test_a_database_that_is_away_or_only_reads_is_waited_for(
    kind: type[Exception], wrap: Callable[[Exception], Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    stop = Flag()
    monkeypatch.setattr(stop, "wait", lambda _seconds: None)
    while_store_is_away("flow", stop, failing_once(wrap(kind()), stop))
    assert stop.is_set()


def test_a_fault_of_ours_ends_the_flow() -> None:
    stop = Flag()
    with pytest.raises(BytewaxRuntimeError):
        while_store_is_away(
            "flow", stop, failing_once(by_the_engine(psycopg.errors.NumericValueOutOfRange()), stop)
        )
