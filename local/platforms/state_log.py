"""The append log behind a sandbox, so that a killed one comes back with what it acknowledged.

One JSON object per line, flushed to disk before it is applied. A last line cut off by a crash was
never acknowledged and is dropped.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any


class StateLog:
    """Applies entries and keeps them.

    Args:
        path: the file; None keeps nothing.
        apply: changes the state; called for every entry of the file first.
    """

    def __init__(self, path: Path | None, apply: Callable[[dict[str, Any]], None]) -> None:
        self._apply = apply
        self._file = None
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.exists():
                self._recover(path)
            self._file = path.open("ab")

    def record(self, entry: dict[str, Any]) -> None:
        """Keep one entry and apply it."""
        if self._file is not None:
            self._file.write(json.dumps(entry).encode() + b"\n")
            self._file.flush()
            os.fsync(self._file.fileno())
        self._apply(entry)

    def close(self) -> None:
        """Close the file; nothing is kept afterwards."""
        if self._file is not None:
            self._file.close()

    def _recover(self, path: Path) -> None:
        whole = 0
        with path.open("rb") as lines:
            for line in lines:
                if not line.endswith(b"\n"):
                    break
                self._apply(json.loads(line))
                whole += len(line)
        os.truncate(path, whole)
