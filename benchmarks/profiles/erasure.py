"""Erasures: one person with many events, and many people beside live traffic.

The references are a bare DELETE of as many events, and the same probes before anybody is erased.
"""

import json
import threading
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, LiteralString

import httpx
import psycopg

from benchmarks.intake.latency import WARM_UP_S, probe
from benchmarks.support.figures import Report, percentile
from benchmarks.support.stack import Bench, bench_of, wait_for
from benchmarks.support.traffic import flowing
from config.load import load_settings
from domain.instants import to_ms
from domain.intake.envelope import encode_event, encode_sealed
from domain.keys import command_id, identifier_key
from local.stack.stack import Stack

EVENTS_EACH = 5
ASKED_PER_S = 75
"""Erasures that are asked for while others are carried out."""
PATIENCE_S = 900.0
_REMOVED: Final = "SELECT count(*) FROM erasures"
_COMPLETED: Final = "SELECT count(*) FROM erasures WHERE completed_at IS NOT NULL"


def run(report: Report, events: int = 10_000, people: int = 10_000) -> None:
    """Measure one person of so many events, then so many people beside 1,000 events/s."""
    with TemporaryDirectory(prefix="stratum-bench-") as folder:
        settings = load_settings(
            environ={"STRATUM_DATA_DIR": str(Path(folder) / "data"), "STRATUM_SERVER__PORT": "0"}
        )
        with Stack(settings) as stack:
            stack.wait_until_running(90)
            if stack.addresses is None:
                raise RuntimeError("the stack has no addresses")
            bench, partitions = bench_of(stack), settings.log.partitions
            _one(report, bench, stack.addresses.api, partitions, events)
            _many(report, bench, stack.addresses.api, partitions, people)


def _person(number: int, events: int) -> list[bytes]:
    received = to_ms(datetime.now(UTC) - timedelta(hours=1))
    return [
        encode_event(
            1,
            received + place,
            0,
            json.dumps(
                {
                    "type": "track",
                    "event": "Viewed",
                    "userId": f"erased-{number}",
                    "anonymousId": f"device-{number}",
                    "messageId": f"{number}-{place}",
                    "timestamp": received + place,
                    "properties": {"sku": place, "price": 12.5},
                    "context": {"traits": {"email": f"erased-{number}@example.com"}},
                }
            ).encode(),
        )
        for place in range(events)
    ]


def _one(report: Report, bench: Bench, address: str, partitions: int, events: int) -> None:
    """A person with many events: preview, and erasure until it is completed."""
    for number in (-1, -2):
        bench.fill(_person(number, events), "stratum.events", partitions)
    wait_for(lambda: bench.accepted() >= 2 * events, PATIENCE_S, "two people are there")
    with httpx.Client(
        base_url=address, headers={"x-api-key": bench.keys.api_key}, timeout=60, trust_env=False
    ) as ask:
        whom = {"identifier": {"kind": "user_id", "value": "erased--1"}}
        started = time.perf_counter()
        ask.post("/cdp/privacy/erasures/preview", json=whom).raise_for_status()
        previewed = time.perf_counter() - started
        started = time.perf_counter()
        asked = ask.post("/cdp/privacy/erasures", json={**whom, "reason": "a benchmark"})
        path = f"/cdp/privacy/requests/{asked.raise_for_status().json()['id']}"
        wait_for(
            lambda: ask.get(path).json()["status"] in ("processing", "completed"), 60, "removed"
        )
        removed = time.perf_counter() - started
        wait_for(lambda: ask.get(path).json()["status"] == "completed", 120, "completed")
        completed = time.perf_counter() - started
    with bench.connect() as connection:
        salt = _salt(connection)
        started = time.perf_counter()
        connection.execute(
            "DELETE FROM events WHERE leaf = %s",
            (identifier_key(salt, "user_id", "erased--2").hex(),),
        )
        bare = time.perf_counter() - started
    report.add(
        f"preview of a person with {events:,} events",
        f"{previewed * 1000:.0f} ms",
        "",
        "≤ 1 s",
        met=previewed <= 1,
    )
    report.add(
        f"erasure of a person with {events:,} events",
        f"removed {removed:.2f} s, completed {completed:.2f} s",
        f"bare DELETE of the events {bare:.2f} s",
        "completed ≤ 10 s",
        met=completed <= 10,
    )


