"""Being asked to stop: signals come at any instruction, in the midst of each other, too."""

import os
import signal
import subprocess
import sys
from types import FrameType

import pytest

from cli.stack.stopping import Stopping

pytestmark = pytest.mark.servers

_DEADLINE_S = 20.0
_WAITING = (
    "from cli.stack.stopping import Stopping; asked = Stopping().at_signals(); "
    "print('up', flush=True); asked.wait(); print('ends', flush=True)"
)


def test_asking_in_the_midst_of_asking_does_not_hang() -> None:
    stopping, code, asked = Stopping(), Stopping.ask.__code__, []

    def between_lines(frame: FrameType, event: str, _argument: object) -> object:
        if frame.f_code is code and event == "line":
            asked.append(frame.f_lineno)
            stopping.ask()  # untraced, as in a signal handler
        return between_lines

    before = sys.gettrace()
    sys.settrace(between_lines)  # type: ignore[arg-type]
    try:
        stopping.ask()
    finally:
        sys.settrace(before)
    assert asked
    assert stopping.is_set()
    assert stopping.wait()


def test_nobody_asks_within_the_time() -> None:
    stopping = Stopping()
    assert not stopping.wait(0.01)
    assert not stopping.is_set()


def test_a_process_ends_however_many_signals_come_at_once() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _WAITING], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGTERM):
            os.kill(process.pid, number)
        # Handlers are gone once the interpreter ends.
        assert process.wait(_DEADLINE_S) in {0, -signal.SIGINT, -signal.SIGTERM}
        assert process.stdout.read() == "ends\n"
