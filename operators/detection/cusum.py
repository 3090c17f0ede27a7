"""Sequential tests: has a share, or a level, left what is usual for good reason.

As early as the evidence allows, and rarely for nothing.

Each test weighs, minute by minute, how much likelier the counts are under a *material* change than
under the usual value, and adds that up for as long as it speaks for the change (Page's cumulative
sum). What is usual is learned with exponentially fading memory, never while the test suspects a
change; a change that lasts longer than `adopt_after` becomes usual. A minute counts for at most a
part of an alarm, so that no single burst raises one. Deterministic; the state is a dozen numbers.
Units: minutes in ms since 1970, log-likelihood ratios.
"""

import math
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from typing import Final

import msgspec

from domain.instants import MINUTE_MS, MS

_NEARLY: Final = 0.002
"""Shares nearer to 0 or 1 than this are not told apart: nothing is impossible."""
_BLOCK_MS: Final = 15 * MINUTE_MS
_WILD: Final = 36.0
"""Most that one quarter of an hour may say about how much they differ, in variances.

And most observations that one minute counts for.
"""
_LEAST_MINUTES: Final = 10
_SPARSE_BURST: Final = 0.5
_OVER: Final = 1.5
"""How far beyond the alarm evidence is kept: what more there is would only delay the all-clear."""


@dataclass(frozen=True)
class SequentialParams:
    """How sure a test must be.

    Attributes:
        alarm: sum of log-likelihood ratios at which a change counts as found; each 2.3 make false
            alarms ten times rarer.
        memory: half-life of what is usual.
        warm_up: time that must have been seen before anything can be unusual.
        warm_up_sample: observations that must have been seen.
        adopt_after: a change that lasts longer is the new usual.
        burst: most that one minute may contribute to an alarm, 0–1.
    """

    alarm: float = 12.0
    memory: timedelta = timedelta(days=2)
    warm_up: timedelta = timedelta(hours=6)
    warm_up_sample: int = 300
    adopt_after: timedelta = timedelta(hours=12)
    burst: float = 0.34

    def __post_init__(self) -> None:
        if (
            min(self.alarm, self.memory.total_seconds(), self.adopt_after.total_seconds()) <= 0
            or self.warm_up_sample < 1
        ):
            raise ValueError(
                "alarm, memory and adopt_after are positive, warm_up_sample is at least 1"
            )
        if self.warm_up < timedelta() or not 0 < self.burst <= 1:
            raise ValueError("warm_up is not negative, 0 < burst <= 1")

    @cached_property
    def sparse(self) -> "SequentialParams":
        """The same for what comes a few times an hour.

        Warm after ten minutes with data, and sure after two.
        """
        return replace(self, warm_up=timedelta(minutes=_LEAST_MINUTES), burst=_SPARSE_BURST)

    @cached_property
    def minute_fading(self) -> float:
        """What is left of a memory after a minute, 0–1."""
        return self.fading(1)

    @cached_property
    def warm_up_minutes(self) -> float:
        """`warm_up` in minutes."""
        return self.warm_up / timedelta(minutes=1)

    @cached_property
    def adopt_ms(self) -> int:
        """`adopt_after` in ms."""
        return self.adopt_after // MS

    def fading(self, minutes: float) -> float:
        """What is left of a memory after some minutes, 0–1."""
        return math.pow(0.5, minutes * MINUTE_MS / 1000 / self.memory.total_seconds())


_RAMP: Final = 0.75
"""Part of an alarm up to which evidence lowers no score."""


class Excursion(msgspec.Struct):
    """Evidence for a change in one direction.

    Attributes:
        sum: the cumulative sum; 0 while nothing speaks for a change.
        since_ms: first minute of it.
        hits: what was counted in it.
        size: out of how many.
        expected: out of how many usually.
    """

    sum: float = 0.0
    since_ms: int = 0
    hits: float = 0.0
    size: float = 0.0
    expected: float = 0.0

    def add(
        self,
        ratio: float,
        hits: float,
        size: float,
        minute_ms: int,
        params: SequentialParams,
        expected: float = 0.0,
        alarm: float = 0.0,
    ) -> None:
        """Add one minute; `alarm` stands for that of `params`, where it is given."""
        alarm = alarm or params.alarm
        total = self.sum + max(-alarm, min(ratio, alarm * params.burst))
        if total <= 0:
            self.sum, self.since_ms, self.hits, self.size, self.expected = 0.0, 0, 0.0, 0.0, 0.0
            return
        if not self.since_ms:
            self.since_ms = minute_ms
        self.sum, self.hits, self.size = (
            min(total, alarm * _OVER),
            self.hits + hits,
            self.size + size,
        )
        self.expected += expected


