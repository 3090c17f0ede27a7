"""Keeps servers and components running.

Whatever dies is started again, after a wait that doubles while it keeps dying. Nothing that one of
them raises, and no reader who has gone, ends the supervision of the others.
"""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal

from config.embedded import RestartParams
from local.servers.process import StartError
from local.servers.server import Server

_POLL_S: Final = 0.05

Unit = Literal["starting", "running", "waiting", "stopped"]
Report = Callable[[str], None]
"""Takes one sentence about each notable start, death and restart."""


@dataclass(frozen=True)
class UnitStatus:
    """How one server or component is.

    Attributes:
        name: unique.
        state: ``starting`` until it answers, ``waiting`` before the next try, ``stopped`` for good.
        pid: of its process, None without one.
        restarts: since the supervisor started.
        last_exit: exit code of its last death, minus the signal that killed it; None before the
            first.
    """

    name: str
    state: Unit
    pid: int | None
    restarts: int
    last_exit: int | None


def delay(params: RestartParams, failures: int) -> timedelta:
    """The wait before the next start, after so many failures in a row (1 or more).

    >>> [delay(RestartParams(), n).total_seconds() for n in (1, 2, 3, 50)]
    [0.1, 0.2, 0.4, 10.0]
    """
    doubled = params.first_delay * (1 << min(failures - 1, 30))
    return min(params.longest_delay, doubled)


class _Watched:
    """One server under supervision. Only the supervisor's thread changes it."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.state: Unit = "running" if server.alive() else "waiting"
        self.started_s = time.monotonic()
        self.retry_s = self.started_s
        self.failures = 0
        self.restarts = -1 if self.state == "waiting" else 0
        self.last_exit: int | None = None

    def tick(self, params: RestartParams, report: Report) -> None:
        """Look once. Whatever that raises may be better the next time."""
        try:
            self._look(params, report)
        except (Exception, SystemExit) as error:
            what = str(error) if isinstance(error, StartError | OSError) else repr(error)
            self._failed(what, params, report)

    def _look(self, params: RestartParams, report: Report) -> None:
        now_s = time.monotonic()
        if self.state == "waiting":
            if now_s >= self.retry_s:
                self._launch()
        elif not self.server.alive():
            self.last_exit = (
                self.server.child.exit_code() if self.server.child is not None else None
            )
            log = self.server.command().log
            self._failed(
                f"died with exit code {self.last_exit}{f' (its log: {log})' if log else ''}",
                params,
                report,
            )
        elif self.state == "starting" and self.server.ready():
            self.state = "running"
            if self.restarts > 0:
                report(f"{self.server.name} runs again")

    def _launch(self) -> None:
        self.started_s = time.monotonic()
        self.restarts += 1
        self.server.launch()
        self.state = "starting"

    def _failed(self, what: str, params: RestartParams, report: Report) -> None:
        now_s = time.monotonic()
        settled = now_s - self.started_s >= params.settled_after.total_seconds()
        self.failures = 1 if settled else self.failures + 1
        wait_s = delay(params, self.failures).total_seconds()
        self.state, self.retry_s = "waiting", now_s + wait_s
        report(f"{self.server.name} {what}; next try in {wait_s:g} s")

    def status(self) -> UnitStatus:
        pid = (
            self.server.child.pid
            if self.server.child is not None and self.state != "waiting"
            else None
        )
        return UnitStatus(self.server.name, self.state, pid, max(0, self.restarts), self.last_exit)


class Supervisor:
    """Runs servers from `start` to `stop`, in a thread of its own.

    Args:
        servers: running ones are only watched, others started; stopped in reverse order of these
            groups, the members of one group at once.
        params: the restart policy.
        report: told what happens, from the supervisor's thread.
    """

    def __init__(
        self, servers: Iterable[Sequence[Server]], params: RestartParams, report: Report
    ) -> None:
        self._groups = [list(group) for group in servers]
        self._watched = [_Watched(server) for group in self._groups for server in group]
        self._params = params
        self._report = report
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="supervisor", daemon=True)

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def status(self) -> list[UnitStatus]:
        """How each one is now; any thread may ask."""
        return [watched.status() for watched in self._watched]

    def stop(self) -> None:
        """Stop everything.

        Bounded by the sum over the groups of their longest ``stop_timeout_s``.
        """
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        for group in reversed(self._groups):
            for server in group:
                server.ask_to_stop()
            for server in group:
                server.join()
        for watched in self._watched:
            watched.state = "stopped"

    def _run(self) -> None:
        while not self._stop.is_set():
            for watched in self._watched:
                watched.tick(self._params, self._say)
            self._stop.wait(_POLL_S)

    def _say(self, text: str) -> None:
        """Report what can be reported: the terminal may be gone, and the disk of a file full."""
        with suppress(Exception, SystemExit):  # rich ends the thread when a pipe is broken
            self._report(text)
