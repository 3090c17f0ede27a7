"""Random histories of the gate against a model written from its rules alone: nothing passes outside
them, and what deserves to passes.

A history mixes readings (good, bad, odd, late, early, repeated), clock steps, restarts with and
without the stored memory, readings that cannot be read, answers with another signal's reading,
sizes of pushes, quiet hours, and people who freeze, advise, override, release, approve and let
things expire. After every step a push is proposed.

Run many: ``python -m tests.operators.gate.histories --histories 1000000 --jobs 2``.
"""

import argparse
import math
import random
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import time, timedelta
from typing import Final

import msgspec

from domain.gate import (
    Action,
    Code,
    Controls,
    Decision,
    Mode,
    Override,
    ProposedAction,
    PushSize,
    Release,
    Setting,
    Verdict,
)
from domain.ids import WorkspaceId
from domain.signals.reading import Reading, Status
from domain.signals.schedule import Schedule
from operators.gate.decide import OVERRIDABLE, GateContext, judge, would_pass
from operators.gate.memory import GateState, observe
from operators.gate.params import GateParams

PARAMS: Final = GateParams(
    recover_readings=2, cool_down=timedelta(seconds=30), swing=35, swing_readings=4
)
VARIANTS: Final = (
    PARAMS,
    replace(PARAMS, two_persons=True),
    replace(PARAMS, quiet=Schedule(start=time(14, 20), end=time(15))),
    replace(PARAMS, cool_down=timedelta(), margin=0),
)
START_MS: Final = 1_790_000_000_000
WEB, APP, META = "source:1", "source:2", "platform:meta"
SIGNALS: Final = (WEB, APP, META)
PEOPLE: Final = ("ann", "bob")
SCOPES: Final = ("workspace", "platform:meta", "audience:1", "platform:tiktok", "audience:2")
OURS: Final = frozenset(SCOPES[:3])
BREAKS_AFTER_MS: Final = 120_000
TOLERATED_MS: Final = 5_000


def proper(one: Reading) -> bool:
    """Whether a reading vouches for its signal, by the words of the rule: healthy, at least 70,
    resting on enough."""
    needed = 30 if one.signal.startswith("source:") else 3
    return (
        one.status is Status.HEALTHY
        and one.score is not None
        and 70 <= one.score <= 100
        and one.sample >= needed
    )


def troubled(one: Reading) -> bool:
    """Whether a reading begins a cool-down."""
    return one.status in {Status.DEGRADED, Status.UNHEALTHY} or (
        one.score is not None and not one.score >= 70
    )


@dataclass
class Past:
    """What a model knows of one signal: its readings as the gate came to see them, and how many of
    them no longer count for a row."""

    readings: list[Reading] = field(default_factory=list)
    void: int = 0

    def row(self, params: GateParams) -> int:
        """Healthy readings in a row, from the first one that reached the margin."""
        count = 0
        for index, one in enumerate(self.readings):
            gap = one.read_ms - self.readings[index - 1].read_ms if index else 0
            if index == self.void or not -TOLERATED_MS <= gap <= BREAKS_AFTER_MS:
                count = 0
            begins = count > 0 or (one.score or 0) >= 70 + params.margin
            count = count + 1 if proper(one) and begins else 0
        return count if self.void < len(self.readings) else 0

    def deserves(self, now_ms: int, params: GateParams) -> bool:
        """Whether the signal lets a push pass now."""
        newest, cool_ms = self.readings[-1], params.cool_down // timedelta(milliseconds=1)
        trouble = [one.read_ms for one in self.readings if troubled(one)]
        scores = [
            one.score for one in self.readings if one.score is not None and math.isfinite(one.score)
        ][-params.swing_readings :]
        calm = not newest.signal.startswith("source:") and not trouble
        return (
            proper(newest)
            and -TOLERATED_MS <= now_ms - newest.read_ms <= BREAKS_AFTER_MS
            and self.row(params) >= (1 if calm else params.recover_readings)
            and not (trouble and now_ms < trouble[-1] + cool_ms)
            and max(scores) - min(scores) <= params.swing
        )


