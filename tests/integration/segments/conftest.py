"""People for tests of segments: those of the tests of the store."""

from tests.store.conftest import engine

__all__ = ["engine"]
