"""Exports of a segment by the upkeep process: people per second by format, and memory.

The reference is a bare COPY of the same people's documents and identifiers out of the store.
"""

import hashlib
import time
from collections.abc import Iterator
from typing import Any, Final

import psycopg

from benchmarks.support.figures import Report
from benchmarks.support.stack import Bench, bench_stack, resident_mb, stop, wait_for
from domain.export import ExportFormat, ExportSpec, IdentifierForm
from domain.ids import IdentifierKey, ProfileId, SegmentId, WorkspaceId
from domain.profiles.leaf import Leaf, Register, Revenue
from domain.profiles.profile import Person, encode_person
from store.connection import adapt
from store.export import exports
from store.export.exports import Order
from store.unify import copy_format

WORKSPACE, SEGMENT, CHUNK, WAIT_S = 1, 1, 20_000, 600
NOW_MS: Final = 1_790_000_000_000
AIM_RATE, AIM_MB = 5_000, 300
_COPY: Final = """
    COPY (SELECT p.doc, i.kind, i.value FROM memberships m JOIN profiles p ON p.id = m.profile_id
        JOIN identifiers i ON i.profile_id = p.id
          WHERE m.segment_id = 1 ORDER BY p.id) TO STDOUT (FORMAT BINARY)
"""
_IDENTIFIERS: Final = """
    INSERT INTO identifiers (key, workspace_id, kind, value, profile_id)
    SELECT md5(kind || 'p' || n)::uuid, 1, kind, 'u' || n || CASE kind
        WHEN 'email' THEN '@example.com' ELSE '' END, md5('p' || n)::uuid
    FROM generate_series(%(first)s::int, %(last)s::int) n, unnest('{user_id,email}'::text[]) kind
"""
_CASES: Final[tuple[tuple[ExportFormat, IdentifierForm], ...]] = (
    ("csv", "raw"),
    ("ndjson", "raw"),
    ("parquet", "raw"),
    ("csv", "meta"),
)


def _crowd(first: int, last: int) -> Iterator[tuple[Person, bytes]]:
    """Consenting customers with three traits each."""
    for number in range(first, last + 1):
        key = hashlib.md5(f"p{number}".encode(), usedforsecurity=False).digest()
        leaf = Leaf(
            first_ms=NOW_MS - number,
            last_ms=NOW_MS,
            types={"track": 10, "identify": 1},
            names={"track:Order Completed": 3, "track:Product Viewed": 7},
            traits={
                "email": Register(f"u{number}@example.com", NOW_MS, number),
                "plan": Register("free" if number % 7 else "pro", NOW_MS, number),
                "name": Register("Ada Lovelace", NOW_MS, 1),
            },
            revenue={"EUR": Revenue(3, 9_900)},
            consent={"advertising": Register(value=True, at_ms=NOW_MS, tie=1)},
        )
        segments = {SegmentId(SEGMENT): 1}
        person = Person(
            ProfileId(key),
            WorkspaceId(WORKSPACE),
            1,
            leaf,
            {"user_id": 1, "email": 1},
            IdentifierKey(key),
            segments=segments,
        )
        yield person, encode_person(person)


def fill(connection: psycopg.Connection, first: int, last: int) -> None:
    """Store people number `first` to `last`, all of them members of segment 1 who consent."""
    adapt(connection)
    crowd = _crowd(first, last)
    while chunk := [item for _, item in zip(range(CHUNK), crowd, strict=False)]:
        copy_format.copy_people(connection.cursor(), "profiles", chunk)
    connection.execute(_IDENTIFIERS, {"first": first, "last": last})
    connection.execute(
        "INSERT INTO memberships SELECT 1, id, 1, 1, now() FROM profiles ON CONFLICT DO NOTHING"
    )
    connection.execute("VACUUM ANALYZE profiles, identifiers, memberships")


def _written(bench: Bench, form: ExportFormat, identifiers: IdentifierForm) -> float:
    """Order an export and wait for its file; people a second, from when the writer took it up."""
    more: dict[str, Any] = (
        {"traits": ("plan", "name"), "revenue": True} if identifiers == "raw" else {"traits": ()}
    )
    spec = ExportSpec(form, "advertising", segment=SEGMENT, identifiers=identifiers, **more)
    with bench.connect() as connection:
        with connection.transaction():
            number = exports.order(connection, WORKSPACE, "bench", Order(spec, "file", 0, ()), 10)
        sql = (
            "SELECT rows / extract(epoch FROM finished_at - started_at)::float FROM exports WHERE"
            " id = %s AND status = 'done'"
        )
        found: list[float] = []

        def done() -> bool:
            row = connection.execute(sql, (number,)).fetchone()
            if row is not None:
                found.append(float(row[0]))
            return bool(found)

        wait_for(done, WAIT_S, f"{form} is written")
    return found[0]


def _copied(bench: Bench, people: int) -> float:
    started = time.perf_counter()
    with bench.connect() as connection, connection.cursor().copy(_COPY.encode()) as copy:
        for _ in copy:
            pass
    return people / (time.perf_counter() - started)


def run(report: Report, people: int = 100_000, few: int = 5_000) -> None:
    """Export `few` and then `people` people in every format."""
    with bench_stack() as bench:
        with bench.connect() as connection:
            fill(connection, 1, few)
        upkeep = bench.start("engine", "upkeep", METRICS__PORT="0")
        try:
            for form, identifiers in _CASES:
                _written(bench, form, identifiers)
            before = resident_mb(upkeep.pid)
            with bench.connect() as connection:
                fill(connection, few + 1, people)
            reference = _copied(bench, people)
            for form, identifiers in _CASES:
                rate = _written(bench, form, identifiers)
                name = form if identifiers == "raw" else f"{form}, identifiers for {identifiers}"
                told = f"COPY {reference:,.0f}/s, {rate / reference:.2f} of it"
                report.add(
                    f"export of {people:,} people, {name}",
                    f"{rate:,.0f} people/s",
                    told,
                    f"≥ {AIM_RATE:,}/s",
                    met=rate >= AIM_RATE,
                )
            after = resident_mb(upkeep.pid)
        finally:
            stop([upkeep])
    report.add(
        f"memory of the writer after {people:,} people, every format",
        f"{after:,.0f} MB",
        f"{before:,.0f} MB after {few:,} people",
        f"≤ {AIM_MB} MB, flat",
        met=after <= AIM_MB,
    )
