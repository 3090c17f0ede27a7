"""Applications served on a free loopback port by a thread of the test's process."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import uvicorn
from fastapi import FastAPI

from api.edge.serving import server_config

_PATIENCE_S = 60.0
_TICK_S = 1.0


class _PromptServer(uvicorn.Server):
    """Uvicorn's server, which begins to stop when asked and not at its next look at the clock."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._asked = asyncio.Event()

    async def main_loop(self) -> None:
        self._loop = asyncio.get_running_loop()
        tick = 0
        while not await self.on_tick(tick):
            tick += 10  # uvicorn counts tenths of a second
            with suppress(TimeoutError):
                async with asyncio.timeout(_TICK_S):
                    await self._asked.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if not self.force_exit:
            return await super().shutdown(sockets)
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        return None

    def stop(self) -> None:
        """Ask it to stop; from any thread."""
        self.should_exit = True
        if self._loop is not None:
            with suppress(RuntimeError):  # it stopped by itself
                self._loop.call_soon_threadsafe(self._asked.set)


@contextmanager
def serving_api(app: FastAPI) -> Iterator[str]:
    """Serve the application as the product does; yields its address."""
    with _serving(server_config(lambda: app, app.state.settings)) as url:
        yield url


@contextmanager
def serving_sandbox(app: FastAPI) -> Iterator[str]:
    """Serve a sandbox or a receiver, which is cut off at the end; yields its address."""
    config = uvicorn.Config(
        app, host="127.0.0.1", port=0, log_level="critical", lifespan="off", ws="none"
    )
    with _serving(config, cut_off=True) as url:
        yield url


@contextmanager
def _serving(config: uvicorn.Config, *, cut_off: bool = False) -> Iterator[str]:
    server = _PromptServer(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        deadline = time.monotonic() + _PATIENCE_S
        while not server.started:
            assert thread.is_alive(), "the server did not start"
            assert time.monotonic() < deadline, "the server did not start in time"
            time.sleep(0.002)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.force_exit = cut_off
        server.stop()
        thread.join(_PATIENCE_S)
        assert not thread.is_alive(), "the server did not stop"
