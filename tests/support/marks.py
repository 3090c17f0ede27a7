"""Marks by what a test uses: ``servers`` by its fixtures, and a guard for those that forget it."""

import sys
from typing import Any

import pytest

_SERVERS = frozenset({"postgres_server", "valkey_server", "kafka_bootstrap"})
_STORY_S = 900
"""A test that builds the story waits for it, on however busy a machine."""
_STARTS = frozenset(
    {"os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.system", "subprocess.Popen"}
)
"""Audit events of a process that starts."""
_WATCHED: list[str] = []
_STARTED: list[Any] = []


def mark_servers(items: list[pytest.Item]) -> None:
    """Mark every test that asks for a server, and with ``kafka`` those that ask for the broker."""
    for item in items:
        asked = _SERVERS.intersection(getattr(item, "fixturenames", ()))
        if asked:
            item.add_marker(pytest.mark.servers)
        if "kafka_bootstrap" in asked:
            item.add_marker(pytest.mark.kafka)
        if "story_database" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.timeout(_STORY_S))


def watch_processes() -> None:
    """Notice every process that this one starts."""
    sys.addaudithook(_notice)


def begin(item: pytest.Item) -> None:
    """Watch this test from now on, unless it is marked."""
    _STARTED.clear()
    marked = item.get_closest_marker("servers") or item.get_closest_marker("long")
    _WATCHED[:] = [] if marked else [item.nodeid]


def end() -> None:
    """Fail the test that is watched if it started a process."""
    started, _WATCHED[:] = list(_STARTED), []
    if started:
        pytest.fail(f"it starts {started[0]!r}: mark it servers, so that fast tests stay fast")


def taken() -> list[Any]:
    """Return what this test has started, and forget it."""
    started = list(_STARTED)
    _STARTED.clear()
    return started


def _notice(event: str, arguments: tuple[Any, ...]) -> None:
    if _WATCHED and event in _STARTS:
        _STARTED.append(arguments[0] if arguments else event)
