"""What is remembered of one signal, and how each settled minute changes it: its rhythm, its usual shares, the shape of its events.

Memory is plain data: it is stored, read again after a restart, and goes on as if nothing had
happened. Minutes come in order, each once. Which shares are watched is written down here, in
`source_shares` and `platform_shares`; what they mean for health, in `operators.signals.health`.
"""

from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from typing import Final, NamedTuple

import msgspec

from domain.instants import MINUTE_MS, MS
from domain.profiles.consent import EVERY_PURPOSE
from domain.signals import metrics
from domain.signals.reading import Observed, Reading, Status
from operators.detection import cusum, learning, schema_drift, seasonality
from operators.detection.cusum import Level, SequentialParams, Share
from operators.detection.detector import AnomalyState
from operators.detection.episodes import Episode, WatchState
from operators.detection.schema_drift import Drift
from operators.detection.seasonality import Rhythm
from operators.signals.params import HealthParams
from operators.signals.series import points, watch
from operators.signals.window import BRIEF, Counts, Window, by_suffix, of

_DELAYED: Final = range(3, len(metrics.DELAY_EDGES_MS) + 1)
"""Delay buckets beyond five minutes."""
_LAGGING: Final = range(5, len(metrics.LAG_EDGES_MS) + 1)
"""Lag buckets beyond ten seconds."""
_MATCHED: Final = ("user_id", "email", "phone", "device_id")
"""Kinds of identifiers that platforms match by."""
_MATCHES: Final = 100
"""A match rate counts like so many observations: it is itself a share of many rows."""
_CROWD: Final = 64
"""Events from which on it can be told that a few send most of them."""
_OVERDUE: Final = 3.0
_RECENT: Final = 0.2
"""Weight of the newest stretch between two reports."""
_CHANCE: Final = 1.7
"""How far the fullest of sixteen buckets lies above their mean by chance, in standard deviations."""


class Counted(NamedTuple):
    """One share in one minute.

    Attributes:
        name: what it is a share of, with its suffix.
        hits: counted.
        size: out of how many.
        material: change that matters, absolute; negative: relative to what is usual.
    """

    name: str
    hits: float
    size: float
    material: float


class Reported(msgspec.Struct):
    """Our orders since a platform reported last, and how many usually lie between two of its reports."""

    orders: float = 0.0
    between: float = 0.0


class Floor(msgspec.Struct, frozen=True):
    """The worst that was said of a source since its last event: nothing better is said until the next one.

    Attributes:
        score: the lowest; None where none was given.
        status: the worst.
    """

    score: float | None
    status: Status


class Memory(msgspec.Struct):
    """Memory of one signal.

    Attributes:
        version: layout of this structure; an older one is begun anew.
        window: counters of the last day.
        rhythm: how much it usually sends.
        shares: share → what is usual of it.
        levels: currency → mean value of an order, in the minor unit.
        drift: the shape of its events.
        buckets: metric → events by bucket, of people or of addresses, since enough had come last.
        watches: watched series → its detector (`operators.signals.series`).
        awake: watched series → its detector as it was before the silence that lasts; empty while
            events come.
        step: counters of the step of the watched series that lasts.
        orders: platform → our orders since it reported last, and between its reports.
        last: the reading given last, without id.
        period: the last reading of the last period in which it was expected to send.
        looked_ms: when it was judged last.
        saved_ms: when it was given out to be stored.
        news: whether anything came since it was judged.
        floor: the worst reading given since an event of a source came last; None where none was
            given.
    """

    version: int = 1
    window: Window = msgspec.field(default_factory=Window)
    rhythm: Rhythm = msgspec.field(default_factory=Rhythm)
    shares: dict[str, Share] = {}
    levels: dict[str, Level] = {}
    drift: Drift = msgspec.field(default_factory=Drift)
    buckets: dict[str, list[float]] = {}
    watches: dict[str, WatchState] = {}
    awake: dict[str, AnomalyState] = {}
    step: dict[str, float] = {}
    orders: dict[str, Reported] = {}
    last: Reading | None = None
    period: Reading | None = None
    looked_ms: int = 0
    saved_ms: int = 0
    news: bool = True
    floor: Floor | None = None


