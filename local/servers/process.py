"""Child processes that die with this one, however it ends.

Linux sends a child its death signal when the *thread* that started it exits, so every start goes
through one thread that lives as long as the process. Elsewhere children end only by `Child.stop`.
"""

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

_LAUNCH: Final = str(Path(__file__).with_name("launch.py"))
_POLL_S: Final = 0.01
_TAIL_BYTES: Final = 2000
_LOG_LIMIT_BYTES: Final = 16 << 20


class StartError(Exception):
    """A program did not start; the message says which, why, and where its log is."""


@dataclass(frozen=True)
class Command:
    """One program to run.

    Attributes:
        name: what messages call it.
        argv: program and arguments.
        env: variables added to this process's own.
        log: file that its output is appended to; None: it shares this process's output.
        death_signal: sent to it when this process dies.
        identity: see `local.servers.launch`.
        cwd: working directory; None: the same.
        pass_fds: open file descriptors it inherits.
    """

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    log: Path | None = None
    death_signal: signal.Signals = signal.SIGKILL
    identity: str = "same"
    cwd: Path | None = None
    pass_fds: tuple[int, ...] = ()


class _Starter(threading.Thread):
    """The one thread that forks."""

    def __init__(self) -> None:
        super().__init__(name="process-starter", daemon=True)
        self._requests: queue.SimpleQueue[tuple[Command, Future[subprocess.Popen[bytes]]]] = (
            queue.SimpleQueue()
        )
        self._starting = threading.Lock()

    def open(self, command: Command) -> subprocess.Popen[bytes]:
        with self._starting:
            if self.ident is None:
                self.start()
        answer: Future[subprocess.Popen[bytes]] = Future()
        self._requests.put((command, answer))
        return answer.result()

    def run(self) -> None:
        while True:
            command, answer = self._requests.get()
            try:
                answer.set_result(_open(command))
            except Exception as error:  # whoever asked is told; the thread serves the next one
                answer.set_exception(error)


def _open(command: Command) -> subprocess.Popen[bytes]:
    launcher = (
        sys.executable,
        "-I",
        "-S",
        "-B",
        _LAUNCH,
        str(os.getpid()),
        str(int(command.death_signal)),
        command.identity,
    )
    output = None
    if command.log is not None:
        command.log.parent.mkdir(parents=True, exist_ok=True)
        if command.log.exists() and command.log.stat().st_size > _LOG_LIMIT_BYTES:
            command.log.replace(command.log.with_suffix(command.log.suffix + ".1"))
        output = os.open(command.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        return subprocess.Popen(  # noqa: S603 - the programs are ours
            launcher + command.argv,
            env={**os.environ, **command.env},
            cwd=command.cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=command.pass_fds,
            # Ctrl-C reaches the supervisor alone, which stops its children in order.
            start_new_session=True,
        )
    finally:
        if output is not None:
            os.close(output)


_starter = _Starter()


class Child:
    """A started program.

    Args:
        command: what to run.

    Raises:
        StartError: the launcher itself cannot be run, or not with such arguments.
    """

    def __init__(self, command: Command) -> None:
        self.command = command
        try:
            self._process = _starter.open(command)
        except (OSError, ValueError) as error:
            raise StartError(f"{command.name} cannot be started: {error}") from error

    @property
    def pid(self) -> int:
        """Process id; the launcher's and then, unchanged, the program's."""
        return self._process.pid

    def exit_code(self) -> int | None:
        """How it ended: its code, minus the signal that killed it, or None while it runs."""
        return self._process.poll()

    def send(self, number: signal.Signals) -> None:
        """Send a signal; nothing happens when it has ended."""
        self._process.send_signal(number)

    def wait(self, timeout_s: float) -> int | None:
        """Wait for the end: return the exit code, or None if it still runs after ``timeout_s``."""
        try:
            return self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return None

    def stop(self, number: signal.Signals = signal.SIGTERM, timeout_s: float = 10.0) -> int:
        """Ask it to end, and after ``timeout_s`` seconds end it.

        Returns:
            The exit code.
        """
        self.send(number)
        code = self.wait(timeout_s)
        if code is None:
            self._process.kill()
            code = self._process.wait()
        return code


def run(command: Command, timeout_s: float) -> None:
    """Run a program to its end.

    Raises:
        StartError: it failed or took longer than ``timeout_s`` seconds.
    """
    child = Child(command)
    code = child.wait(timeout_s)
    if code is None:
        child.stop(signal.SIGKILL)
        raise StartError(
            f"{command.name} did not end within {timeout_s:g} s{log_hint(command.log)}"
        )
    if code != 0:
        raise StartError(f"{command.name} failed with exit code {code}{log_hint(command.log)}")


def log_hint(log: Path | None) -> str:
    """What the end of a log says, as the tail of an error message."""
    if log is None or not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - _TAIL_BYTES))
        lines = file.read().decode(errors="replace").strip().splitlines()[-8:]
    return f"; {log} ends with:\n" + "\n".join(f"  {line}" for line in lines)


def wait_until(condition: Callable[[], bool], timeout_s: float) -> bool:
    """Poll until the condition holds: True, or False after ``timeout_s`` seconds."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_S)
    return True