def _salt(connection: psycopg.Connection) -> bytes:
    row = connection.execute("SELECT salt FROM workspaces").fetchone()
    if row is None:
        raise RuntimeError("there is no workspace")
    return bytes(row[0])


def _many(report: Report, bench: Bench, address: str, partitions: int, people: int) -> None:
    """Many people while others are sent and asked for."""
    before = bench.accepted()
    records = [record for number in range(people) for record in _person(number, EVENTS_EACH)]
    bench.fill(records, "stratum.events", partitions)
    wait_for(lambda: bench.accepted() >= before + len(records), PATIENCE_S, "everybody is there")
    with bench.connect() as connection:
        salt = _salt(connection)
        (count,) = connection.execute("SELECT count(*) FROM erasures").fetchone() or (0,)
    write_key, api_key = bench.keys.write_key, bench.keys.api_key
    with flowing(address, write_key) as traffic:
        time.sleep(WARM_UP_S)
        calm, _ = probe(address, write_key, api_key, "calm")
        began, sent = time.perf_counter(), traffic.sent
        ask = partial(_paced, bench, _commands(salt, people), partitions)
        asking = threading.Thread(target=ask)
        asking.start()
        busy, _ = probe(address, write_key, api_key, "busy")
        asking.join()
        removed = _until(bench, _REMOVED, count + people, began)
        rate = traffic.rate(sent, time.perf_counter() - began)
        completed = _until(bench, _COMPLETED, count + people, began)
    quiet, loud = percentile(calm, 0.99) * 1000, percentile(busy, 0.99) * 1000
    report.add(
        f"{people:,} erasures beside {rate:,.0f} events/s",
        f"{people / removed:,.0f}/s removed, {people / completed:,.0f}/s completed",
        f"live p99 {loud:.0f} ms, {quiet:.0f} ms before",
        "≥ 50/s, live p99 at most doubled",
        met=people / completed >= 50 and loud <= 2 * quiet,
    )


def _paced(bench: Bench, commands: list[bytes], partitions: int) -> None:
    """Append commands at `ASKED_PER_S`, as an API does that people and tools ask."""
    step = max(1, ASKED_PER_S // 10)
    began = time.perf_counter()
    for place in range(0, len(commands), step):
        bench.fill(commands[place : place + step], "stratum.events", partitions)
        time.sleep(max(0.0, began + (place + step) / ASKED_PER_S - time.perf_counter()))


def _commands(salt: bytes, people: int) -> list[bytes]:
    at_ms = to_ms(datetime.now(UTC))
    kinds = {"user_id": "erased-{}", "anonymous_id": "device-{}", "email": "erased-{}@example.com"}
    return [
        encode_sealed(
            salt,
            at_ms,
            json.dumps(
                {
                    "kind": "erase",
                    "workspace": 1,
                    "id": command_id(salt, "erase", number + 1_000_000),
                    "identifiers": [
                        identifier_key(salt, kind, form.format(number)).hex()
                        for kind, form in kinds.items()
                    ],
                    "reason": "a benchmark",
                }
            ).encode(),
        )
        for number in range(people)
    ]


def _until(bench: Bench, counted: LiteralString, wanted: int, began: float) -> float:
    """Seconds until so many are counted."""
    with bench.connect() as connection:

        def reached() -> bool:
            time.sleep(0.2)
            row = connection.execute(counted).fetchone()
            return row is not None and row[0] >= wanted

        wait_for(reached, PATIENCE_S, f"{wanted}: {counted}")
    return time.perf_counter() - began
