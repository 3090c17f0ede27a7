"""Finds the stack that runs in a folder.

What `local.stack.stack` leaves there for other commands.
"""

import json
import shutil
from pathlib import Path
from typing import Final

from local.servers import claim
from local.servers.process import StartError, wait_until

LOCK: Final = "stack.lock"
"""Held while a stack runs."""
ADDRESSES: Final = "stack.json"
"""The variables that point at it."""
_END_TIMEOUT_S: Final = 30.0


def running_environment(data_dir: Path) -> dict[str, str] | None:
    """The variables that point at the stack running in a folder; None when none does."""
    file = data_dir / ADDRESSES
    if claim.holder(data_dir / LOCK) is None or not file.exists():
        return None
    variables: dict[str, str] = json.loads(file.read_text())
    return variables


def clear_folder(data_dir: Path) -> None:
    """Remove a folder with everything in it, after what a killed stack left behind has ended.

    Raises:
        StartError: a stack runs in it, or its servers do not end.
    """
    if not data_dir.exists():
        return
    owner = claim.holder(data_dir / LOCK)
    if owner is not None:
        raise StartError(f"a stack (process {owner}) runs in {data_dir}: stop it first")
    locks = list(data_dir.glob("*.lock"))
    if not wait_until(lambda: all(claim.holder(lock) is None for lock in locks), _END_TIMEOUT_S):
        raise StartError(f"servers of an earlier stack still run in {data_dir}")
    shutil.rmtree(data_dir)