@dataclass
class Model:
    """Everything that happened, and what follows from it by the rules."""

    params: GateParams
    now_ms: int = START_MS
    latest_ms: int = 0
    past: dict[str, Past] = field(default_factory=dict)
    newest: dict[str, Reading] = field(default_factory=dict)
    modes: list[Setting] = field(default_factory=list)
    overrides: list[Override] = field(default_factory=list)
    release: Release | None = None

    def see(self, one: Reading) -> None:
        """The gate is shown a reading that is new."""
        self.newest[one.signal] = one
        if one.signal == META and one.status is Status.UNKNOWN:
            return
        self.past.setdefault(one.signal, Past()).readings.append(one)

    def looked(self) -> None:
        """The gate looked at the clock."""
        if self.now_ms < self.latest_ms - TOLERATED_MS:
            for one in self.past.values():
                one.void = len(one.readings)
            self.latest_ms = self.now_ms
            return
        self.latest_ms = max(self.latest_ms, self.now_ms)
        matter_ms = max(2 * BREAKS_AFTER_MS, self.params.cool_down // timedelta(milliseconds=1))
        for signal in [
            signal
            for signal, one in self.past.items()
            if one.readings[-1].read_ms < self.now_ms - matter_ms
        ]:
            del self.past[signal]

    def speaks(self, one: Setting | Override | Release) -> bool:
        """Whether what somebody said counts now."""
        if isinstance(one, Setting):
            return (
                self.now_ms < one.expires_ms
                if one.expires_ms is not None
                else one.mode is not Mode.ADVISORY
            )
        if one.expires_ms is None or self.now_ms >= one.expires_ms:
            return False
        return not self.params.two_persons or one.approved_by not in {"", one.author}

    def frozen(self) -> bool:
        """Whether pushes are frozen."""
        return any(
            one.mode is Mode.FROZEN and one.scope in OURS and self.speaks(one) for one in self.modes
        )

    def advisory(self) -> bool:
        """Whether the closest mode is a dry run."""
        said = {one.scope: one.mode for one in self.modes if one.scope in OURS and self.speaks(one)}
        return next(
            (
                said[scope] is Mode.ADVISORY
                for scope in ("audience:1", "platform:meta", "workspace")
                if scope in said
            ),
            False,
        )

    def healthy(self, depends_on: tuple[str, ...], shown: dict[str, Reading]) -> bool:
        """Whether every signal deserves it, and was answered with its own newest reading."""
        return bool(depends_on) and all(
            shown.get(signal) is not None
            and shown[signal] is self.newest.get(signal)
            and signal in self.past
            and self.past[signal].readings[-1] is shown[signal]
            and self.past[signal].deserves(self.now_ms, self.params)
            for signal in depends_on
        )

    def small(self, size: PushSize | None, history: tuple[PushSize, ...]) -> bool:
        """Whether a push changes no more than it may."""
        if size is None:
            return True
        if size.first:
            return size.confirmed or not size.adds
        ratios = [
            (one.adds / max(one.before, 1), one.removes / max(one.before, 1)) for one in history
        ]
        for people, most, earlier in (
            (size.adds, 1.0, [r[0] for r in ratios]),
            (size.removes, 0.3, [r[1] for r in ratios]),
        ):
            bound = min(most, max(0.1, 4 * max(earlier))) if len(earlier) >= 5 else most
            if people >= 100 and people / max(size.before, 1) > bound:
                return False
        return True

    def quiet(self) -> bool:
        """Whether it is between 14:20 and 15:00, where that is quiet; histories begin at 14:13."""
        return (
            self.params.quiet is not None and 14 * 60 + 20 <= self.now_ms // 60_000 % 1440 < 15 * 60
        )

    def wrong(self, depends_on: tuple[str, ...], shown: dict[str, Reading]) -> bool:
        """Whether a signal was answered with another one's reading."""
        return any(signal in shown and shown[signal].signal != signal for signal in depends_on)

    def said_to(self, codes: frozenset[Code]) -> bool:
        """Whether a person lets pass what these reasons speak against."""
        if self.release is not None and self.speaks(self.release):
            return True
        covered = frozenset[Code]().union(
            *(one.codes for one in self.overrides if one.scope in OURS and self.speaks(one))
        )
        return codes <= covered


class Broken(AssertionError):  # noqa: N818 - what a checker raises
    """The gate did what the rules forbid, or did not do what they demand."""


def one_history(seed: int) -> Counter[str]:
    """Play one history; what happened how often.

    Raises:
        Broken: with the seed and the decision.
    """
    rng = random.Random(seed)
    model = Model(VARIANTS[seed % len(VARIANTS)])
    state, numbers, told = GateState(), 0, Counter[str]()
    steady = rng.random() < 0.7
    for _ in range(rng.randint(3, 14)):
        numbers, state = _happen(rng, model, state, numbers, steady)
        _say(rng, model)
        size, history = _sizes(rng)
        depends_on = tuple(sorted(rng.sample(SIGNALS, rng.choice((1, 1, 2, 3)))))
        shown = {signal: one for signal, one in model.newest.items() if rng.random() > 0.02}
        if rng.random() < 0.02 and WEB in shown:
            shown[APP] = shown[WEB]
        if rng.random() < 0.02:
            depends_on = ()
        controls = Controls(tuple(model.modes), tuple(model.overrides), model.release)
        proposed = ProposedAction(WorkspaceId(1), "meta:1", 1, Action.PUSH, depends_on)
        decision = judge(
            state,
            proposed,
            shown,
            GateContext("meta", controls, size, history),
            model.now_ms,
            model.params,
        )
        told[_check(seed, model, decision, size, history, shown)] += 1
        enforced = GateContext(
            "meta", Controls((), tuple(model.overrides), model.release), size, history
        )
        _compare(
            seed,
            model,
            decision,
            judge(state, proposed, shown, enforced, model.now_ms, model.params),
        )
        if decision.release_id:
            model.release = None
        removal = judge(
            state,
            msgspec.structs.replace(proposed, action=Action.URGENT_REMOVAL),
            shown,
            GateContext("meta", controls),
            model.now_ms,
            model.params,
        )
        if removal.verdict is not Verdict.PASS:
            raise Broken(f"seed {seed}: a removal was held: {removal}")
    return told


def _check(
    seed: int,
    model: Model,
    decision: Decision,
    size: PushSize | None,
    history: tuple[PushSize, ...],
    shown: dict[str, Reading],
) -> str:
    depends_on = decision.depends_on
    deserved = model.healthy(depends_on, shown) and model.small(size, history) and not model.quiet()
    passed = decision.verdict is Verdict.PASS
    allowed = deserved
    if model.frozen() or model.advisory():
        allowed = False
    elif not deserved and not model.wrong(depends_on, shown):
        allowed = model.said_to(frozenset(decision.codes) - {Code.OVERRIDDEN, Code.RELEASED})
    if passed is not allowed:
        raise Broken(f"seed {seed}: {'passed' if passed else 'held'} against the rules: {decision}")
    if passed and not deserved:
        if decision.would in {None, Verdict.PASS} or decision.codes[0] not in {
            Code.OVERRIDDEN,
            Code.RELEASED,
        }:
            raise Broken(f"seed {seed}: let pass without saying so: {decision}")
        return decision.codes[0].value
    return (
        "passed"
        if passed
        else "frozen"
        if model.frozen()
        else "advisory"
        if model.advisory()
        else "held"
    )


def _compare(seed: int, model: Model, decision: Decision, enforced: Decision) -> None:
    """A dry run tells what would have been done where nobody had set a mode, and nothing is done
    that would not be done so."""
    if decision.verdict is Verdict.PASS and enforced.verdict is not Verdict.PASS:
        raise Broken(f"seed {seed}: a mode let it pass: {decision}")
    if model.advisory() and not model.frozen():
        told = (
            decision.codes[1:],
            decision.reasons[1:],
            decision.would,
            decision.release_id,
            decision.override_id,
        )
        itself = enforced.would or enforced.verdict
        if told != (
            enforced.codes,
            enforced.reasons,
            itself,
            enforced.release_id,
            enforced.override_id,
        ):
            raise Broken(
                f"seed {seed}: a dry run tells something else: {decision} instead of {enforced}"
            )
        if would_pass(decision) is not (enforced.verdict is Verdict.PASS):
            raise Broken(f"seed {seed}: a dry run does not know what would go: {decision}")


def _happen(
    rng: random.Random, model: Model, state: GateState, numbers: int, steady: bool
) -> tuple[int, GateState]:
    """Time passes; readings come; the process may start again."""
    model.now_ms += (
        rng.choice((1_000, 5_000, 5_000, 20_000, 60_000))
        if steady
        else rng.choice((0, 5_000, 130_000, -4_000, -20_000, 1_800_000))
    )
    for signal in SIGNALS:
        if rng.random() < 0.2:
            continue
        numbers += 1
        good = rng.random() < (0.9 if steady else 0.6)
        score = (
            rng.choice((90.0, 100.0, 85.0, 72.0, 70.0))
            if good
            else rng.choice((None, float("nan"), 0.0, 39.9, 69.9, 71.0, -1.0, 101.0))
        )
        status = _status(rng, score)
        late_ms = 0 if rng.random() < 0.95 else rng.choice((-90_000, -6_000, 6_000, 60_000))
        sample = rng.choice((2, 29)) if rng.random() < 0.03 else 500
        one = Reading(
            WorkspaceId(1), signal, model.now_ms + late_ms, score, status, sample, (), (), numbers
        )
        model.see(one)
        state = observe(state, [one] * rng.choice((1, 1, 2)), model.now_ms, model.params)
        model.looked()
    state = observe(state, [], model.now_ms, model.params)
    model.looked()
    if rng.random() < 0.1:
        state = msgspec.json.decode(msgspec.json.encode(state), type=GateState)
    # The stored memory is lost: whatever had proved itself has to do so again.
    if rng.random() < 0.03:
        state = GateState()
        model.past.clear()
        model.latest_ms = 0
    return numbers, state


def _status(rng: random.Random, score: float | None) -> Status:
    if rng.random() < 0.02:
        return rng.choice(list(Status))
    if score is None or math.isnan(score):
        return Status.UNKNOWN
    return Status.HEALTHY if score >= 70 else Status.DEGRADED if score >= 40 else Status.UNHEALTHY


def _say(rng: random.Random, model: Model) -> None:
    """Now and then somebody says something, agrees to it, or takes it back."""
    until = model.now_ms + rng.choice((0, 3_000, 60_000))
    agreed = rng.choice(("", *PEOPLE))
    match rng.randint(0, 24):
        case 0:
            mode = rng.choice((Mode.FROZEN, Mode.ADVISORY, Mode.ENFORCE))
            expires = until if mode is Mode.ADVISORY else rng.choice((None, until))
            model.modes.append(Setting(rng.choice(SCOPES), mode, "ann", expires, agreed))
            model.modes = list({one.scope: one for one in model.modes}.values())
        case 1 | 2:
            model.modes.clear()
        case 3:
            codes = frozenset(rng.sample(sorted(OVERRIDABLE), rng.randint(1, len(OVERRIDABLE))))
            model.overrides.append(
                Override(len(model.overrides) + 1, rng.choice(SCOPES), codes, "ann", until, agreed)
            )
        case 4:
            model.overrides.clear()
        case 5:
            model.release = Release(1, "ann", until, agreed)
        case 6:
            model.release = None


def _sizes(rng: random.Random) -> tuple[PushSize | None, tuple[PushSize, ...]]:
    if rng.random() < 0.5:
        return None, ()
    first = rng.random() < 0.2
    size = PushSize(
        0 if first else rng.choice((0, 50, 1_000)),
        rng.choice((0, 5, 99, 100, 101, 1_500)),
        rng.choice((0, 50, 101, 301)),
        first,
        rng.random() < 0.5,
    )
    history = tuple(
        PushSize(1_000, rng.choice((0, 10, 200)), rng.choice((0, 10, 90)))
        for _ in range(rng.choice((0, 4, 5, 20)))
    )
    return size, history


def play(seeds: range) -> Counter[str]:
    """Play many histories."""
    told = Counter[str]()
    for seed in seeds:
        told += one_history(seed)
    return told


def main() -> None:
    """Play as many histories as asked for, and print what happened."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--histories", type=int, default=100_000)
    parser.add_argument("--first", type=int, default=0, help="first seed")
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args()
    seeds = range(options.first, options.first + options.histories)
    parts = [seeds[start : start + 5_000] for start in range(0, len(seeds), 5_000)]
    with ProcessPoolExecutor(options.jobs) as pool:
        told = Counter[str]()
        for done, part in enumerate(pool.map(play, parts), 1):
            told += part
            if sys.stderr.isatty():
                print(f"\r{done * 5_000:,} of {len(seeds):,} histories", end="", file=sys.stderr)
    print(
        f"{len(seeds):,} histories, {told.total():,} pushes proposed: "
        + ", ".join(f"{n:,} {what}" for what, n in told.most_common())
    )


if __name__ == "__main__":
    main()
