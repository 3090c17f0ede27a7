"""Waiting for what a process does by itself."""

import time
from collections.abc import Callable

import pytest

from tests.integration.activation.world import PATIENCE_S


@pytest.fixture
def wait_until() -> Callable[[Callable[[], bool]], None]:
    def wait(condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline, "the condition did not come true in time"
            time.sleep(0.02)

    return wait
