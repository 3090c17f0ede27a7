"""Retention beside live traffic: old dead letters among many, and people who have been inactive.

The references are the same probes before anything goes, and one bare DELETE of as many letters.
"""

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import httpx
import psycopg

from benchmarks.intake.latency import WARM_UP_S, probe
from benchmarks.support.figures import Report, percentile
from benchmarks.support.stack import Bench, bench_of, wait_for
from benchmarks.support.traffic import flowing
from config.load import load_settings
from domain.instants import DAY_MS, to_ms
from domain.intake.envelope import encode_event
from domain.privacy.retention import SETTABLE
from local.stack.stack import Stack

EVENTS_EACH: Final = 20
KEEP_S: Final = 90 * 86_400
PATIENCE_S: Final = 900.0
_LETTERS: Final = """
    INSERT INTO dead_letters (workspace_id, log, partition, position, index, reason, detail,
        payload, recorded_at)
    SELECT workspaces.id, %(log)s, 0, n, 0, 'bad_json', '$', convert_to(repeat('x', 400), 'UTF8'),
        now() - make_interval(days => CASE WHEN n <= %(old)s THEN 200 ELSE 1 END)
    FROM workspaces, generate_series(1, %(letters)s) AS n
"""

_REMOVED: Final = "SELECT (removed->>class)::int FROM retention_runs WHERE class = %s"


def run(report: Report, letters: int = 1_000_000, old: int = 100_000, people: int = 2_000) -> None:
    """Measure so many letters, so many of them old, and so many inactive people."""
    with TemporaryDirectory(prefix="stratum-bench-") as folder:
        settings = load_settings(
            environ={"STRATUM_DATA_DIR": str(Path(folder) / "data"), "STRATUM_SERVER__PORT": "0"}
        )
        with Stack(settings) as stack:
            stack.wait_until_running(90)
            if stack.addresses is None:
                raise RuntimeError("the stack has no addresses")
            bench = bench_of(stack)
            _letters(report, bench, stack.addresses.api, letters, old)
            _people(report, bench, stack.addresses.api, settings.log.partitions, people)


def _letters(report: Report, bench: Bench, address: str, letters: int, old: int) -> None:
    with bench.connect() as connection:
        connection.execute(_LETTERS, {"log": "real", "letters": letters, "old": old})
        connection.execute("ANALYZE dead_letters")
        with connection.transaction(force_rollback=True):
            started = time.perf_counter()
            connection.execute("DELETE FROM dead_letters WHERE id <= %s", (old,))
            bare = old / (time.perf_counter() - started)
        began = time.perf_counter()
        previewed = _preview(bench, address, "dead_letters")
        preview_s = time.perf_counter() - began
        quiet, loud, removed = _beside(bench, address, "dead_letters", old, connection)
    report.add(
        f"preview of {previewed:,} old letters among {letters:,}",
        f"{preview_s * 1000:.0f} ms",
        "",
        "≤ 2 s",
        met=preview_s <= 2,
    )
    report.add(
        f"removal of {old:,} old letters among {letters:,}",
        f"{removed:,.0f}/s, live p99 {loud:.0f} ms",
        f"bare DELETE {bare:,.0f}/s, live p99 {quiet:.0f} ms before",
        "≥ 1,000/s, live p99 at most doubled",
        met=removed >= 1_000 and loud <= 2 * quiet,
    )


def _people(report: Report, bench: Bench, address: str, partitions: int, people: int) -> None:
    before = bench.accepted()
    with bench.connect() as connection:  # people whom the engine has known for long
        connection.execute("ALTER TABLE identifiers ALTER created_at SET DEFAULT '2010-01-01'")
        connection.commit()
    records = [record for number in range(people) for record in _person(number)]
    bench.fill(records, "stratum.events", partitions)
    wait_for(lambda: bench.accepted() >= before + len(records), PATIENCE_S, "everybody is there")
    with bench.connect() as connection:
        quiet, loud, removed = _beside(bench, address, "people", people, connection)
    report.add(
        f"removal of {people:,} inactive people of {EVENTS_EACH} events",
        f"{removed:,.0f}/s, live p99 {loud:.0f} ms",
        f"live p99 {quiet:.0f} ms before",
        "≥ 10/s, live p99 at most doubled",
        met=removed >= 10 and loud <= 2 * quiet,
    )


def _beside(
    bench: Bench, address: str, name: str, count: int, conn: psycopg.Connection[Any]
) -> tuple[float, float, float]:
    """Live p99 in ms before and meanwhile, and how many go per second."""
    write_key, api_key = bench.keys.write_key, bench.keys.api_key
    with flowing(address, write_key):
        time.sleep(WARM_UP_S)
        calm, _ = probe(address, write_key, api_key, f"calm {name}")
        began = time.perf_counter()
        _set(bench, address, name)
        busy, _ = probe(address, write_key, api_key, f"busy {name}")
        wait_for(lambda: _is_done(conn, name), PATIENCE_S, f"{name} are gone")
        seconds = time.perf_counter() - began
    (gone,) = conn.execute(_REMOVED, (name,)).fetchone() or (0,)
    if gone != count:
        raise RuntimeError(f"{gone} of {count} {name} went")
    return percentile(calm, 0.99) * 1000, percentile(busy, 0.99) * 1000, count / seconds


def _is_done(conn: psycopg.Connection[Any], name: str) -> bool:
    row = conn.execute(
        "SELECT finished_at IS NOT NULL FROM retention_runs WHERE class = %s", (name,)
    ).fetchone()
    return row is not None and bool(row[0])


def _asking(bench: Bench, address: str) -> httpx.Client:
    headers = {"x-api-key": bench.keys.api_key}
    return httpx.Client(base_url=address, headers=headers, timeout=60, trust_env=False)


def _keep(name: str) -> dict[str, int | None]:
    return {str(each): KEEP_S if each == name else None for each in SETTABLE}


def _preview(bench: Bench, address: str, name: str) -> int:
    with _asking(bench, address) as ask:
        answer = ask.post("/cdp/privacy/retention/preview", json={"keep": _keep(name)})
    (found,) = answer.raise_for_status().json()["classes"]
    return int(found["due"][0]["count"]["value"])


def _set(bench: Bench, address: str, name: str) -> None:
    path = "/cdp/privacy/retention"
    body: dict[str, Any] = {"keep": _keep(name), "reason": "a benchmark"}
    with _asking(bench, address) as ask:
        preview = ask.post(f"{path}/preview", json={"keep": _keep(name)}).raise_for_status()
        body["fingerprint"] = preview.json()["fingerprint"]
        ask.put(path, json=body).raise_for_status()


def _person(number: int) -> list[bytes]:
    at_ms = to_ms(datetime.now(UTC) - timedelta(days=200)) + number % DAY_MS
    return [
        encode_event(
            1,
            at_ms + place,
            0,
            json.dumps(
                {
                    "type": "track",
                    "event": "Viewed",
                    "userId": f"inactive-{number}",
                    "messageId": f"inactive-{number}-{place}",
                    "timestamp": at_ms + place,
                    "properties": {"sku": place, "price": 12.5},
                }
            ).encode(),
        )
        for place in range(EVENTS_EACH)
    ]
