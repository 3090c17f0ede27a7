"""The shop beside the demo's replay: its week is told in a process of its own, then it lives on."""

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final

from cli.stack.stopping import Stopping
from cli.stack.up import dashboard
from cli.story.tell import tell
from cli.story.week import Told
from domain.instants import MINUTE_MS, to_ms
from local.stack.stack import Stack
from local.story import script, traffic
from local.traffic.sender import CollectorUnavailableError, Item, Sender

_LOOK_S: Final = 0.5
_SIGNALS: Final = "signals"


class Shop:
    """The story and the shop's present.

    Args:
        stack: started; its signals component is restarted once the story is there, because it reads
            what was learned of a signal when it starts.
        stopping: ends it.
        said: told in a sentence what there is to see.
    """

    def __init__(self, stack: Stack, stopping: Stopping, said: Callable[[str], None]) -> None:
        self._stack = stack
        self._stopping = stopping
        self._said = said
        self._thread = threading.Thread(target=self._run, name="shop", daemon=True)

    def begin(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def _run(self) -> None:
        addresses = self._stack.addresses
        if addresses is None:
            return
        told = self._told(self._stack.environment(addresses))
        if isinstance(told, Told):
            self._restart_signals()
            self._said(f"  a week in a shop  {dashboard(addresses.api, told.api_keys['ada'])}")
            self._live(told, addresses.api)
        elif told and not self._stopping.is_set():
            self._said(f"no story to look at: {told}")

    def _told(self, environment: dict[str, str]) -> Told | str:
        spawning = multiprocessing.get_context("spawn")
        here, there = spawning.Pipe(duplex=False)
        teller = spawning.Process(target=tell, args=(environment, there), daemon=True)
        teller.start()
        there.close()
        try:
            while not self._stopping.is_set():
                if here.poll(_LOOK_S):
                    found: Told | str = here.recv()
                    return found
        except EOFError:
            return "its process ended"
        finally:
            teller.terminate()
            teller.join()
        return ""

    def _restart_signals(self) -> None:
        for unit in self._stack.status().units:
            if unit.name == _SIGNALS and unit.pid is not None:
                with suppress(ProcessLookupError):
                    os.kill(unit.pid, signal.SIGTERM)

    def _live(self, told: Told, api: str) -> None:
        """Send what the shop's people do, as it happens."""
        senders = {
            name: Sender(api, key, sent_at=lambda: traffic.stamp(to_ms(datetime.now(UTC))))
            for name, key in told.write_keys.items()
        }
        ended_ms, number = to_ms(told.ended_at), 0
        while not self._stopping.is_set():
            minute = (to_ms(datetime.now(UTC)) - ended_ms) // MINUTE_MS
            for one in traffic.minute(script.WEEK + minute, ended_ms + minute * MINUTE_MS):
                self._sleep_until(one.at_ms)
                if self._stopping.is_set():
                    return
                with suppress(CollectorUnavailableError):
                    for _ in senders[one.source].deliver([[Item(number, one.message)]]):
                        number += 1
            self._sleep_until(ended_ms + (minute + 1) * MINUTE_MS)

    def _sleep_until(self, at_ms: int) -> None:
        while not self._stopping.is_set() and (left := at_ms - to_ms(datetime.now(UTC))) > 0:
            time.sleep(min(left / 1000, _LOOK_S))