class Share(msgspec.Struct):
    """One share and what is usual of it.

    Attributes:
        version: layout of this structure.
        hits: usual count, fading.
        size: usual denominator, fading.
        spread: how much more quarters of an hour differ than chance alone makes them, in variances;
            at least 1. The same people come again within one, so that their events say less than as
            many events of others.
        block_ms: beginning of the quarter of an hour that lasts.
        block_hits: counted in it.
        block_size: out of how many.
        seen_minutes: minutes with data so far.
        up: evidence that it has risen.
        down: evidence that it has fallen.
    """

    version: int = 1
    hits: float = 0.0
    size: float = 0.0
    spread: float = 1.0
    block_ms: int = 0
    block_hits: float = 0.0
    block_size: float = 0.0
    seen_minutes: float = 0.0
    up: Excursion = msgspec.field(default_factory=Excursion)
    down: Excursion = msgspec.field(default_factory=Excursion)

    @property
    def usual(self) -> float:
        """The usual share, 0–1."""
        return (self.hits + 0.5) / (self.size + 1.0)


class Finding(msgspec.Struct, frozen=True):
    """What a test says of now.

    Attributes:
        certainty: 0–1; 1 from the alarm on.
        usual: what is usual.
        now: what it is over the minutes that speak for a change, or usual where none do.
        sample: observations in these minutes.
        since_ms: the first of them; 0 for none.
        expected: observations that usually come in them; 0 where nobody asked.
    """

    certainty: float
    usual: float
    now: float
    sample: float
    since_ms: int
    expected: float = 0.0


def warm(share: Share, params: SequentialParams) -> bool:
    """Whether enough was seen for anything to be unusual."""
    return share.size >= params.warm_up_sample and share.seen_minutes >= params.warm_up_minutes


def step(
    share: Share,
    hits: float,
    size: float,
    minute_ms: int,
    material: float,
    params: SequentialParams,
    expected: float = 0.0,
    *,
    trusted: bool = True,
) -> None:
    """Take in one minute, in place.

    Args:
        share: the share.
        hits: counted in it, at most `size`.
        size: out of how many; a minute without any says nothing.
        minute_ms: its beginning.
        material: change of the share that matters, absolute, 0–1.
        params: how sure to be.
        expected: out of how many usually; what `Finding.expected` adds up.
        trusted: whether nothing else is suspected of the minute; where something is, it is weighed
            and not learned.
    """
    if size <= 0:
        return
    hits = min(hits, size)
    if warm(share, params):
        usual = min(1 - _NEARLY, max(_NEARLY, share.usual))
        for excursion, other in (
            (share.up, min(1 - _NEARLY, usual + material)),
            (share.down, max(_NEARLY, usual - material)),
        ):
            ratio = (
                hits * math.log(other / usual) + (size - hits) * math.log((1 - other) / (1 - usual))
            ) / share.spread
            excursion.add(ratio, hits, size, minute_ms, params, expected)
    _learn(share, hits, size, minute_ms, params, trusted=trusted)


def _learn(
    share: Share,
    hits: float,
    size: float,
    minute_ms: int,
    params: SequentialParams,
    *,
    trusted: bool,
) -> None:
    for excursion in (share.up, share.down):
        if excursion.sum >= params.alarm and minute_ms - excursion.since_ms >= params.adopt_ms:
            share.hits, share.size = excursion.hits, excursion.size
            share.up, share.down = Excursion(), Excursion()
            return
    if not trusted or max(share.up.sum, share.down.sum) > params.alarm / 2:
        return
    fading = params.minute_fading
    if minute_ms >= share.block_ms + _BLOCK_MS:
        _close_block(share, params)
        share.block_ms = minute_ms
    share.block_hits, share.block_size = share.block_hits + hits, share.block_size + size
    share.hits, share.size = share.hits * fading + hits, share.size * fading + size
    share.seen_minutes += 1


def _close_block(share: Share, params: SequentialParams) -> None:
    """Learn from a quarter of an hour how much such quarters differ."""
    usual = min(1 - _NEARLY, max(_NEARLY, share.usual))
    if share.block_size and share.size > share.block_size:
        surprise = min(
            _WILD,
            (share.block_hits - share.block_size * usual) ** 2
            / (share.block_size * usual * (1 - usual)),
        )
        weight = max(
            1 - params.fading(_BLOCK_MS / MINUTE_MS),
            _BLOCK_MS / MINUTE_MS / (share.seen_minutes + 1),
        )
        share.spread = max(1.0, share.spread + min(1.0, weight) * (surprise - share.spread))
    share.block_hits, share.block_size = 0.0, 0.0


