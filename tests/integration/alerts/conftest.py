"""A world per test, and waiting for what a process does by itself."""

import time
from collections.abc import Callable, Iterator

import pytest

from tests.conftest import TestWorkspace
from tests.integration.activation.world import PATIENCE_S
from tests.integration.alerts.world import World, a_world


@pytest.fixture
def wait_until() -> Callable[[Callable[[], bool]], None]:
    def wait(condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline, "the condition did not come true in time"
            time.sleep(0.02)

    return wait


@pytest.fixture
def world(postgres_dsn: str, workspace: TestWorkspace) -> Iterator[World]:
    with a_world(postgres_dsn, workspace) as made:
        yield made
