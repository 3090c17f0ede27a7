"""Hot lookup of a profile by identifier over HTTP on loopback, at a steady rate.

Beside a bare route that does one GET of Redis.

Requests leave on schedule, whether earlier ones were answered or not, and their time runs from the
scheduled instant: a stall is paid by every request that it delays.
"""

import asyncio
import os
import random
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import redis

from benchmarks.profiles.people import settle
from benchmarks.support.figures import Report, percentile
from benchmarks.support.stack import Bench, bench_stack, stop, wait_for

RATE_PER_S = 500
SECONDS = 4.0
PEOPLE = 20_000
HOT = 2_000
CONNECTIONS = 16
AIM_MS = 5.0


@dataclass
class _Connection:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def get(self, path: str, headers: str) -> bytes:
        self.writer.write(f"GET {path} HTTP/1.1\r\nhost: bench\r\n{headers}\r\n".encode())
        head = await self.reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"not answered: {head.partition(bytes([13]))[0].decode()}")
        length = next(
            line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")
        )
        return await self.reader.readexactly(int(length.partition(b":")[2]))


async def _drive(port: int, paths: list[str], headers: str, rate_per_s: float) -> list[float]:
    """Ask for every path on schedule; milliseconds from the scheduled instant to the last byte."""
    idle: asyncio.Queue[_Connection] = asyncio.Queue()
    for _ in range(CONNECTIONS):
        idle.put_nowait(_Connection(*await asyncio.open_connection("127.0.0.1", port)))
    took: list[float] = []

    async def ask(path: str, due: float) -> None:
        connection = await idle.get()
        await connection.get(path, headers)
        took.append((time.perf_counter() - due) * 1000)
        idle.put_nowait(connection)

    began = time.perf_counter() + 0.05
    async with asyncio.TaskGroup() as tasks:
        for number, path in enumerate(paths):
            due = began + number / rate_per_s
            if (wait := due - time.perf_counter()) > 0:
                await asyncio.sleep(wait)
            tasks.create_task(ask(path, due))
    while not idle.empty():
        idle.get_nowait().writer.close()
    return took


@contextmanager
def _serving(start: Callable[[int], subprocess.Popen[bytes]], path: str) -> Iterator[int]:
    """Start a server on a free port and wait until it answers on a path, with whatever status."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])

    def answers() -> bool:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=1).close()
        except urllib.error.HTTPError as error:
            error.close()
        except OSError:
            return False
        return True

    process = start(port)
    try:
        wait_for(answers, 30, "the server answers")
        yield port
    finally:
        stop([process])


def _bare(bench: Bench) -> Callable[[int], subprocess.Popen[bytes]]:
    def start(port: int) -> subprocess.Popen[bytes]:
        command = [
            sys.executable,
            "-m",
            "uvicorn",
            "benchmarks.profiles.bare_get:app",
            "--loop",
            "uvloop",
            "--no-access-log",
            "--port",
            str(port),
        ]
        environment = {**os.environ, "BENCH_REDIS_URL": bench.valkey_url}
        return subprocess.Popen(
            command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    return start


def _measure(port: int, path: Callable[[int], str], headers: str) -> list[float]:
    rng = random.Random(1)
    # Warm: fills the projection.
    asyncio.run(_drive(port, [path(number) for number in range(HOT)], headers, RATE_PER_S * 2))
    return asyncio.run(
        _drive(
            port,
            [path(rng.randrange(HOT)) for _ in range(int(RATE_PER_S * SECONDS))],
            headers,
            RATE_PER_S,
        )
    )


def run(report: Report) -> None:
    """Measure the lookup and its reference, one after the other against the same servers."""
    with bench_stack() as bench:
        settle(bench, PEOPLE)
        authorization = f"authorization: Bearer {bench.keys.api_key}\r\n"
        with _serving(
            lambda port: bench.start("api", SERVER__PORT=str(port)), "/cdp/health/live"
        ) as port:
            found = _measure(
                port,
                lambda number: f"/cdp/profiles/lookup?kind=anonymous_id&value=anon-{number}",
                authorization,
            )
        with redis.Redis.from_url(bench.valkey_url) as client:
            for number in range(HOT):
                client.set(f"bench:{number}", b"x" * 1_000)
        with _serving(_bare(bench), "/get?key=bench:0") as port:
            bare = _measure(port, lambda number: f"/get?key=bench:{number}", "")
    p99 = percentile(found, 0.99)
    report.add(
        f"hot profile lookup at {RATE_PER_S}/s",
        f"p50 {percentile(found, 0.5):.2f} ms, p99 {p99:.2f} ms",
        f"bare GET of Redis p50 {percentile(bare, 0.5):.2f} ms, p99"
        f" {percentile(bare, 0.99):.2f} ms",
        f"p99 ≤ {AIM_MS:g} ms",
        met=p99 <= AIM_MS,
    )