def learn(
    memory: Memory, signal: str, minute_ms: int, counts: Counts, params: HealthParams
) -> list[tuple[str, Episode]]:
    """Take in one settled minute, in place; answers what became of anomalies, by metric."""
    _weigh(memory, signal, minute_ms, counts, params)
    if signal.startswith("source:"):
        schema_drift.step(memory.drift, counts, minute_ms, params.sequential)
    for metric, value in counts.items():
        if not metric.startswith(BRIEF):
            memory.step[metric] = memory.step.get(metric, 0.0) + value
    step_ms = params.anomalies.step // MS
    if (minute_ms + MINUTE_MS) % step_ms:
        return []
    begin_ms, silent = minute_ms + MINUTE_MS - step_ms, False
    if signal.startswith("source:"):
        silent = not memory.step.get(metrics.ACCEPTED)
        _sleep(memory, begin_ms, silent=silent)
    told = watch(memory.watches, begin_ms, points(signal, memory.step), params, silent=silent)
    memory.step = {}
    return told


def _sleep(memory: Memory, begin_ms: int, *, silent: bool) -> None:
    """Keep detectors as they are before a silence, and go back to that where it turns out to have been a doubtful one."""
    if silent:
        if not memory.awake:
            memory.awake = {metric: state.detector for metric, state in memory.watches.items()}
    elif memory.awake:
        if memory.rhythm.doubted_ms >= begin_ms:
            for metric, detector in memory.awake.items():
                memory.watches[metric].detector = detector
        memory.awake = {}


def dispute(memory: Memory, rows: Iterable[Observed]) -> None:
    """Note where events turn out to have come in minutes that were taken for silent ones, in place."""
    known = memory.rhythm
    if known.silent:
        settled = range(known.silent_ms, memory.window.settled_ms)
        known.disputed = known.disputed or any(
            row.metric == metrics.ACCEPTED and row.minute_ms in settled for row in rows
        )


def ahead(
    memory: Memory, signal: str, minutes: Mapping[int, Counts], params: HealthParams
) -> Memory:
    """Memory as it would be if these minutes, which may still change, were settled; `memory` itself stays as it is.

    The shape of events is not looked at ahead: three minutes later is early enough for it.
    """
    seen = Memory(
        window=memory.window,
        rhythm=_copied(memory.rhythm),
        shares={name: _share(share) for name, share in memory.shares.items()},
        levels={name: _level(level) for name, level in memory.levels.items()},
        drift=memory.drift,
        watches=memory.watches,
        buckets={metric: buckets.copy() for metric, buckets in memory.buckets.items()},
        orders={platform: copy(since) for platform, since in memory.orders.items()},
        last=memory.last,
        period=memory.period,
    )
    for minute_ms, counts in sorted(minutes.items()):
        _weigh(seen, signal, minute_ms, counts, params)
    return seen


def _copied(one: Rhythm) -> Rhythm:
    other = copy(one)
    other.hours, other.visits, other.days, other.seen = (
        one.hours.copy(),
        one.visits.copy(),
        one.days.copy(),
        one.seen.copy(),
    )
    other.loss = copy(one.loss)
    return other


def _share(one: Share) -> Share:
    other = copy(one)
    other.up, other.down = copy(one.up), copy(one.down)
    return other


def _level(one: Level) -> Level:
    other = copy(one)
    other.up, other.down = copy(one.up), copy(one.down)
    return other


def _weigh(
    memory: Memory, signal: str, minute_ms: int, counts: Counts, params: HealthParams
) -> None:
    sure, trusted = params.sequential, True
    counted: Iterable[Counted]
    expected = 0.0
    if signal.startswith("source:"):
        expected = seasonality.usual(memory.rhythm, minute_ms) * seasonality.busyness(
            memory.rhythm, minute_ms
        )
        learning.step(
            memory.rhythm, counts.get(metrics.ACCEPTED, 0.0), minute_ms, params.rhythm, sure
        )
        trusted = not seasonality.suspected(memory.rhythm, params.rhythm)
        counted = source_shares(counts, params)
        for currency, orders in by_suffix(counts, metrics.ORDERS).items():
            level = memory.levels.setdefault(currency, Level())
            revenue = counts.get(f"{metrics.REVENUE}:{currency}", 0.0)
            cusum.step_level(
                level,
                revenue / orders,
                orders,
                minute_ms,
                params.materials.order_value,
                sure,
                trusted=trusted,
            )
    elif signal.startswith("platform:"):
        counted, sure = platform_shares(counts, params), sure.sparse
    else:
        counted, sure = _reported(memory, counts, params), sure.sparse
    for one in counted:
        _step(memory, one, minute_ms, sure, expected, trusted=trusted)
    if signal.startswith("source:"):
        for one in _concentrated(memory, counts, params):
            _step(memory, one, minute_ms, sure.sparse, expected, trusted=trusted)


def _step(
    memory: Memory,
    counted: Counted,
    minute_ms: int,
    sure: SequentialParams,
    expected: float,
    *,
    trusted: bool,
) -> None:
    name, hits, size, material = counted
    if size <= 0:
        return
    share = memory.shares.get(name)
    if share is None:
        share = memory.shares[name] = Share()
    material = material if material > 0 else -material * share.usual
    cusum.step(share, hits, size, minute_ms, material, sure, expected, trusted=trusted)


