"""A client that goes away: what it asked for ends, and what others wait for does not."""

import asyncio
import json
import socket
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest
from starlette.types import Message, Receive, Scope, Send

from api.web.concurrency import ConcurrencyLimit
from api.web.connected import Connected, while_connected
from api.web.errors import ClientDisconnectedError
from local.servers.process import wait_until
from tests.api.conftest import Tenant

ASKED: dict[str, tuple[str, dict[str, Any]]] = {
    "/cdp/segments/preview": ("profiles", {"rule": {"type": "all", "of": []}}),
    "/cdp/gate/rejudge": (
        "decisions",
        {"since": "2026-03-01T00:00:00Z", "until": "2026-03-02T00:00:00Z", "thresholds": {}},
    ),
}
"""Heavy reads: what is asked, and a table that they read."""


def asking(work: Callable[[], Any], messages: list[Message]) -> Any:
    """What `work` says to a client that sends these messages, one at each look, then nothing."""

    async def run() -> Any:
        answers: list[Any] = []

        async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
            answers.append(await work())

        async def receive() -> Message:
            await asyncio.sleep(0)
            return messages.pop(0) if messages else await asyncio.Future()

        async def send(_message: Message) -> None:
            raise AssertionError

        await Connected(app)({"type": "http"}, receive, send)
        return answers[0]

    return asyncio.run(run())


async def in_time() -> str:
    async with while_connected():
        await asyncio.sleep(0.01)
    return "done"


async def for_ever() -> str:
    async with while_connected():
        await asyncio.Future()
    return "never"


def test_work_ends_as_soon_as_its_client_is_gone() -> None:
    gone: list[Message] = [{"type": "http.request"}, {"type": "http.disconnect"}]
    with pytest.raises(ClientDisconnectedError):
        asking(for_ever, gone)


def test_work_whose_client_stays_is_done() -> None:
    assert asking(in_time, [{"type": "http.request"}]) == "done"
    assert asyncio.run(in_time()) == "done"  # nobody asks over a connection


@pytest.mark.parametrize("steps", range(8))
def test_a_client_that_goes_at_the_end_leaves_nothing_behind(steps: int) -> None:
    async def work() -> str:
        try:
            async with while_connected():
                for _ in range(steps):
                    await asyncio.sleep(0)
        except ClientDisconnectedError:
            pass
        await asyncio.sleep(0.01)  # a cancellation that comes late would show here
        return "on"

    assert asking(work, [{"type": "http.disconnect"}]) == "on"


def test_a_timeout_of_the_work_itself_stays_one() -> None:
    async def late() -> None:
        async with while_connected(), asyncio.timeout(0.01):
            await asyncio.Future()

    with pytest.raises(TimeoutError):
        asking(late, [])


def test_who_waits_gets_the_turn_of_a_client_that_is_gone() -> None:
    async def run() -> str:
        limit = ConcurrencyLimit("reads", at_once=1)
        held, gone = asyncio.Event(), asyncio.Event()

        async def receive() -> Message:
            await gone.wait()
            return {"type": "http.disconnect"}

        async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
            async with limit.slot(1):
                held.set()
                await asyncio.Future()

        async def send(_message: Message) -> None:
            raise AssertionError

        async def wait() -> str:
            async with limit.slot(2):
                return "served"

        first = asyncio.create_task(Connected(app)({"type": "http"}, receive, send))
        await held.wait()
        second = asyncio.create_task(wait())
        await asyncio.sleep(0)
        gone.set()
        with pytest.raises(ClientDisconnectedError):
            await first
        async with asyncio.timeout(5):
            return await second

    assert asyncio.run(run()) == "served"


@pytest.mark.parametrize("path", ASKED)
def test_postgres_stops_working_for_a_client_that_is_gone(
    path: str, address: str, tenant: Tenant, postgres_dsn: str
) -> None:
    table, body = ASKED[path]
    content = json.dumps(body)
    head = (
        f"POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {tenant.read}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(content)}\r\n\r\n"
    )
    held_up = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )

    def waiting() -> int:
        with psycopg.connect(postgres_dsn) as conn:
            row = conn.execute(held_up).fetchone()
            assert row is not None
            return int(row[0])

    with psycopg.connect(postgres_dsn) as conn:
        conn.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE".encode())
        with socket.create_connection((urlsplit(address).hostname, urlsplit(address).port)) as one:
            one.sendall((head + content).encode())
            assert wait_until(lambda: waiting() == 1, 30)
        assert wait_until(lambda: waiting() == 0, 10)
    with httpx.Client(base_url=address, headers={"authorization": f"Bearer {tenant.read}"}) as http:
        assert http.post(path, json=body, timeout=30).status_code == 200
