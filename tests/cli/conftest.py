"""People for tests of commands: those of the tests of the store."""

from tests.store.conftest import engine

__all__ = ["engine"]