def risen(share: Share, params: SequentialParams) -> Finding:
    """Whether it has risen."""
    return _finding(share, share.up, params)


def fallen(share: Share, params: SequentialParams) -> Finding:
    """Whether it has fallen."""
    return _finding(share, share.down, params)


def surer(share: Share, params: SequentialParams) -> Finding:
    """Whether it has risen or fallen, whichever is surer."""
    return max(risen(share, params), fallen(share, params), key=lambda one: one.certainty)


def _finding(share: Share, excursion: Excursion, params: SequentialParams) -> Finding:
    usual = share.usual
    now = excursion.hits / excursion.size if excursion.size else usual
    return Finding(
        certainty(excursion.sum, params.alarm),
        usual,
        now,
        excursion.size,
        excursion.since_ms,
        excursion.expected,
    )


def certainty(total: float, alarm: float) -> float:
    """0 up to a good part of an alarm, 1 from it on."""
    return min(1.0, max(0.0, (total / alarm - _RAMP) / (1.0 - _RAMP)))


class Level(msgspec.Struct):
    """The logarithm of a positive quantity, one value a minute, and what is usual of it.

    Attributes:
        version: layout of this structure.
        mean: usual logarithm.
        variance: of one observation about it.
        weight: observations behind them, fading.
        seen_minutes: minutes with data so far.
        up: evidence that it has risen; its hits are sums of logarithms.
        down: evidence that it has fallen.
    """

    version: int = 1
    mean: float = 0.0
    variance: float = 0.0
    weight: float = 0.0
    seen_minutes: float = 0.0
    up: Excursion = msgspec.field(default_factory=Excursion)
    down: Excursion = msgspec.field(default_factory=Excursion)


def step_level(
    level: Level,
    value: float,
    sample: float,
    minute_ms: int,
    material: float,
    params: SequentialParams,
    *,
    trusted: bool = True,
) -> None:
    """Take in one minute's mean of a positive quantity, in place.

    Args:
        level: the level.
        value: the mean, above 0.
        sample: observations behind it.
        minute_ms: the minute's beginning.
        material: factor that matters, above 1.
        params: how sure to be; `warm_up_sample` is not asked for, ten minutes with data are.
        trusted: as of `step`.
    """
    if value <= 0 or sample <= 0:
        return
    logarithm, step_size = math.log(value), math.log(material)
    if level_is_warm(level, params):
        variance = max(level.variance, (step_size / 3) ** 2) / min(sample, _WILD)
        for excursion, sign in ((level.up, 1.0), (level.down, -1.0)):
            away = sign * (logarithm - level.mean)
            ratio = step_size * (away - step_size / 2) / variance
            excursion.add(ratio, logarithm * sample, sample, minute_ms, params)
            if excursion.sum >= params.alarm and minute_ms - excursion.since_ms >= params.adopt_ms:
                level.mean, level.up, level.down = (
                    excursion.hits / excursion.size,
                    Excursion(),
                    Excursion(),
                )
                return
    if not trusted or max(level.up.sum, level.down.sum) > params.alarm / 2:
        return
    fading = params.minute_fading
    level.weight = level.weight * fading + min(sample, _WILD)
    part = min(sample, _WILD) / level.weight
    away = logarithm - level.mean
    level.mean += part * away
    level.variance += part * ((1 - part) * away * away * min(sample, _WILD) - level.variance)
    level.seen_minutes += 1


def level_is_warm(level: Level, params: SequentialParams) -> bool:
    """Whether enough was seen for anything to be unusual."""
    return level.seen_minutes >= _LEAST_MINUTES and level.weight * 10 >= params.warm_up_sample


def level_finding(level: Level, params: SequentialParams) -> Finding:
    """Whether it has risen or fallen, whichever is surer.

    `usual` and `now` as the quantity itself.
    """
    excursion = max(level.up, level.down, key=lambda one: one.sum)
    now = excursion.hits / excursion.size if excursion.size else level.mean
    return Finding(
        certainty(excursion.sum, params.alarm),
        math.exp(level.mean),
        math.exp(now),
        excursion.size,
        excursion.since_ms,
    )
