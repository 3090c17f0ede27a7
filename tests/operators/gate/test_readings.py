"""The gate: a table of verdicts, every short history, and long random ones in which nothing ever
passes that should not."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import msgspec
import pytest

from domain.gate import Action, Automation, Code, Decision, ProposedAction, Verdict
from domain.ids import WorkspaceId
from domain.signals.reading import Reading, Status
from operators.gate.memory import GateState, observe
from operators.gate.params import GateParams
from operators.gate.readings import decide, misdated, misdated_words

PARAMS = GateParams(margin=0, cool_down=timedelta(), swing=100)
"""The rules of one signal bare: margin, cool-down and volatility have tests of their own."""
NOW = 1_790_000_000_000
WEB, APP, META = "source:1", "source:2", "platform:meta"


def reading(
    score: float | None = 90.0,
    *,
    signal: str = WEB,
    number: int = 1,
    at_ms: int = NOW,
    sample: int = 1_000,
    status: Status | None = None,
) -> Reading:
    if status is None:
        status = (
            Status.UNKNOWN
            if score is None
            else (
                Status.HEALTHY
                if score >= 70
                else Status.DEGRADED
                if score >= 40
                else Status.UNHEALTHY
            )
        )
    return Reading(WorkspaceId(1), signal, at_ms, score, status, sample, (), ("because",), number)


def proposed(*signals: str, action: Action = Action.PUSH) -> ProposedAction:
    return ProposedAction(WorkspaceId(1), "meta:1", 1, action, signals)


def settled(*newest: Reading, streak: int = 3) -> GateState:
    history = [
        replace_reading(one, number=number, at_ms=one.read_ms - 1)
        for one in newest
        for number in range(1, streak)
    ]
    return observe(
        observe(GateState(), history, NOW, PARAMS),
        [replace_reading(one, number=99) for one in newest],
        NOW,
        PARAMS,
    )


def replace_reading(one: Reading, *, number: int, at_ms: int | None = None) -> Reading:
    return msgspec.structs.replace(one, id=number, read_ms=one.read_ms if at_ms is None else at_ms)


def verdict(
    *newest: Reading,
    signals: tuple[str, ...] = (WEB,),
    now_ms: int = NOW,
    params: GateParams = PARAMS,
) -> Verdict:
    shown = {one.signal: replace_reading(one, number=99) for one in newest}
    return decide(settled(*newest), proposed(*signals), shown, now_ms, params).verdict


@pytest.mark.parametrize(
    ("newest", "expected"),
    [
        (reading(100.0), Verdict.PASS),
        (reading(70.0), Verdict.PASS),
        (reading(69.999), Verdict.HOLD),
        (reading(40.0), Verdict.HOLD),
        (reading(39.999), Verdict.BLOCK),
        (reading(0.0), Verdict.BLOCK),
        (reading(None), Verdict.HOLD),
        (reading(float("nan")), Verdict.HOLD),
        (reading(float("inf")), Verdict.HOLD),
        (reading(-1.0), Verdict.HOLD),
        (reading(100.0, status=Status.UNKNOWN), Verdict.HOLD),
        (reading(100.0, status=Status.UNHEALTHY), Verdict.HOLD),
        (reading(100.0, sample=29), Verdict.HOLD),
        (reading(100.0, at_ms=NOW - 120_000), Verdict.PASS),
        (reading(100.0, at_ms=NOW - 120_001), Verdict.HOLD),
        (reading(100.0, at_ms=NOW + 5_001), Verdict.HOLD),
    ],
)
def test_one_signal_decides(newest: Reading, expected: Verdict) -> None:
    assert verdict(newest) is expected


@pytest.mark.parametrize(
    ("at_ms", "expected"),
    [
        (NOW, None),
        (NOW - 120_000, None),
        (NOW - 120_001, Code.STALE),
        (0, Code.STALE),
        (NOW + 5_000, None),
        (NOW + 5_001, Code.FUTURE),
    ],
)
def test_a_reading_says_something_of_now_by_its_date_alone(
    at_ms: int, expected: Code | None
) -> None:
    assert misdated(at_ms, NOW, PARAMS) is expected
    newest = reading(90, number=99, at_ms=at_ms)
    decision = decide(settled(newest), proposed(WEB), {WEB: newest}, NOW, PARAMS)
    assert decision.codes == ((expected,) if expected else (Code.TRUSTED,))
    if expected:
        said = misdated_words(expected, PARAMS)
        assert decision.reasons == (f"{WEB} is unknown: {said}",)


def test_how_old_a_reading_may_be_is_what_the_parameters_say() -> None:
    params = GateParams(staleness=timedelta(seconds=30), clock_tolerance=timedelta(seconds=1))
    assert [misdated(NOW + by, NOW, params) for by in (-30_001, -30_000, 1_000, 1_001)] == [
        Code.STALE,
        None,
        None,
        Code.FUTURE,
    ]
    assert "older than 30 s" in misdated_words(Code.STALE, params)


def test_the_worst_signal_decides() -> None:
    assert verdict(reading(90), reading(20, signal=APP), signals=(WEB, APP)) is Verdict.BLOCK


def test_a_signal_without_any_reading_holds() -> None:
    assert verdict(reading(90), signals=(WEB, APP)) is Verdict.HOLD


def test_nothing_to_depend_on_is_not_health() -> None:
    assert verdict(reading(90), signals=()) is Verdict.HOLD


@pytest.mark.parametrize(
    ("streak", "expected"), [(1, Verdict.HOLD), (2, Verdict.HOLD), (3, Verdict.PASS)]
)
def test_it_passes_only_after_several_healthy_readings_in_a_row(
    streak: int, expected: Verdict
) -> None:
    newest = reading(90, number=99)
    assert (
        decide(settled(newest, streak=streak), proposed(WEB), {WEB: newest}, NOW, PARAMS).verdict
        is expected
    )


def test_one_bad_reading_starts_the_count_anew() -> None:
    state = observe(
        settled(reading(90)), [reading(60, number=100), reading(90, number=101)], NOW, PARAMS
    )
    assert (
        decide(state, proposed(WEB), {WEB: reading(90, number=101)}, NOW, PARAMS).verdict
        is Verdict.HOLD
    )


def test_a_reading_that_comes_again_does_not_count_twice() -> None:
    once = observe(GateState(), [reading(90, number=1)], NOW, PARAMS)
    assert observe(once, [reading(90, number=1)] * 5, NOW, PARAMS) == once


def test_a_row_of_healthy_readings_does_not_go_on_after_a_gap_without_any() -> None:
    later = NOW + 600_000
    newest = reading(90, number=100, at_ms=later)
    decision = decide(
        observe(settled(reading(90)), [newest], later, PARAMS),
        proposed(WEB),
        {WEB: newest},
        later,
        PARAMS,
    )
    assert decision.reasons == ("source:1 is recovering: 1 of 3 healthy readings in a row",)


def test_a_healthy_reading_on_too_few_observations_does_not_count_towards_recovery() -> None:
    state = observe(
        GateState(),
        [reading(90, number=1), reading(90, number=2, sample=1), reading(90, number=3)],
        NOW,
        PARAMS,
    )
    assert state.signals[WEB].streak == 1


def test_when_the_clock_goes_back_everything_has_to_prove_itself_anew() -> None:
    past, settled_state = NOW - 60_000, settled(reading(90))
    newest = reading(90, number=99, at_ms=past)
    assert decide(settled_state, proposed(WEB), {WEB: newest}, past, PARAMS).codes == (
        Code.CLOCK_WENT_BACK,
    )
    state = observe(settled_state, [], past, PARAMS)
    assert decide(state, proposed(WEB), {WEB: newest}, past, PARAMS).codes == (Code.RECOVERING,)
    again = [reading(90, number=100 + step, at_ms=past + step) for step in range(3)]
    state = observe(state, again, past + 2, PARAMS)
    assert decide(state, proposed(WEB), {WEB: again[-1]}, past + 2, PARAMS).verdict is Verdict.PASS


@pytest.mark.parametrize(
    "other",
    [
        reading(90, signal=APP, number=99),
        msgspec.structs.replace(reading(90, number=99), workspace=WorkspaceId(2)),
    ],
)
def test_a_reading_of_another_signal_or_workspace_vouches_for_nothing(other: Reading) -> None:
    assert decide(settled(reading(90)), proposed(WEB), {WEB: other}, NOW, PARAMS).codes == (
        Code.MISTAKEN,
    )


def test_memory_of_signals_that_are_gone_does_not_pile_up() -> None:
    state = GateState()
    for number in range(1, 1_000):
        now = NOW + number * 60_000
        state = observe(
            state, [reading(90, signal=f"source:{number}", number=number, at_ms=now)], now, PARAMS
        )
    assert len(state.signals) <= 5


@pytest.mark.parametrize(
    "wrong",
    [
        {"healthy": 0.0, "degraded": 0.0},
        {"healthy": float("nan")},
        {"healthy": 30.0},
        {"recover_readings": 0},
        {"minimum_sample": 0},
        {"staleness": timedelta()},
        {"clock_tolerance": timedelta(minutes=5)},
    ],
)
def test_parameters_that_would_open_the_gate_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"<=|at least 1|positive"):
        GateParams(**wrong)


@pytest.mark.parametrize("action", [Action.URGENT_REMOVAL, Action.DELETE])
def test_taking_people_off_always_passes(action: Action) -> None:
    decision = decide(GateState(), proposed(WEB, action=action), {WEB: reading(0)}, NOW, PARAMS)
    assert (decision.verdict, decision.automation, decision.codes) == (
        Verdict.PASS,
        Automation.EXECUTE,
        (Code.TAKES_OFF,),
    )


def test_what_is_not_known_to_take_people_off_is_judged() -> None:
    unheard_of: Any = "replace"
    assert (
        decide(GateState(), proposed(WEB, action=unheard_of), {}, NOW, PARAMS).verdict
        is Verdict.HOLD
    )


def test_every_verdict_has_reasons_and_names_its_readings() -> None:
    decision = decide(GateState(), proposed(WEB), {WEB: reading(20, number=7)}, NOW, PARAMS)
    assert (decision.reasons, decision.codes, decision.reading_ids, decision.automation) == (
        ("source:1 is unhealthy (20): because",),
        (Code.UNHEALTHY,),
        (7,),
        Automation.MANUAL_REQUIRED,
    )


def test_reasons_come_with_the_weightiest_first_and_a_code_each() -> None:
    newest = {WEB: reading(60), APP: reading(20, signal=APP)}
    assert decide(GateState(), proposed(WEB, APP), newest, NOW, PARAMS).codes == (
        Code.UNHEALTHY,
        Code.DEGRADED,
    )


def test_the_state_survives_storage() -> None:
    state = settled(reading(90), reading(50, signal=META))
    assert msgspec.json.decode(msgspec.json.encode(state), type=GateState) == state


def deserved(signal: str, history: list[Reading], now_ms: int, params: GateParams) -> bool:
    """Written from the rules alone: whether the last readings of a signal, by id, let a push pass
    as long as no clock went back."""
    last = [one for one in history if one.signal == signal][-params.recover_readings :]
    return (
        len(last) == params.recover_readings
        and all(
            one.status is Status.HEALTHY and one.score is not None and 70 <= one.score <= 100
            for one in last
        )
        and all(one.sample >= 30 for one in last)
        and all(
            -5_000 <= after.read_ms - before.read_ms <= 120_000 for before, after in pairwise(last)
        )
        and -5_000 <= now_ms - last[-1].read_ms <= 120_000
    )


HAPPENINGS = (
    "healthy",
    "healthy",
    "degraded",
    "unhealthy",
    "unknown",
    "nan",
    "few",
    "wait",
    "long wait",
)
DEPTH = 5


def every_history(
    state: GateState, history: list[Reading], now_ms: int, depth: int, params: GateParams
) -> Iterator[tuple[Decision, list[Reading], int]]:
    """Every history of a signal up to a length, with what is decided at its end."""
    newest = {WEB: history[-1]} if history else {}
    yield decide(state, proposed(WEB), newest, now_ms, params), history, now_ms
    for what in HAPPENINGS[1:] if depth else ():
        if what.endswith("wait"):
            later = now_ms + (60_000 if what == "wait" else 121_000)
            yield from every_history(
                observe(state, [], later, params), history, later, depth - 1, params
            )
            continue
        score = {
            "healthy": 70.0,
            "degraded": 69.9,
            "unhealthy": 39.9,
            "unknown": None,
            "nan": float("nan"),
            "few": 100.0,
        }[what]
        one = reading(
            score, number=len(history) + 1, at_ms=now_ms, sample=29 if what == "few" else 30
        )
        yield from every_history(
            observe(state, [one], now_ms, params), [*history, one], now_ms, depth - 1, params
        )


def test_every_short_history_passes_exactly_where_the_rules_say_so() -> None:
    params, passes = replace(PARAMS, recover_readings=2), 0
    for decision, history, now_ms in every_history(GateState(), [], NOW, DEPTH, params):
        assert (decision.verdict is Verdict.PASS) == deserved(WEB, history, now_ms, params)
        passes += decision.verdict is Verdict.PASS
    assert passes > 100


@pytest.mark.long
def test_random_histories_never_pass_outside_the_rules() -> None:
    rng, passes = random.Random(4), 0
    params = replace(PARAMS, recover_readings=2)
    for _ in range(1_000):
        state, now, history = GateState(), NOW, []
        newest: dict[str, Reading] = {}
        for number in range(1, 101):
            now += rng.choice((0, 1_000, 1_000, 5_000, 5_000, 130_000, -20_000))
            if rng.random() < 0.8:
                score = rng.choice(
                    (
                        None,
                        float("nan"),
                        0.0,
                        39.0,
                        69.9,
                        70.0,
                        95.0,
                        100.0,
                        95.0,
                        100.0,
                        95.0,
                        100.0,
                        95.0,
                        100.0,
                    )
                )
                one = reading(
                    score,
                    signal=rng.choice((WEB, APP)),
                    number=number,
                    at_ms=now + rng.choice((0, 0, 0, 0, 0, 0, -90_000, 60_000)),
                    sample=rng.choice((10, 500, 500, 500, 500)),
                )
                newest[one.signal] = one
                history.append(one)
                state = observe(state, [one] * rng.choice((1, 2)), now, params)
            if rng.random() < 0.1:
                state = msgspec.json.decode(msgspec.json.encode(state), type=GateState)
            if decide(state, proposed(WEB, APP), newest, now, params).verdict is Verdict.PASS:
                passes += 1
                assert deserved(WEB, history, now, params)
                assert deserved(APP, history, now, params)
    assert passes > 400
