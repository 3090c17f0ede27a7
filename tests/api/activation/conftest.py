"""Audiences need a platform that is connected."""

import pytest

from config.settings import Settings
from tests.api.conftest import with_meta


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Settings with Meta connected."""
    return with_meta(settings)
