"""One watched signal, its traffic and its engine on one simulated clock.

It can be frozen and continued as many histories.

traffic ──▶ decoder ──▶ operators.signals.observe ──▶ counters ──▶ engine
"""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

import numpy as np

from domain.changes import Changes
from domain.event import DeadLetter, Event
from domain.instants import MINUTE_MS, MS
from domain.policies import IdentityRules, ProfileRules
from faultlab.deliveries import Answers, DeliveriesState
from faultlab.disturbance import CALM, Disturbance
from faultlab.engine import EngineState, GateSample, SignalEngine
from faultlab.profiles import Deliveries, Profile
from faultlab.records import WORKSPACE, Item, Records
from faultlab.rhythm import MONDAY_MS
from faultlab.traffic import Traffic, TrafficState
from operators.gate.params import GateParams
from operators.signals.observe import count_observations
from operators.signals.params import HealthParams, SignalOverride

_PHASE_MS: Final = 17_000
"""Looks are not at the turn of a minute, as they are not in a process."""


@dataclass(frozen=True)
class Rules:
    """The configuration that is tried: what the processes read from the settings."""

    identity: IdentityRules
    profile: ProfileRules
    health: HealthParams
    gate: GateParams


@dataclass(frozen=True)
class Frozen:
    """A world at rest; plain, so that it can be sent to another process.

    The caller copies it before continuing.
    """

    now_ms: int
    feed: TrafficState | DeliveriesState
    engine: EngineState


def begin(profile: Profile | Deliveries, seed: int) -> Frozen:
    """A world in which nothing has happened yet."""
    dice = np.random.default_rng([seed, *profile.name.encode()])
    return Frozen(
        MONDAY_MS + _PHASE_MS,
        TrafficState(dice) if isinstance(profile, Profile) else DeliveriesState(dice),
        EngineState(),
    )


@dataclass(frozen=True)
class Happening:
    """What happens in a world.

    Attributes:
        disturbance: a fault, or something normal.
        onset_ms: since when.
        branch: names the history: random numbers differ in each; None to continue as before.
    """

    disturbance: Disturbance = CALM
    onset_ms: int = 0
    branch: tuple[int, ...] | None = None


NOTHING: Final = Happening()
"""Traffic as it always is."""


class World:
    """A signal whose time advances.

    Args:
        profile: what it is.
        rules: the configuration that is tried.
        frozen: where an earlier world stopped; it is copied.
        records: makes a source's records; None for a platform.
        happening: what happens.
    """

    def __init__(
        self,
        profile: Profile | Deliveries,
        rules: Rules,
        frozen: Frozen,
        records: Records | None,
        happening: Happening = NOTHING,
    ) -> None:
        disturbance, onset_ms = happening.disturbance, happening.onset_ms
        feed = deepcopy(frozen.feed)
        if happening.branch is not None:
            feed.dice = np.random.default_rng(happening.branch)
        self.now_ms = frozen.now_ms
        self.events = 0
        self._rules = rules
        self._feed: Traffic | Answers
        if isinstance(profile, Profile) and isinstance(feed, TrafficState) and records is not None:
            self._feed = Traffic(
                profile,
                records.disturbed(disturbance.change, disturbance.clock),
                feed,
                disturbance,
                onset_ms,
            )
        elif isinstance(profile, Deliveries) and isinstance(feed, DeliveriesState):
            self._feed = Answers(profile, feed, disturbance, onset_ms)
        else:
            raise TypeError("a source has records, a platform has answers")
        self._signal = profile.watched
        health = rules.health
        if isinstance(profile, Profile) and profile.schedule is not None:
            health = replace(
                health, signals={self._signal: SignalOverride(schedule=profile.schedule)}
            )
        self._engine = SignalEngine(self._signal, health, rules.gate, frozen.engine)

    def frozen(self) -> Frozen:
        """The world as it is."""
        return Frozen(self.now_ms, deepcopy(self._feed.state), self._engine.snapshot())

    def looks(self, until_ms: int, span: timedelta) -> Iterator[GateSample]:
        """Advance time in spans, and evaluate after each."""
        while self.now_ms < until_ms:
            self._step(span // MS)
            yield self._engine.evaluate(self.now_ms)

    def pass_by(self, until_ms: int, span: timedelta, spans_per_read: int) -> None:
        """Advance time.

        Nobody asks the gate, and the counters of several spans are read at once.
        """
        while self.now_ms < until_ms:
            for _ in range(spans_per_read):
                self._step(span // MS)
            self._engine.read(self.now_ms)

    def _step(self, span_ms: int) -> None:
        self.now_ms += span_ms
        if isinstance(self._feed, Answers):
            self._engine.count(
                self.now_ms - self.now_ms % MINUTE_MS, self._feed.counters(self.now_ms, span_ms)
            )
            return
        items = self._feed.batch(self.now_ms, span_ms)
        self.events += len(items)
        for minute_ms, counters in observed(
            items, self._feed, self._rules.profile, self._signal, self.now_ms
        ).items():
            self._engine.count(minute_ms, counters)


def observed(
    items: list[Item], traffic: Traffic, rules: ProfileRules, signal: str, now_ms: int
) -> dict[int, dict[str, float]]:
    """What UNIFY counts for one signal when it commits a batch.

    Args:
        items: the batch.
        traffic: knows who was seen before.
        rules: of profiles.
        signal: name of the signal.
        now_ms: clock.

    Returns:
        Minute → metric → amount.
    """
    if not items:
        return {}
    changes = Changes(now_ms)
    events = [item for item in items if isinstance(item, Event)]
    people = traffic.state.people
    fresh = people.fresh(events)
    changes.dead_letters = [item for item in items if isinstance(item, DeadLetter)]
    count_observations(items, fresh, {WORKSPACE: people.newcomers(fresh)}, rules, changes)
    found: dict[int, dict[str, float]] = {}
    for counted, value in changes.observed.items():
        if counted.signal == signal:
            found.setdefault(counted.minute_ms, {})[counted.metric] = value
    return found
