"""One collector process: batches of 100 real-looking events, acknowledged once on disk.

The references say how much of the time is whose: the same bytes taken in and thrown away by a bare
server, and the same bytes only parsed. A busy machine lowers the rate but hardly the processor time
per event, so both are shown.
"""

import asyncio
import json
import os
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from benchmarks.support.figures import Report
from benchmarks.support.serving import Server, serving
from benchmarks.support.stack import bench_stack
from benchmarks.support.workload import messages

BATCH = 100
BATCHES = 200
CONNECTIONS = 32
SECONDS = 5.0
AIM_PER_S = 15_000


class _Body(msgspec.Struct):
    batch: list[msgspec.Raw]


@dataclass(frozen=True)
class _Rate:
    """Events per second of the clock, and microseconds of the server's processor per event."""

    per_s: float
    processor_us: float

    def __str__(self) -> str:
        return f"{self.per_s:,.0f} events/s, {self.processor_us:.1f} µs of processor per event"


def _bodies() -> list[bytes]:
    events = list(messages(BATCH * BATCHES, BATCH * BATCHES // 4))
    batches = (events[start : start + BATCH] for start in range(0, len(events), BATCH))
    return [
        json.dumps(
            {"batch": batch, "sentAt": "2026-11-01T02:14:44.000Z"}, separators=(",", ":")
        ).encode()
        for batch in batches
    ]


async def _connection(port: int, requests: Sequence[bytes], first: int, until_s: float) -> int:
    """Send requests one after the other until the time is up; how many were acknowledged."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    done = 0
    while time.perf_counter() < until_s:
        writer.write(requests[(first + done) % len(requests)])
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")
        )
        await reader.readexactly(int(length.partition(b":")[2]))
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"refused: {head.partition(bytes([13]))[0].decode()}")
        done += 1
    writer.close()
    return done


async def _load(port: int, requests: Sequence[bytes], seconds: float) -> int:
    until_s = time.perf_counter() + seconds
    places = range(0, len(requests), max(1, len(requests) // CONNECTIONS))
    return sum(
        await asyncio.gather(*(_connection(port, requests, place, until_s) for place in places))
    )


def _measure(
    server: Server, bodies: Sequence[bytes], write_key: str, seconds: float = SECONDS
) -> _Rate:
    key = b64encode(f"{write_key}:".encode()).decode()
    head = (
        f"POST /v1/batch HTTP/1.1\r\nhost: bench\r\nauthorization: Basic {key}\r\ncontent-type:"
        " application/json\r\ncontent-length: "
    )
    requests = [head.encode() + b"%d\r\n\r\n" % len(body) + body for body in bodies]
    asyncio.run(_load(server.port, requests, seconds / 10))  # warm
    processor_s, began = server.processor_s(), time.perf_counter()
    events = asyncio.run(_load(server.port, requests, seconds)) * BATCH
    took_s = time.perf_counter() - began
    return _Rate(events / took_s, (server.processor_s() - processor_s) / events * 1e6)


def _bare(port: int) -> subprocess.Popen[bytes]:
    command = [
        sys.executable,
        "-m",
        "uvicorn",
        "benchmarks.intake.bare_intake:app",
        "--loop",
        "uvloop",
        "--http",
        "httptools",
        "--no-access-log",
    ]
    return subprocess.Popen(
        [*command, "--port", str(port)],
        env={**os.environ},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _parse_us(bodies: Sequence[bytes]) -> float:
    """Microseconds per event to split the bodies into their events, nothing more."""
    decoder, began = msgspec.json.Decoder(_Body), time.process_time()
    for body in bodies:
        decoder.decode(body)
    return (time.process_time() - began) / len(bodies) / BATCH * 1e6


def run(report: Report) -> None:
    """Measure the collector and its references, one after the other."""
    bodies = _bodies()
    with serving(_bare, "/") as server:
        bare = _measure(server, bodies, "key")
    with (
        bench_stack() as bench,
        serving(
            lambda port: bench.start("api", SERVER__PORT=str(port)), "/cdp/health/live"
        ) as server,
    ):
        found = _measure(server, bodies, bench.keys.write_key)
    report.add(
        f"collector, one process, batches of {BATCH}",
        str(found),
        f"bare server: {bare}; parsing alone {_parse_us(bodies):.1f} µs",
        f"≥ {AIM_PER_S:,}/s",
        met=found.per_s >= AIM_PER_S,
    )
