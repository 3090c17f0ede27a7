"""The embedded stack lives through deaths of its parts and takes all with it when it goes."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import psycopg
import pytest
import redis

from config.settings import Settings
from local.servers.process import StartError, wait_until
from local.stack.component import Component
from local.stack.running import running_environment
from local.stack.stack import Stack

pytestmark = pytest.mark.servers

_DEADLINE_S = 30.0
_SLEEPER = (
    "import signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit(0)); signal.pause()"
)
_DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"

StackFactory = Callable[..., Stack]


def _sleeper(*_: object) -> Sequence[Component]:
    return (Component("sleeper", ("-c", _SLEEPER)),)


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def stack_in(data_dir: Path) -> Iterator[StackFactory]:
    started: list[Stack] = []

    def make(**embedded: object) -> Stack:
        settings = Settings.model_validate(
            {
                "data_dir": data_dir,
                "server": {"port": 0},
                "embedded": {
                    "postgres": {"shared_buffers_mb": 128, "max_wal_mb": 128},
                    "sandbox_ports": {},
                    "restarts": {"steady_after": "PT0.1S"},
                    **embedded,
                },
            }
        )
        stack = Stack(settings, _sleeper)
        started.append(stack)
        return stack

    yield make
    for stack in started:
        stack.stop()


def _rows(stack: Stack) -> list[tuple[object, ...]]:
    assert stack.addresses is not None
    with psycopg.connect(stack.addresses.postgres_dsn) as conn:
        return conn.execute("SELECT name FROM workspaces").fetchall()


def _pid(stack: Stack, name: str) -> int:
    (unit,) = [unit for unit in stack.status().units if unit.name == name]
    assert unit.pid is not None
    return unit.pid


def _kill_and_wait(stack: Stack, name: str) -> None:
    victim = _pid(stack, name)
    os.kill(victim, signal.SIGKILL)

    def back() -> bool:
        (unit,) = [unit for unit in stack.status().units if unit.name == name]
        return unit.state == "running" and unit.pid != victim

    assert wait_until(back, _DEADLINE_S), stack.status()


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def _descendants(pid: int) -> set[int]:
    found: set[int] = set()
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found |= {int(child)} | _descendants(int(child))
    return found


def test_a_first_start_makes_keys_and_a_second_keeps_the_data(stack_in: StackFactory) -> None:
    with stack_in() as first:
        first.wait_until_running(_DEADLINE_S)
        assert first.first_keys is not None
        assert _rows(first) == [("default",)]
        dsn = first.addresses.postgres_dsn if first.addresses else ""
    with stack_in() as second:
        assert second.first_keys is None
        assert _rows(second) == [("default",)]
        assert second.addresses is not None
        assert second.addresses.postgres_dsn == dsn


def test_what_is_killed_comes_back_with_what_was_written(stack_in: StackFactory) -> None:
    with stack_in() as stack:
        assert stack.addresses is not None
        with redis.Redis.from_url(stack.addresses.valkey_url) as client:
            client.xadd("log", {"0": b"event"})
        for name in ("postgres", "valkey", "sleeper"):
            _kill_and_wait(stack, name)
        assert _rows(stack) == [("default",)]
        with redis.Redis.from_url(stack.addresses.valkey_url) as client:
            assert client.xlen("log") == 1
        assert {unit.name: unit.restarts for unit in stack.status().units} == {
            "postgres": 1,
            "valkey": 1,
            "sleeper": 1,
        }


def test_a_killed_supervisor_leaves_no_process_and_its_folder_free(
    data_dir: Path, stack_in: StackFactory
) -> None:
    program = (
        "import signal, sys\nfrom pathlib import Path\nfrom config.settings import Settings\nfrom"
        " local.stack.component import Component\nfrom local.stack.stack import Stack\nsettings ="
        f" Settings.model_validate({{'data_dir': {str(data_dir)!r}, 'server': {{'port':"
        " 0}})\nstack = Stack(settings, lambda *_: [Component('sleeper', ('-c',"
        f" {_SLEEPER!r}))]).start()\nstack.wait_until_running(30)\nprint('up',"
        " flush=True)\nsignal.pause()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True
    ) as supervisor:
        assert supervisor.stdout is not None
        assert supervisor.stdout.readline() == "up\n"
        family = _descendants(supervisor.pid)
        assert len(family) > 3
        supervisor.kill()
    assert wait_until(lambda: not any(_alive(pid) for pid in family), _DEADLINE_S), [
        pid for pid in family if _alive(pid)
    ]
    with stack_in() as next_one:
        assert _rows(next_one) == [("default",)]


def test_a_second_stack_in_one_folder_is_refused(data_dir: Path, stack_in: StackFactory) -> None:
    with stack_in():
        with pytest.raises(
            StartError,
            match=(
                rf"another stack \(process {os.getpid()}\) runs in .*: stop it, or choose another"
                r" folder"
            ),
        ):
            stack_in().start()
        assert running_environment(data_dir) is not None
    assert running_environment(data_dir) is None


def test_other_commands_find_the_running_stack(data_dir: Path, stack_in: StackFactory) -> None:
    with stack_in() as stack:
        assert stack.addresses is not None
        found = running_environment(data_dir)
        assert found is not None
        assert json.loads(found["STRATUM_POSTGRES__DSN"]) == stack.addresses.postgres_dsn


def test_a_component_that_keeps_dying_waits_longer_each_time(data_dir: Path) -> None:
    settings = Settings.model_validate(
        {"data_dir": data_dir, "server": {"port": 0}, "embedded": {"sandbox_ports": {}}}
    )
    said: list[str] = []
    with Stack(
        settings,
        lambda *_: [Component("broken", ("-c", "raise SystemExit(3)"))],
        report=said.append,
    ):
        assert wait_until(
            lambda: len([line for line in said if line.startswith("broken died")]) >= 3, _DEADLINE_S
        )
    deaths = [line for line in said if line.startswith("broken died")][:3]
    log = data_dir / "logs" / "broken.log"
    assert deaths == [
        f"broken died with exit code 3 (its log: {log}); next try in {wait} s"
        for wait in ("0.1", "0.2", "0.4")
    ]


def test_a_component_deaf_to_sigterm_is_ended_within_the_bound(data_dir: Path) -> None:
    settings = Settings.model_validate(
        {
            "data_dir": data_dir,
            "server": {"port": 0},
            "embedded": {"sandbox_ports": {}, "stop_timeout": "PT0.3S"},
        }
    )
    with Stack(settings, lambda *_: [Component("deaf", ("-c", _DEAF))]) as stack:
        stack.wait_until_running(_DEADLINE_S)
        deaf = _pid(stack, "deaf")
    assert not _alive(deaf)
