"""Faults that the Meta sandbox injects on command, so that retry safety can be shown and not only claimed.

``POST /_sandbox/faults`` with ``{"kind":"reset_after","operation":"add","times":2}`` queues one; each matching request uses one up.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Literal

from fastapi import Response
from fastapi.responses import HTMLResponse, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from local.meta_contract import GraphError

Kind = Literal["error_500", "throttle", "timeout", "reset_before", "reset_after", "html", "expired_token", "terms", "slow"]
Target = Literal["any", "find", "create", "add", "remove", "read", "delete"]


class Fault(BaseModel):
    """One queued fault.

    Attributes:
        kind: what goes wrong; ``timeout`` hangs and then drops the connection, ``reset_after`` drops it once the request was applied.
        operation: which requests it hits: find, create, add, remove, read, delete, or any.
        times: how many of them.
        seconds: for ``timeout`` and ``slow``.
    """

    model_config = ConfigDict(extra="forbid")

    kind: Kind
    operation: Target = "any"
    times: int = Field(1, ge=1)
    seconds: float = Field(1.0, ge=0)


async def _cut_off() -> AsyncIterator[bytes]:
    yield b"{"


def _truncated() -> Response:
    """Break the connection in the middle of the answer: the server closes it when less comes than was announced."""
    return StreamingResponse(_cut_off(), headers={"content-length": "64"})


class Faults:
    """The queue of faults, in the order they were asked for."""

    def __init__(self) -> None:
        self.queue: list[Fault] = []

    def next_for(self, operation: str) -> Fault | None:
        """Use up one fault that concerns this operation."""
        for fault in self.queue:
            if fault.operation in {"any", operation}:
                fault.times -= 1
                if fault.times == 0:
                    self.queue.remove(fault)
                return fault
        return None

    async def around(self, operation: str, answer: Callable[[], Awaitable[Response]]) -> Response:
        """Answer a request, or let it go wrong."""
        fault = self.next_for(operation)
        match fault.kind if fault else None:
            case "error_500":
                raise GraphError(2, "An unexpected error has occurred. Please retry your request later.", 0, 500, True)
            case "throttle":
                raise GraphError(80003, "There have been too many calls to this ad-account.", status=429)
            case "expired_token":
                raise GraphError(190, "Error validating access token: Session has expired", 463)
            case "terms":
                raise GraphError(200, "Permissions error", 1870090, 403)
            case "html":
                return HTMLResponse("<html><body>Service Unavailable</body></html>")
            case "reset_before":
                return _truncated()
            case "reset_after":
                await answer()
                return _truncated()
            case "timeout" | "slow" as kind:
                await asyncio.sleep(fault.seconds if fault else 0)
                return _truncated() if kind == "timeout" else await answer()
        return await answer()
