"""A process of the engine ends at a signal, whatever the instruction at which it comes."""

import signal
import subprocess
import sys

import pytest

from dataflows.runtime import STOP_GRACE

pytestmark = pytest.mark.servers

_DEADLINE_S = STOP_GRACE.total_seconds() + 20
_ASKED_WITHIN_ITS_FLAG = """
import os, signal
from threading import Event
from dataflows.runtime import StoppedError, stop_at_signals
stop, broken_off = Event(), Event()
with stop_at_signals(stop, broken_off):
    try:
        with stop._cond:  # as within its methods
            os.kill(os.getpid(), signal.SIGTERM)
            signal.pause()
    except StoppedError:
        print("broken off", broken_off.is_set())
"""


def test_a_signal_that_comes_while_the_flag_is_in_use_ends_the_process_after_the_grace() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _ASKED_WITHIN_ITS_FLAG], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            said, _ = process.communicate(timeout=_DEADLINE_S)
        finally:
            process.send_signal(signal.SIGKILL)
    assert said == "broken off True\n"
