"""Funnels over a million matching events: plain, with a condition, broken down."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

import psycopg
from psycopg_pool import AsyncConnectionPool

from benchmarks.support.figures import Report, median
from benchmarks.support.stack import bench_stack
from domain.segments.conditions import Equals
from domain.segments.event_filter import EventFilter, Where
from store.fetch import Pool
from store.segments.funnels import Breakdown, Funnel, FunnelParams, Funnels

AIM_S = 2.0
PEOPLE = 100_000
IDENTIFIERS = 130_000
NAMES = ("Product Viewed", "Product Added", "Checkout Started", "Order Completed")
BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
RANGE = timedelta(days=30)

_IDENTIFIERS = """
    INSERT INTO identifiers (key, workspace_id, kind, value, profile_id)
    SELECT md5('i' || n)::uuid, 1, 'anonymous_id', 'anon-' || n, md5('i' || n %% %(people)s)::uuid
    FROM generate_series(0, %(identifiers)s - 1) n
"""
# Half of the events are of the first step, a quarter of the second; they arrive nearly in the order
# of their times.
_EVENTS = """
    INSERT INTO events
    SELECT md5('m' || n)::uuid, 1, 1, 'track',
           (%(names)s::text[])[CASE WHEN n %% 100 < 50 THEN 1 WHEN n %% 100 < 75 THEN 2
               WHEN n %% 100 < 90 THEN 3 ELSE 4 END],
           md5('i' || floor(random() * %(identifiers)s)::integer)::uuid, at,
               at + interval '1 minute', 0,
           convert_to(format('{"type":"track","event":"e","messageId":"m%%s","anonymousId":"a",'
               '"context":{"library":{"name":"analytics.js",'
               '"version":"2.1.0"},"page":{"url":"https://shop.example/products/%%s",'
               '"title":"Product"},"userAgent":"Mozilla/5.0"},"properties":{"product_id":"p-%%s",'
               '"price":12.5,"category":"%%s","plan":"%%s","quantity":1}}', n, n, n %% 997,
               (ARRAY['books', 'shoes', 'toys', 'food'])[1 + n %% 4], (ARRAY['pro', 'free',
                   'team'])[1 + n %% 3]), 'UTF8')
    FROM generate_series(0, %(events)s - 1) n,
         LATERAL (SELECT %(begin)s + n * %(range)s::interval / %(events)s
             + random() * interval '1 hour' AS at) times
"""


def _fill(connection: psycopg.Connection, events: int) -> None:
    params = {
        "people": PEOPLE,
        "identifiers": IDENTIFIERS,
        "names": list(NAMES),
        "events": events,
        "begin": BEGIN,
        "range": RANGE,
    }
    connection.execute("SELECT setseed(0.5)")
    connection.execute(_IDENTIFIERS, params)
    connection.execute(_EVENTS, params)
    connection.execute("VACUUM ANALYZE events, identifiers")


async def _measure(
    dsn: str, funnels: dict[str, Funnel], repeats: int
) -> dict[str, tuple[float, str]]:
    """Name → median seconds and how many people got how far."""
    figures = {}
    pool: Pool = AsyncConnectionPool(
        dsn, kwargs={"autocommit": True}, open=False, min_size=1, max_size=2
    )
    async with pool:
        computed = Funnels(pool, FunnelParams())
        for name, funnel in funnels.items():
            took = []
            for _ in range(repeats):
                started = time.perf_counter()
                answer = await computed.answer(1, funnel)
                took.append(time.perf_counter() - started)
            figures[name] = median(took), " → ".join(f"{step.people:,}" for step in answer.steps)
    return figures


def run(report: Report, events: int = 1_000_000, repeats: int = 3) -> None:
    """Fill a store and measure three funnels against counting the same rows."""
    steps = tuple(EventFilter(name) for name in NAMES)
    narrow = EventFilter(NAMES[0], where=(Where("plan", Equals("pro")),))
    plain = Funnel(steps, timedelta(days=2), BEGIN, BEGIN + RANGE + timedelta(days=1))
    asked = {
        "four steps": plain,
        "four steps, one with a condition": plain._replace(steps=(narrow, *steps[1:])),
        "four steps, by a property": plain._replace(breakdown=Breakdown(None, "category", 10)),
    }
    with bench_stack() as bench:
        with bench.connect() as connection:
            _fill(connection, events)
            started = time.perf_counter()
            connection.execute(
                "SELECT count(*) FROM events WHERE workspace_id = 1 AND type = 'track' AND name ="
                " ANY(%s)",
                (list(NAMES),),
            )
            counted = time.perf_counter() - started
        figures = asyncio.run(_measure(bench.dsn, asked, repeats))
    for name, (seconds, reached) in figures.items():
        aimed = name == "four steps"
        report.add(
            f"funnel over {events:,} events, {name}",
            f"{seconds:.2f} s ({reached})",
            f"count(*) of the same rows {counted:.2f} s",
            f"≤ {AIM_S:g} s" if aimed else "",
            met=seconds <= AIM_S if aimed else None,
        )
