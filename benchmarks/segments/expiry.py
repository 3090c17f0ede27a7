"""How late the clock's transitions are, for dormant people due within one minute.

Four kinds by turns: a window that an event leaves, a cart that was not bought within half an hour,
a customer who churns, and a trait's instant that comes. The first is exact to the second, so that
its people fall due in bursts; the others are exact to the millisecond.

A transition counts as late until another connection reads it; what the engine itself says it was is
beside it.
"""

import time
from typing import Any, Final, NamedTuple

import msgspec
import psycopg

from benchmarks.intake.throughput import PARTITIONS
from benchmarks.segments.publishing import publish_segment
from benchmarks.support.figures import Report, percentile
from benchmarks.support.stack import Bench, bench_stack, wait_for
from benchmarks.support.workload import SOURCE
from domain.instants import utc
from domain.intake.envelope import encode_event
from domain.policies import ProfileRules
from domain.profiles.profile import Stage
from domain.segments import conditions, rule
from domain.segments.event_filter import EventFilter

AIM_S: Final = 1.0
HALF_HOUR_MS: Final = 30 * 60_000
SET_UP_S: Final = 30
SET_UP_PER_S: Final = 2_500
"""People that an engine sets up in a second even where others use the machine too.

Decides when the first instant is.
"""
GRACE_S: Final = 30
LOOK_S: Final = 0.02

_VIEWED: Final = EventFilter("Product Viewed")
_STEPS: Final = (
    rule.Step(EventFilter("Product Added")),
    rule.Step(EventFilter("Order Completed"), "30m", absent=True),
)
SEGMENTS: Final[dict[str, rule.Rule]] = {
    "viewed lately": rule.Behaviour(_VIEWED, window="30m"),
    "abandoned": rule.Sequence(_STEPS, "7d"),
    "churned": rule.Lifecycle((Stage.CHURNED,)),
    "renewed": rule.Trait("renews_at", conditions.WithinLast("7d")),
}
# Whoever has finished is below the snapshot's horizon, so nobody is missed who commits out of
# order.
_SEEN: Final = """
    SELECT c.id, c.profile_id, round(extract(epoch
        FROM c.changed_at) * 1000)::bigint, pg_snapshot_xmin(pg_current_snapshot())::text
    FROM changes c WHERE c.tx >= %s::xid8 AND c.cause = 'wake'
"""


class Seen(NamedTuple):
    """One transition: first seen by another connection, and evaluated, both ms since 1970."""

    read_ms: int
    changed_ms: int


def _iso(at_ms: int) -> str:
    return utc(at_ms).isoformat(timespec="milliseconds")


def _person(number: int, due_ms: int) -> tuple[dict[str, Any], int]:
    """Return a person's only event, and the instant of their transition.

    It is `due_ms`, or the second after.
    """
    kind, before_ms = number % len(SEGMENTS), due_ms - HALF_HOUR_MS
    if kind == 0:
        return {"type": "track", "event": "Product Viewed", "timestamp": _iso(before_ms)}, -(
            -before_ms // 1000
        ) * 1000 + HALF_HOUR_MS
    if kind == 1:
        return {"type": "track", "event": "Product Added", "timestamp": _iso(before_ms)}, due_ms
    if kind == 2:
        bought = _iso(due_ms - ProfileRules().churn_after_ms)
        return {
            "type": "track",
            "event": "Order Completed",
            "timestamp": bought,
            "properties": {"revenue": 10},
        }, due_ms
    return {"type": "identify", "traits": {"renews_at": _iso(due_ms)}}, due_ms


def _crowd(people: int, first_ms: int, spread_ms: int) -> tuple[list[bytes], dict[str, int]]:
    """Log records, and user id → instant."""
    received_ms, rows, due = time.time_ns() // 1_000_000, [], {}
    for number in range(people):
        message, instant_ms = _person(number, first_ms + number * spread_ms // people)
        user = f"dormant-{number}"
        due[user] = instant_ms
        rows.append(
            encode_event(
                SOURCE,
                received_ms,
                0,
                msgspec.json.encode(message | {"userId": user, "messageId": user}),
            )
        )
    return rows, due


def _watch(
    connection: psycopg.Connection, expected: int, until_s: float
) -> tuple[dict[Any, Seen], int]:
    """Read the outbox as it grows, until so many transitions are there or the time is up.

    Returns:
        What was seen, by person, and how many transitions there were.
    """
    found: dict[Any, Seen] = {}
    horizon = "0"
    known: set[int] = set()
    while len(known) < expected and time.time() < until_s:
        began = horizon
        rows = connection.execute(_SEEN, (began,)).fetchall()
        read_ms = time.time_ns() // 1_000_000
        for number, profile, changed_ms, xmin in rows:
            horizon = xmin
            if number not in known:
                known.add(number)
                found[profile] = Seen(read_ms, changed_ms)
        time.sleep(LOOK_S)
    return found, len(known)


def _instants(connection: psycopg.Connection, due: dict[str, int]) -> dict[Any, int]:
    sql = "SELECT profile_id, value FROM identifiers WHERE kind = 'user_id'"
    return {profile: due[value] for profile, value in connection.execute(sql) if value in due}


def _prepare(bench: Bench, people: int, spread_s: int) -> tuple[list[bytes], dict[str, int], int]:
    with bench.connect() as connection:
        for name, made in SEGMENTS.items():
            publish_segment(connection, name, made)
    first_ms = time.time_ns() // 1_000_000 + (SET_UP_S + people // SET_UP_PER_S) * 1000
    return *_crowd(people, first_ms, spread_s * 1000), first_ms


def run(report: Report, people: int = 100_000, spread_s: int = 60) -> None:
    """Measure lateness with two workers and nothing else to do.

    Raises:
        TimeoutError: the people were not set up before the first of them was due, or nobody was
            woken.
    """
    with bench_stack() as bench, bench.connect() as connection:
        rows, due, first_ms = _prepare(bench, people, spread_s)
        bench.fill(rows, "stratum.events", PARTITIONS)
        with bench.workers(2, LOG__PARTITIONS=str(PARTITIONS)):
            wait_for(
                lambda: bench.accepted() >= people,
                first_ms / 1000 - time.time(),
                "everybody set up before the first instant",
            )
            found, transitions = _watch(connection, people, first_ms / 1000 + spread_s + GRACE_S)
        instants = _instants(connection, due)
    if not found:
        raise TimeoutError("nobody was woken")
    late = [(seen.read_ms - instants[profile]) / 1000 for profile, seen in found.items()]
    said = [(seen.changed_ms - instants[profile]) / 1000 for profile, seen in found.items()]
    early = sum(lateness < 0 for lateness in said)
    p99 = percentile(late, 0.99)
    report.add(
        f"lateness of {people:,} dormant people due over {spread_s} s",
        f"p50 {percentile(late, 0.5):.2f} s, p99 {p99:.2f} s, most {max(late):.2f} s",
        f"evaluated p50 {percentile(said, 0.5):.2f} s, p99 {percentile(said, 0.99):.2f} s;"
        f" {people - transitions} lost, {early} early",
        f"p99 ≤ {AIM_S:g} s",
        met=p99 <= AIM_S and transitions == people and not early,
    )
