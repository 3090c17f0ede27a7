"""What definitions cost one person: evaluation of 200 segments, and stored bytes.

No servers: people are decoded from records and built by UNIFY, as a worker does. Events that no
definition looks at (page views) are left out of the times, for they would flatter them.
"""

import json
import random
import time
from collections.abc import Callable
from statistics import mean
from typing import Final, NamedTuple

from benchmarks.segments.definitions import WORKSPACE, live_definitions
from benchmarks.support.figures import Report, median
from benchmarks.support.workload import SOURCE, messages
from domain.changes import Changes, LoadedState
from domain.event import Batch, Event, Record
from domain.ids import SourceId
from domain.instants import DAY_MS
from domain.intake.envelope import encode_event
from domain.policies import IdentityRules, ProfileRules
from domain.profiles.leaf import tie_of
from domain.profiles.profile import Person, decode_person, encode_person
from domain.segments.definition import WorkspaceDefinitions
from operators.segments.compile_definitions import compile_program
from operators.segments.membership import Trigger, evaluate
from operators.segments.program import Program
from operators.segments.touches import fold_matched, matched
from operators.unify.batch import unify
from operators.unify.definitions import Definitions
from sources.intake.decode import Decoder
from store.definitions.load import SourceRow

NOW_MS: Final = 1_790_000_000_000
AIM_US: Final = 150.0
TOUCHES: Final = 400
"""Events whose evaluation is timed."""


class Cost(NamedTuple):
    """What one event costs for one person, microseconds.

    Attributes:
        fold_us: into the aggregates; median.
        evaluate_us: the segments that it touches; median.
        mean_us: the same, mean.
        whole_us: all segments.
        codec_us: reading and packing the person.
        looked: segments that are looked at, mean.
    """

    fold_us: float
    evaluate_us: float
    mean_us: float
    whole_us: float
    codec_us: float
    looked: float


def history(count: int, span_ms: int, seed: int = 1) -> list[Event]:
    """Events of one person, in order of time, spread over a span that ends at `NOW_MS`."""
    rng = random.Random(seed)
    times = sorted(NOW_MS - rng.randrange(span_ms) for _ in range(count))
    records = []
    for number, (message, at_ms) in enumerate(zip(messages(count, 1, seed), times, strict=True)):
        value = json.dumps({**message, "timestamp": at_ms}).encode()
        records.append(Record(number, 0, encode_event(SOURCE, at_ms, 0, value)))
    sources = {SOURCE: SourceRow(SourceId(SOURCE), WORKSPACE, b"salt", "")}
    decode = Decoder(sources, {WORKSPACE: b"salt"}, IdentityRules(), ProfileRules())
    return [
        event
        for event in decode(Batch("bench", 0, 0, count, tuple(records)))
        if isinstance(event, Event)
    ]


def person_of(events: list[Event], program: Program) -> Person:
    """The person that these events make, evaluated at `NOW_MS`.

    Raises:
        RuntimeError: they make none, or several.
    """
    changes = unify(
        events,
        LoadedState(),
        Definitions(IdentityRules(), ProfileRules(), {WORKSPACE: program}, program.revision),
        NOW_MS,
    )
    if not isinstance(changes, Changes) or len(changes.people) != 1:
        raise RuntimeError("the events do not make one person")
    return changes.people[0]


def _timed_us(work: Callable[[], object], repeats: int) -> float:
    def once() -> float:
        started = time.perf_counter()
        work()
        return time.perf_counter() - started

    return median([once() for _ in range(repeats)]) * 1e6


def cost(document: bytes, program: Program, events: list[Event]) -> Cost:
    """Fold each event into a fresh person, evaluate what it touches, and all segments."""
    rules, folds, evaluations, looked = ProfileRules(), [], [], []
    for event in events:
        person = decode_person(document)
        started = time.perf_counter()
        found = matched(program.touches(event.type, event.name), event.properties or {})
        fold_matched(
            person.view, found, event.properties or {}, event.occurred_ms, tie_of(event.message_key)
        )
        touched = {aggregate.id for aggregate, _, _ in found}
        folded = time.perf_counter()
        evaluate(person, program, rules, NOW_MS, Trigger("event", {*touched}))
        ended = time.perf_counter()
        if touched:
            folds.append((folded - started) * 1e6)
            evaluations.append((ended - folded) * 1e6)
            looked.append(len(program.dependents(touched)))
    people = iter([decode_person(document) for _ in range(50)])
    whole = _timed_us(
        lambda: evaluate(next(people), program, rules, NOW_MS, Trigger("event", None)),
        50,
    )
    codec = _timed_us(lambda: encode_person(decode_person(document)), 200)
    return Cost(median(folds), median(evaluations), mean(evaluations), whole, codec, mean(looked))


def run(report: Report, events: int = 1_000) -> None:
    """Measure a person of ten events in a week, and one of `events` in two years.

    The size of the latter is printed last.
    """
    program = compile_program(live_definitions())
    bare = compile_program(WorkspaceDefinitions(WORKSPACE, 1))
    fresh = [
        event
        for event in history(TOUCHES * 3, DAY_MS, seed=9)
        if program.touches(event.type, event.name)
    ][:TOUCHES]
    segments = len(program.segments)
    for count, span_ms in ((10, 7 * DAY_MS), (events, 730 * DAY_MS)):
        found = cost(encode_person(person_of(history(count, span_ms), program)), program, fresh)
        report.add(
            f"evaluation of {segments} segments, one event, past {count:,}",
            f"{found.evaluate_us:.0f} µs, {found.looked / segments:.0%} looked at",
            f"mean {found.mean_us:.0f}; all {found.whole_us:.0f}; fold {found.fold_us:.0f}; decode,"
            f" encode {found.codec_us:.0f} µs",
            f"≤ {AIM_US:g} µs",
            met=found.evaluate_us <= AIM_US,
        )
    sizes = {}
    for count in (events, 4 * events, 16 * events):
        past = history(count, 730 * DAY_MS)
        sizes[count] = (
            len(encode_person(person_of(past, program))) / 1024,
            len(encode_person(person_of(past, bare))) / 1024,
        )
    size, plain = sizes[events]
    report.add(
        f"stored state of a person, {events:,} events in two years",
        f"{size:.1f} KiB, without definitions {plain:.1f}",
        "; ".join(
            f"{count:,} events: {of:.0f}, without {without:.0f}"
            for count, (of, without) in sizes.items()
            if count > events
        ),
        "bounded",
    )
