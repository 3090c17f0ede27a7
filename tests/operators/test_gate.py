"""The gate: a table of verdicts, and random histories in which nothing ever passes that should not."""

import random
from dataclasses import replace

import msgspec
import pytest

from domain.decision import Action, Automation, Verdict
from domain.ids import WorkspaceId
from domain.reading import Reading, Status
from operators.gate import GateParams, GateState, ProposedAction, decide, observe

PARAMS = GateParams()
NOW = 1_790_000_000_000
WEB, APP, META = "source:1", "source:2", "platform:meta"


def reading(
    score: float | None = 90.0, *, signal: str = WEB, number: int = 1, at_ms: int = NOW, sample: int = 1_000, status: Status | None = None
) -> Reading:
    if status is None:
        status = (
            Status.UNKNOWN if score is None else Status.HEALTHY if score >= 70 else Status.DEGRADED if score >= 40 else Status.UNHEALTHY
        )
    return Reading(WorkspaceId(1), signal, at_ms, score, status, sample, (), ("because",), number)


def proposed(*signals: str, action: Action = Action.PUSH) -> ProposedAction:
    return ProposedAction(WorkspaceId(1), "meta:1", 1, action, signals)


def settled(*newest: Reading, streak: int = 3) -> GateState:
    history = [replace_reading(one, number=number, at_ms=one.read_ms - 1) for one in newest for number in range(1, streak)]
    return observe(observe(GateState(), history, PARAMS), [replace_reading(one, number=99) for one in newest], PARAMS)


def replace_reading(one: Reading, *, number: int, at_ms: int | None = None) -> Reading:
    return msgspec.structs.replace(one, id=number, read_ms=one.read_ms if at_ms is None else at_ms)


def verdict(*newest: Reading, signals: tuple[str, ...] = (WEB,), now_ms: int = NOW, params: GateParams = PARAMS) -> Verdict:
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


def test_the_worst_signal_decides() -> None:
    assert verdict(reading(90), reading(20, signal=APP), signals=(WEB, APP)) is Verdict.BLOCK


def test_a_signal_without_any_reading_holds() -> None:
    assert verdict(reading(90), signals=(WEB, APP)) is Verdict.HOLD


def test_nothing_to_depend_on_is_not_health() -> None:
    assert verdict(reading(90), signals=()) is Verdict.HOLD


@pytest.mark.parametrize(("streak", "expected"), [(1, Verdict.HOLD), (2, Verdict.HOLD), (3, Verdict.PASS)])
def test_it_passes_only_after_several_healthy_readings_in_a_row(streak: int, expected: Verdict) -> None:
    newest = reading(90, number=99)
    assert decide(settled(newest, streak=streak), proposed(WEB), {WEB: newest}, NOW, PARAMS).verdict is expected


def test_one_bad_reading_starts_the_count_anew() -> None:
    state = observe(settled(reading(90)), [reading(60, number=100), reading(90, number=101)], PARAMS)
    assert decide(state, proposed(WEB), {WEB: reading(90, number=101)}, NOW, PARAMS).verdict is Verdict.HOLD


def test_a_reading_that_comes_again_does_not_count_twice() -> None:
    once = observe(GateState(), [reading(90, number=1)], PARAMS)
    assert observe(once, [reading(90, number=1)] * 5, PARAMS) == once


@pytest.mark.parametrize("action", [Action.URGENT_REMOVAL, Action.DELETE])
def test_taking_people_off_always_passes(action: Action) -> None:
    decision = decide(GateState(), proposed(WEB, action=action), {WEB: reading(0)}, NOW, PARAMS)
    assert (decision.verdict, decision.automation) == (Verdict.PASS, Automation.EXECUTE)


def test_every_verdict_has_reasons_and_names_its_readings() -> None:
    decision = decide(GateState(), proposed(WEB), {WEB: reading(20, number=7)}, NOW, PARAMS)
    assert (decision.reasons, decision.reading_ids, decision.automation) == (
        ("source:1 is unhealthy (20): because",),
        (7,),
        Automation.MANUAL_REQUIRED,
    )


def test_the_state_survives_storage() -> None:
    state = settled(reading(90), reading(50, signal=META))
    assert msgspec.json.decode(msgspec.json.encode(state), type=GateState) == state


def test_random_histories_never_pass_outside_the_rules() -> None:
    rng, passes = random.Random(4), 0
    params = replace(PARAMS, recover_readings=2)
    for _ in range(300):
        state, now, history = GateState(), NOW, []
        newest: dict[str, Reading] = {}
        for number in range(1, 120):
            now += rng.choice((0, 1_000, 5_000, 130_000, -20_000))
            if rng.random() < 0.8:
                score = rng.choice((None, float("nan"), 0.0, 39.0, 69.9, 70.0, 95.0, 100.0, 95.0, 100.0))
                one = reading(
                    score,
                    signal=rng.choice((WEB, APP)),
                    number=number,
                    at_ms=now + rng.choice((0, 0, 0, -90_000, 60_000)),
                    sample=rng.choice((10, 500, 500)),
                )
                newest[one.signal] = one
                history.append(one)
                state = observe(state, [one] * rng.choice((1, 2)), params)
            if rng.random() < 0.1:
                state = msgspec.json.decode(msgspec.json.encode(state), type=GateState)
            if decide(state, proposed(WEB, APP), newest, now, params).verdict is Verdict.PASS:
                passes += 1
                for signal in (WEB, APP):
                    own = [one for one in history if one.signal == signal]
                    assert len(own) >= 2
                    for one in own[-2:]:
                        assert one.score is not None
                        assert one.score >= 70
                    assert own[-1].sample >= 30
                    assert -5_000 <= now - own[-1].read_ms <= 120_000
    assert passes > 100
