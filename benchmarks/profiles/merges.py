"""Chains and stars of 100,000 links: one person, in time near-linear in the links."""

import random
import time
from collections.abc import Callable

from benchmarks.support.figures import Report
from benchmarks.support.stack import Bench, bench_stack
from domain.changes import Changes
from domain.event import Event, Identifier
from domain.ids import IdentifierKey, SourceId, WorkspaceId
from domain.keys import identifier_key, message_key
from domain.policies import IdentityRules, KindRule, ProfileRules
from operators.unify.batch import unify
from operators.unify.definitions import Definitions
from operators.unify.read_set import collect_read_set
from store.unify.outcomes import Committed
from store.unify.unit_of_work import PostgresUnitOfWork

BATCH = 1_000
NOW_MS = 1_795_000_000_000
Edges = Callable[[int], tuple[int, int]]
SHAPES: dict[str, Edges] = {
    "chain": lambda number: (number, number + 1),
    "star": lambda number: (0, number + 1),
}


def _identifier(number: int) -> Identifier:
    return Identifier(
        IdentifierKey(identifier_key(b"salt", "anonymous_id", str(number))),
        "anonymous_id",
        str(number),
    )


def _merge(bench: Bench, shape: str, links: int, *, shuffled: bool) -> float:
    """Seconds for so many links."""
    order = list(range(links))
    if shuffled:
        random.Random(1).shuffle(order)
    rules = Definitions(
        IdentityRules(kinds={"anonymous_id": KindRule(1, links + 2)}, total_limit=links + 2),
        ProfileRules(),
        {},
    )
    store = PostgresUnitOfWork(bench.dsn, 50_000)
    elapsed = 0.0
    for start in range(0, links, BATCH):
        events = []
        for number in order[start : start + BATCH]:
            one, other = SHAPES[shape](number)
            identifiers = (_identifier(one), _identifier(other))
            key = message_key(b"salt", f"{shape}-{number}")
            events.append(
                Event(
                    WorkspaceId(1),
                    SourceId(1),
                    "track",
                    "Met",
                    key,
                    "",
                    identifiers,
                    NOW_MS + number,
                    NOW_MS + number,
                    b"{}",
                )
            )
        started = time.perf_counter()
        changes = unify(events, store.load(collect_read_set(events)), rules, NOW_MS)
        outcome = store.commit(changes, None) if isinstance(changes, Changes) else changes
        committed = isinstance(outcome, Committed)
        if not committed:
            raise RuntimeError("the merge was not committed")
        elapsed += time.perf_counter() - started
    store.close()
    return elapsed


def run(report: Report, links: int = 100_000) -> None:
    """Measure both shapes, in order and shuffled.

    The cost per link against half as many says how far from linear they are.
    """
    for shape in SHAPES:
        for shuffled in (False, True):
            costs = []
            for size in (links // 2, links):
                with bench_stack() as bench:
                    costs.append(_merge(bench, shape, size, shuffled=shuffled) / size)
                    with bench.connect() as connection:
                        row = connection.execute("SELECT count(*) FROM profiles").fetchone()
            people, growth = row[0] if row else 0, costs[1] / costs[0]
            report.add(
                f"{links:,}-link {shape}{', shuffled' if shuffled else ''} → {people} person",
                f"{1 / costs[1]:,.0f} links/s",
                f"per link {growth:.2f}× of {links // 2:,} links",
                "near-linear (≤ 1.5×)",
                met=people == 1 and growth <= 1.5,
            )
