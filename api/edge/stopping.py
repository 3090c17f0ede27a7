"""What a response without end must know: that the server stops, and how to cut its connection.

Both have no effect under another server.
"""

import asyncio
from typing import Final

from starlette.types import Scope

STOPPING: Final = "server_stopping"
CUT: Final = "cut_connection"
"""Keys of a request's ASGI state."""


def stopping(scope: Scope) -> asyncio.Event:
    """Is set when the server begins to stop."""
    found: asyncio.Event | None = scope.get("state", {}).get(STOPPING)
    return found or asyncio.Event()


def cut(scope: Scope) -> None:
    """Close a request's connection, whatever is still to be written."""
    abort = scope.get("state", {}).get(CUT)
    if abort is not None:
        abort()
