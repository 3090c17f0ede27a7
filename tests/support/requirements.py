"""What a test needs and the machine may lack: skipped there, or a failure where it is required."""

import os

import pytest


def required(what: str) -> bool:
    """Whether TESTS_REQUIRE turns a skip for want of something into a failure."""
    return what in os.environ.get("TESTS_REQUIRE", "").split(",")


def missing(what: str, why: str) -> None:
    """Skip the test for want of something, or fail where it is required.

    Args:
        what: as TESTS_REQUIRE names it.
        why: what is missing and how to get it.
    """
    if required(what):
        pytest.fail(why)
    pytest.skip(why)
