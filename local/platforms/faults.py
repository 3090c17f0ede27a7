"""Faults that the sandboxes inject on command, so that tests can prove retry safety.

``POST /_sandbox/faults`` with ``{"kind":"reset_after","operation":"add","times":2}`` queues one;
each matching request uses one up; ``GET`` lists what is left and ``DELETE`` forgets it. Faults of
the line are the same for every platform; a platform adds errors in its own words, and special
faults that its sandbox asks for where they happen (an audience that vanishes, a partial result).
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from collections.abc import Set as AbstractSet
from typing import Final

from fastapi import FastAPI, HTTPException, Response
from fastapi.responses import HTMLResponse, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

LINE: Final = frozenset({"timeout", "slow", "reset_before", "reset_after", "html"})
ANY: Final = "any"
OPERATIONS: Final = frozenset({"find", "create", "add", "remove", "read", "delete"})
"""The names that all sandboxes have for their requests."""


class Fault(BaseModel):
    """One queued fault.

    Attributes:
        kind: what goes wrong. ``timeout`` hangs and then drops the connection, ``reset_before`` and
            ``reset_after`` drop it before and after the request was applied, ``html`` answers a
            page, ``slow`` answers late; the rest are the platform's own.
        operation: which requests it hits, by the sandbox's names for them, or ``any``.
        times: how many of them.
        seconds: for ``timeout`` and ``slow``.
    """

    model_config = ConfigDict(extra="forbid")

    kind: str
    operation: str = ANY
    times: int = Field(1, ge=1)
    seconds: float = Field(1.0, ge=0)


async def _cut_off() -> AsyncIterator[bytes]:
    yield b"{"


def _truncated() -> Response:
    """Break the connection in the middle of the answer.

    The server closes it when less comes than was announced.
    """
    return StreamingResponse(_cut_off(), headers={"content-length": "64"})


class Faults:
    """The queue of faults, in the order they were asked for.

    Args:
        errors: kind → the platform's answer in place of the real one; the request is not applied.
        special: kinds that the sandbox itself asks for, by `taken`.
        more: operations that the platform has besides.
    """

    def __init__(
        self,
        errors: Mapping[str, Callable[[], Response]],
        special: AbstractSet[str] = frozenset(),
        more: AbstractSet[str] = frozenset(),
    ) -> None:
        self.queue: list[Fault] = []
        self._errors = errors
        self._operations = OPERATIONS | more | {ANY}
        self._special = special
        self.kinds = LINE | errors.keys() | special

    def put(self, fault: Fault) -> None:
        """Queue one.

        Raises:
            ValueError: its kind or its operation is unknown here.
        """
        if fault.kind not in self.kinds:
            raise ValueError(f"kind must be one of {sorted(self.kinds)}")
        if fault.operation not in self._operations:
            raise ValueError(f"operation must be one of {sorted(self._operations)}")
        self.queue.append(fault)

    def taken(self, kind: str, operation: str) -> bool:
        """Use up one special fault of this kind, where one concerns this operation."""
        return self._next(operation, lambda fault: fault.kind == kind) is not None

    async def around(self, operation: str, answer: Callable[[], Awaitable[Response]]) -> Response:
        """Answer a request, or make it fail."""
        fault = self._next(operation, lambda fault: fault.kind not in self._special)
        if fault is None:
            return await answer()
        match fault.kind:
            case "html":
                return HTMLResponse("<html><body>Service Unavailable</body></html>")
            case "reset_before":
                return _truncated()
            case "reset_after":
                await answer()
                return _truncated()
            case "timeout":
                await asyncio.sleep(fault.seconds)
                return _truncated()
            case "slow":
                await asyncio.sleep(fault.seconds)
                return await answer()
        return self._errors[fault.kind]()

    def _next(self, operation: str, suits: Callable[[Fault], bool]) -> Fault | None:
        for fault in self.queue:
            if fault.operation in {ANY, operation} and suits(fault):
                fault.times -= 1
                if fault.times == 0:
                    self.queue.remove(fault)
                return fault
        return None


def add_routes(app: FastAPI, faults: Faults) -> None:
    """Serve ``/_sandbox/faults``."""

    @app.post("/_sandbox/faults", status_code=201)
    async def add_fault(fault: Fault) -> list[Fault]:
        try:
            faults.put(fault)
        except ValueError as error:
            raise HTTPException(422, str(error)) from error
        return faults.queue

    @app.get("/_sandbox/faults")
    async def list_faults() -> list[Fault]:
        return faults.queue

    @app.delete("/_sandbox/faults", status_code=204)
    async def clear_faults() -> None:
        faults.queue.clear()
