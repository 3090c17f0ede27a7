"""The supervisor outlives what it starts, what that raises, and whoever listened to it."""

import os
import signal
import sys

import pytest

from config.embedded import RestartParams
from local.servers.process import Command, wait_until
from local.servers.server import Server
from local.stack.supervisor import Supervisor

pytestmark = pytest.mark.servers

_DEADLINE_S = 30.0


class _Sleeper(Server):
    """Raises at its first start, and the first time that it is asked whether it answers."""

    name = "sleeper"

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[Exception] = [TypeError("not even a start"), RuntimeError()]

    def command(self) -> Command:
        return Command("sleeper", (sys.executable, "-c", "import time; time.sleep(600)"))

    def prepare(self) -> None:
        if len(self.faults) == 2:
            raise self.faults.pop(0)

    def ready(self) -> bool:
        if self.faults:
            raise self.faults.pop()
        return super().ready()


@pytest.mark.parametrize(
    "gone", [BrokenPipeError(), OSError(28, "No space left on device"), SystemExit(1)], ids=repr
)
def test_it_goes_on_when_nobody_can_be_told(gone: BaseException) -> None:
    said: list[str] = []

    def report(text: str) -> None:
        said.append(text)
        raise gone

    supervisor = Supervisor([[_Sleeper()]], RestartParams(), report)

    def running() -> bool:
        return supervisor.status()[0].state == "running"

    supervisor.start()
    try:
        assert wait_until(running, _DEADLINE_S)
        (unit,) = supervisor.status()
        assert unit.pid is not None
        os.kill(unit.pid, signal.SIGKILL)
        assert wait_until(lambda: running() and supervisor.status()[0].pid != unit.pid, _DEADLINE_S)
    finally:
        supervisor.stop()
    assert [text.partition(";")[0] for text in said] == [
        "sleeper TypeError('not even a start')",
        "sleeper RuntimeError()",
        "sleeper runs again",
        "sleeper died with exit code -9",
        "sleeper runs again",
    ]
