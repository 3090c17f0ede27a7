"""A long-running program: started, awaited, stopped, and started again at the same addresses."""

import os
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import Self

from local.servers import claim
from local.servers.process import Child, Command, StartError, log_hint, wait_until


class Server:
    """What runs until it is stopped. Subclasses say what to run and how to see that it answers.

    Args:
        lock: file that the program and its own children hold while they run, so that two never
            share one folder; None where they may.
    """

    name: str
    stop_signal: signal.Signals = signal.SIGTERM
    start_timeout_s: float = 60.0
    stop_timeout_s: float = 20.0

    def __init__(self, lock: Path | None = None) -> None:
        self.child: Child | None = None
        self._lock = lock

    def command(self) -> Command:
        """What to run."""
        raise NotImplementedError

    def prepare(self) -> None:
        """Make ready what it needs.

        Runs before every start, alone in its folder, and may find everything there.
        """

    def ready(self) -> bool:
        """Whether it answers."""
        return self.alive()

    def alive(self) -> bool:
        """Whether its process runs."""
        return self.child is not None and self.child.exit_code() is None

    def launch(self) -> None:
        """Start the process without waiting for an answer; nothing happens when it runs.

        Raises:
            StartError: it cannot be prepared or started.
        """
        if self.alive():
            return
        held = None if self._lock is None else self._take(self._lock)
        try:
            self.prepare()
            command = self.command()
            if held is not None:
                command = replace(command, pass_fds=(*command.pass_fds, held))
            self.child = Child(command)
            if held is not None:
                claim.sign(held, self.child.pid)
        finally:
            if held is not None:
                os.close(held)

    def start(self) -> Self:
        """Start, and wait until it answers.

        Raises:
            StartError: it died or did not answer in time.
        """
        self.launch()
        if (
            not wait_until(lambda: self.ready() or not self.alive(), self.start_timeout_s)
            or not self.alive()
        ):
            state = "does not answer" if self.alive() else "died at its start"
            self.stop()
            raise StartError(f"{self.name} {state}{log_hint(self.command().log)}")
        return self

    def ask_to_stop(self) -> None:
        """Send the stop signal and return at once."""
        if self.child is not None:
            self.child.send(self.stop_signal)

    def join(self) -> None:
        """Wait for the end it was asked for, at most ``stop_timeout_s`` seconds, then end it."""
        if self.child is not None:
            if self.child.wait(self.stop_timeout_s) is None:
                self.child.stop(signal.SIGKILL)
            self.child = None

    def stop(self) -> None:
        """Stop within ``stop_timeout_s`` seconds; nothing happens when it does not run."""
        self.ask_to_stop()
        self.join()

    def restart(self) -> Self:
        """Stop and start at the same addresses."""
        self.stop()
        return self.start()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _take(self, lock: Path) -> int:
        lock.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        held = claim.take(lock)
        if held is None:  # what a killed parent left behind is on its way out, or has to be told
            leftover = claim.holder(lock)
            if leftover and sys.platform != "linux":
                os.kill(leftover, self.stop_signal)
            held = claim.take(lock, self.stop_timeout_s)
        if held is None:
            raise StartError(
                f"{self.name} of an earlier start still runs (process {claim.holder(lock)}) and"
                f" holds {lock}"
            )
        return held
