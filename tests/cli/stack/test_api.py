"""The API's processes: several share one socket, are replaced when they die, and die with their
parent."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from config.settings import Settings
from local.servers.address import free_port
from local.servers.process import wait_until

_DEADLINE_S = 120.0


@pytest.fixture
def url() -> str:
    return f"http://127.0.0.1:{free_port()}"


@pytest.fixture
def parent(settings: Settings, url: str) -> Iterator[subprocess.Popen[bytes]]:
    env = {
        **{name: value for name, value in os.environ.items() if not name.startswith("STRATUM_")},
        "STRATUM_DATA_DIR": json.dumps(str(settings.data_dir)),
        "STRATUM_POSTGRES__DSN": json.dumps(settings.postgres.dsn.get_secret_value()),
        "STRATUM_REDIS__URL": json.dumps(settings.redis.url.get_secret_value()),
        "STRATUM_SERVER__PORT": url.rpartition(":")[2],
        "STRATUM_SERVER__PROCESSES": "2",
    }
    with subprocess.Popen([sys.executable, "-m", "cli.main", "api"], env=env) as process:
        yield process
        process.kill()


def _children(pid: int) -> set[int]:
    return {
        int(child)
        for task in Path(f"/proc/{pid}/task").iterdir()
        for child in (task / "children").read_text().split()
    }


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/cdp/health", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


def test_processes_are_replaced_and_end_with_their_parent(
    parent: subprocess.Popen[bytes], url: str
) -> None:
    assert wait_until(lambda: _answers(url) and len(_children(parent.pid)) == 2, _DEADLINE_S)
    first = _children(parent.pid)
    os.kill(min(first), signal.SIGKILL)
    assert wait_until(
        lambda: len(_children(parent.pid) - first) == 1 and _answers(url), _DEADLINE_S
    )
    last = _children(parent.pid)
    parent.kill()
    assert parent.wait(_DEADLINE_S) == -signal.SIGKILL
    assert wait_until(
        lambda: not any(Path(f"/proc/{pid}").exists() for pid in first | last), _DEADLINE_S
    )


def test_sigterm_ends_every_process_in_order(parent: subprocess.Popen[bytes], url: str) -> None:
    assert wait_until(lambda: _answers(url) and len(_children(parent.pid)) == 2, _DEADLINE_S)
    children = _children(parent.pid)
    parent.terminate()
    assert parent.wait(_DEADLINE_S) == 0
    assert not any(Path(f"/proc/{pid}").exists() for pid in children)
