"""A fast test that starts a process is noticed, however it starts one."""

import os
import subprocess
from collections.abc import Callable

import pytest

from tests.support import marks


def _terminal() -> None:
    child, descriptor = os.forkpty()
    if not child:
        os._exit(0)
    os.waitpid(child, 0)
    os.close(descriptor)


@pytest.mark.parametrize(
    "start",
    [
        lambda: subprocess.run(["true"], check=True),
        lambda: os.system("true"),  # noqa: S605 - a process is what is wanted
        _terminal,
    ],
    ids=["subprocess", "system", "forkpty"],
)
def test_a_process_is_noticed_however_it_is_started(start: Callable[[], object]) -> None:
    start()
    assert marks.taken()
