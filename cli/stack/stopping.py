"""Being asked to stop by SIGTERM or SIGINT, however many come at once.

A signal's handler runs between two instructions of the main thread, and a second one's within the
first: what it does may take no lock. `threading.Event` takes one, and two signals that are close to
each other – to a process, and to its group – would make it hang for ever.
"""

import os
import select
import signal
from typing import Final

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


class Stopping:
    """Whether this process was asked to stop.

    Make one per process; what it holds is held until the process ends.
    """

    def __init__(self) -> None:
        self._asked = False
        self._heard, self._said = os.pipe()
        os.set_blocking(self._said, False)

    def at_signals(self) -> "Stopping":
        """From now on SIGTERM and SIGINT ask; answers itself. Only in the main thread."""
        for number in _SIGNALS:
            signal.signal(number, lambda *_: self.ask())
        return self

    def ask(self) -> None:
        """Ask this process to stop; from a handler, too, and as often as anybody likes."""
        if not self._asked:
            self._asked = True
            os.write(self._said, b".")

    def is_set(self) -> bool:
        """Whether somebody has asked."""
        return self._asked

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until somebody asks, at most so many seconds; answers whether somebody has."""
        select.select([self._heard], [], [], timeout_s)
        return self._asked