def source_shares(counts: Counts, params: HealthParams) -> Iterator[Counted]:
    """The shares that are watched of a source, in one minute."""
    material = params.materials
    accepted, duplicate = counts.get(metrics.ACCEPTED, 0.0), counts.get(metrics.DUPLICATE, 0.0)
    if not accepted and not duplicate:
        return
    yield Counted("duplicates", duplicate, accepted + duplicate, material.duplicates)
    if not accepted:
        return
    yield Counted(
        "late",
        counts.get(metrics.LATE, 0.0) + counts.get(metrics.FUTURE, 0.0),
        accepted,
        material.late,
    )
    yield Counted(
        "delayed",
        sum(counts.get(f"{metrics.DELAY}:{bucket}", 0.0) for bucket in _DELAYED),
        accepted,
        material.delayed,
    )
    yield Counted(
        "lagging",
        sum(counts.get(f"{metrics.LAG}:{bucket}", 0.0) for bucket in _LAGGING),
        accepted,
        material.lagging,
    )
    for kind in _MATCHED:
        carried, invalid = (
            counts.get(f"{metrics.COVERAGE}:{kind}", 0.0),
            counts.get(f"{metrics.INVALID}:{kind}", 0.0),
        )
        yield Counted(f"{metrics.COVERAGE}:{kind}", carried, accepted, -material.coverage)
        yield Counted(f"{metrics.INVALID}:{kind}", invalid, carried + invalid, material.invalid)
    granted, refused = by_suffix(counts, metrics.CONSENTED), by_suffix(counts, metrics.REFUSED)
    for purpose in sorted((granted.keys() | refused.keys()) - {EVERY_PURPOSE}):
        yes = granted.get(purpose, 0.0)
        yield Counted(
            f"{metrics.CONSENTED}:{purpose}", yes, yes + refused.get(purpose, 0.0), material.consent
        )


def _concentrated(memory: Memory, counts: Counts, params: HealthParams) -> Iterator[Counted]:
    """How far the fullest bucket of people, and of addresses, stands out – once enough came to tell that from chance."""
    for metric in (metrics.PERSON, metrics.ADDRESS):
        buckets = memory.buckets.setdefault(metric, [0.0] * metrics.BUCKETS)
        for bucket, count in by_suffix(counts, metric).items():
            buckets[int(bucket)] += count
        whole = sum(buckets)
        if whole < _CROWD:
            continue
        even = whole / metrics.BUCKETS
        yield Counted(
            metric,
            max(0.0, max(buckets) - even - _CHANCE * even**0.5),
            whole,
            params.materials.concentration,
        )
        memory.buckets[metric] = [0.0] * metrics.BUCKETS


def platform_shares(counts: Counts, params: HealthParams) -> Iterator[Counted]:
    """The shares that are watched of a platform's deliveries."""
    sent = counts.get(metrics.ROWS_SENT, 0.0)
    yield Counted(
        metrics.ROWS_REJECTED,
        counts.get(metrics.ROWS_REJECTED, 0.0),
        sent,
        params.materials.rows_rejected,
    )
    rates, rate = counts.get(metrics.MATCH_RATES, 0.0), counts.get(metrics.MATCH_RATE, 0.0)
    yield Counted(
        metrics.MATCH_RATE, rate * _MATCHES, rates * _MATCHES, params.materials.match_rate
    )


def _reported(memory: Memory, counts: Counts, params: HealthParams) -> list[Counted]:
    """Reported conversions among all that are counted, ours and theirs, since the platform reported last.

    A platform that used to report and does not has reported none, once three times as many orders
    came as usually lie between two reports.
    """
    ours = of(counts, metrics.ORDERS)
    reported = by_suffix(counts, metrics.REPORTED_ORDERS)
    counted = []
    for platform in sorted(memory.orders.keys() | reported.keys()):
        known = memory.orders.get(platform)
        since = known or Reported()
        since.orders += ours
        theirs = reported.get(platform, 0.0)
        overdue = since.between > 0 and since.orders > _OVERDUE * since.between
        if theirs or overdue:
            if known is not None:
                size = theirs + since.orders
                counted.append(
                    Counted(
                        f"{metrics.REPORTED_ORDERS}:{platform}",
                        theirs,
                        size,
                        params.materials.reported,
                    )
                )
            if theirs:
                since.between = (
                    since.orders
                    if not since.between
                    else since.between + _RECENT * (since.orders - since.between)
                )
            since.orders = 0.0
        memory.orders[platform] = since
    return counted
