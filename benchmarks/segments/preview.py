"""Previews of drafts over a million people: cheap rules, and one that reads stored events.

The reference is a bare count of everybody: what the planner's sequential scan costs before any rule
is evaluated.
"""

import hashlib
import os
import random
import time
from collections.abc import Iterator
from typing import Final

import psycopg

from benchmarks.segments.definitions import WORKSPACE
from benchmarks.segments.publishing import AUTHOR
from benchmarks.support.figures import Report, median
from benchmarks.support.stack import bench_stack
from domain.ids import IdentifierKey, ProfileId
from domain.instants import DAY_MS
from domain.policies import ProfileRules
from domain.profiles.leaf import Leaf, Register, Revenue
from domain.profiles.profile import Person, Stage, encode_person
from domain.segments import conditions, rule
from domain.segments.event_filter import EventFilter
from store.connection import adapt
from store.segments.preview import PreviewParams, PreviewQuery, Previews
from store.segments.previewed import Preview
from store.unify import copy_format

AIM_S: Final = 2.0
NOW_MS: Final = 1_790_000_000_000
CHUNK: Final = 20_000
KINDS: Final = ("user_id", "email")
_VIEWED = EventFilter("Product Viewed")
_BOUGHT = EventFilter("Order Completed")
DRAFTS: Final[dict[str, rule.Rule]] = {
    "a trait": rule.Trait("plan", conditions.Equals("pro")),
    "stage and consent": rule.All((rule.Lifecycle((Stage.CUSTOMER,)), rule.Consent("advertising"))),
    "an event in 30 days, past read": rule.Behaviour(_BOUGHT, window="30d"),
    "three conditions, past read": rule.All(
        (
            rule.Behaviour(_VIEWED, "unique", "category", None, conditions.AtLeast(1)),
            rule.Sequence((rule.Step(_VIEWED), rule.Step(_BOUGHT, within="30d"))),
            rule.Behaviour(_BOUGHT, "sum", "revenue", "90d", conditions.AtLeast(10)),
        )
    ),
}
_IDENTIFIERS: Final = """
    INSERT INTO identifiers (key, workspace_id, kind, value, profile_id)
    SELECT md5('p' || n)::uuid, 1, 'user_id', 'u' || n, md5('p' || n)::uuid
        FROM generate_series(0, %(people)s - 1) n
"""
# Every second person has three events: an order and two views.
_EVENTS: Final = """
    INSERT INTO events
    SELECT md5('e' || n || '-' || k)::uuid, 1, 1, 'track', CASE k WHEN 0 THEN 'Order Completed'
        ELSE 'Product Viewed' END,
           md5('p' || n)::uuid, at, at, 0,
               convert_to('{"type":"track","properties":{"revenue":12.5,"category":"shoes"}}',
               'UTF8')
    FROM generate_series(0, %(people)s - 1, 2) n, generate_series(0, 2) k,
         LATERAL (SELECT to_timestamp(%(now_ms)s / 1000.0) - random() * interval '60 days'
             AS at) times
"""


def _crowd(people: int) -> Iterator[tuple[Person, bytes]]:
    """People with ten events, three traits and eight sessions each; every third has bought."""
    rng = random.Random(1)
    for number in range(people):
        key = hashlib.md5(f"p{number}".encode(), usedforsecurity=False).digest()
        leaf = Leaf(
            first_ms=NOW_MS - rng.randint(0, 120 * DAY_MS),
            last_ms=NOW_MS - rng.randint(0, 12 * DAY_MS),
            types={"track": 10, "identify": 1},
            names={"track:Order Completed": 3, "track:Product Viewed": 7},
            traits={
                "email": Register(f"u{number}@example.com", NOW_MS - 1_000, number),
                "plan": Register("free" if number % 7 else "pro", NOW_MS - 1_000, number),
                "name": Register("Ada Lovelace", NOW_MS, 1),
            },
            sessions=[NOW_MS - 5_000 * back for back in reversed(range(8))],
            consent={"advertising": Register(number % 5 != 0, NOW_MS - 10, 1)},
        )
        if number % 3 == 0:
            leaf.revenue = {"EUR": Revenue(3, 9_900)}
            leaf.first_order_ms, leaf.last_order_ms = NOW_MS - 10 * DAY_MS, NOW_MS - DAY_MS
        person = Person(
            ProfileId(key), WORKSPACE, 1, leaf, {"user_id": 1, "email": 1}, sole=IdentifierKey(key)
        )
        yield person, encode_person(person)


def _fill(connection: psycopg.Connection, people: int) -> None:
    adapt(connection)
    crowd = _crowd(people)
    while chunk := [item for _, item in zip(range(CHUNK), crowd, strict=False)]:
        copy_format.copy_people(connection.cursor(), "profiles", chunk)
    connection.execute("SELECT setseed(0.5)")
    connection.execute(_IDENTIFIERS, {"people": people})
    connection.execute(_EVENTS, {"people": people, "now_ms": NOW_MS})
    connection.execute("VACUUM ANALYZE profiles, identifiers, events")


def _counted_s(connection: psycopg.Connection) -> float:
    started = time.perf_counter()
    connection.execute("SELECT count(*) FROM profiles WHERE workspace_id = 1")
    return time.perf_counter() - started


def _preview(dsn: str, draft: rule.Rule, repeats: int) -> tuple[float, Preview]:
    """Longest of some previews, seconds, and the last answer."""
    previews = Previews(ProfileRules(), KINDS, PreviewParams(), time.monotonic)
    took = []
    for _ in range(repeats):
        started = time.perf_counter()
        with psycopg.connect(dsn) as connection:
            found = previews.preview(
                connection, AUTHOR, PreviewQuery(None, draft, NOW_MS, os.urandom(16))
            )
        took.append(time.perf_counter() - started)
    return max(took), found


def run(report: Report, people: int = 1_000_000, repeats: int = 3) -> None:
    """Fill a store and measure four drafts; the longest of some tries counts."""
    with bench_stack() as bench:
        with bench.connect() as connection:
            _fill(connection, people)
            counted = median([_counted_s(connection) for _ in range(3)])
        for name, draft in DRAFTS.items():
            seconds, found = _preview(bench.dsn, draft, repeats)
            low, high = found.members.low, found.members.high
            report.add(
                f"preview over {people:,} people, {name}",
                f"{seconds:.2f} s ({found.evaluated:,} evaluated)",
                f"count(*) {counted:.2f} s; {found.members.value:,.0f} members"
                f" ({low:,.0f}–{high:,.0f})",
                f"≤ {AIM_S:g} s",
                met=seconds <= AIM_S,
            )
