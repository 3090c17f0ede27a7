"""A shop on a running stack."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.privacy.shop import Shop


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    made = Shop(tmp_path / "data")
    made.start()
    yield made
    made.stack.stop()
