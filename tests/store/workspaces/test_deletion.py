"""A deletion that comes between a worker's decision and its commit."""

from collections.abc import Callable
from typing import Any

import pytest

from domain.ids import WorkspaceId
from store.unify.unit_of_work import PostgresUnitOfWork
from store.workspaces import deletion
from tests.store.conftest import Engine


@pytest.mark.parametrize("when", ["load", "commit"])
def test_a_worker_that_stood_still_writes_nothing_of_it(
    when: str, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.feed(engine.track("before", "Viewed", engine.clock[0]))
    original: Callable[..., Any] = getattr(PostgresUnitOfWork, when)
    asked: list[int] = []

    def stands_still(store: PostgresUnitOfWork, *given: Any, **named: Any) -> Any:
        if not asked:
            asked.append(engine.workspace)
            with engine.conn.transaction():
                deletion.request(
                    engine.conn, WorkspaceId(engine.workspace), "console:test", "closed"
                )
        return original(store, *given, **named)

    monkeypatch.setattr(PostgresUnitOfWork, when, stands_still)
    engine.feed(engine.track("late", "Viewed", engine.clock[0]))

    assert asked
    stored = engine.conn.execute(
        "SELECT (SELECT count(*) FROM events), (SELECT count(*) FROM identifiers),"
        " (SELECT count(*) FROM dead_letters), (SELECT next_position FROM offsets)"
    )
    assert stored.fetchone() == (1, 1, 0, 2), "and the log goes on"
