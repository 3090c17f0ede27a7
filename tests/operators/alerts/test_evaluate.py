"""The alerting machine: patience, escalation, causes, many at once, the end – and what holds for
every sequence of evaluations."""

import random
from collections import Counter
from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.alerts import Condition, Notice, Severity, Step
from domain.ids import WorkspaceId
from operators.alerts.evaluate import evaluate
from operators.alerts.params import AlertingParams
from operators.alerts.watches import AlertState

PARAMS = AlertingParams()
WORKSPACE = WorkspaceId(1)
INFO, WARNING, CRITICAL = Severity.INFO, Severity.WARNING, Severity.CRITICAL


def bad(
    key: str = "signal:a",
    severity: Severity = WARNING,
    kind: str = "signal",
    causes: tuple[str, ...] = (),
) -> Condition:
    return Condition(key, kind, severity, f"{key} is bad", causes)


class Watcher:
    """Evaluates every five seconds."""

    def __init__(self, params: AlertingParams = PARAMS) -> None:
        self.params, self.state, self.now_ms = params, AlertState(), 1_000_000
        self.acknowledged: frozenset[str] = frozenset()

    def evaluate(self, *seen: Condition, seconds: float = 0) -> list[Notice]:
        """Evaluate the same for a while; everything that was told."""
        told: list[Notice] = []
        for _ in range(1 + int(seconds // 5)):
            evaluation = evaluate(
                self.state, WORKSPACE, seen, self.now_ms, self.params, self.acknowledged
            )
            self.state = msgspec.json.decode(msgspec.json.encode(evaluation.state), type=AlertState)
            told += evaluation.notices
            self.now_ms += 5_000
        return told


def said(told: list[Notice]) -> list[tuple[str, str]]:
    return [(one.step.value, one.episode.key) for one in told]


def test_a_warning_is_told_after_a_minute_and_once() -> None:
    watcher = Watcher()
    assert watcher.evaluate(bad(), seconds=55) == []
    assert said(watcher.evaluate(bad())) == [("opened", "signal:a")]
    assert watcher.evaluate(bad(), seconds=3_600) == []


def test_what_is_critical_is_told_sooner() -> None:
    watcher = Watcher()
    assert watcher.evaluate(bad(severity=CRITICAL), seconds=10) == []
    assert said(watcher.evaluate(bad(severity=CRITICAL))) == [("opened", "signal:a")]


def test_what_passes_quickly_is_never_told() -> None:
    watcher = Watcher()
    for _ in range(20):
        assert watcher.evaluate(bad(), seconds=50) == []
        assert watcher.evaluate() == []


def test_the_end_is_told_after_two_minutes_without_and_a_flicker_is_none() -> None:
    watcher = Watcher()
    watcher.evaluate(bad(), seconds=60)
    assert watcher.evaluate(seconds=110) == []
    assert watcher.evaluate(bad()) == []
    assert watcher.evaluate(seconds=115) == []
    (end,) = watcher.evaluate()
    assert (end.step, end.episode.key, end.ended_ms) == (Step.RESOLVED, "signal:a", end.at_ms)
    assert watcher.state.watches == {}


def test_growing_worse_is_told_once_it_lasts_and_growing_better_is_not() -> None:
    watcher = Watcher()
    watcher.evaluate(bad(), seconds=60)
    assert watcher.evaluate(bad(severity=CRITICAL), seconds=10) == []
    (worse,) = watcher.evaluate(bad(severity=CRITICAL))
    assert (worse.step, worse.episode.severity) == (Step.WORSENED, CRITICAL)
    assert watcher.evaluate(bad(), seconds=300) == []
    assert watcher.evaluate(bad(severity=CRITICAL), seconds=300) == []


def test_the_same_thing_later_is_another_alert() -> None:
    watcher = Watcher()
    (first,) = watcher.evaluate(bad(), seconds=60)
    (end,) = watcher.evaluate(seconds=125)
    (second,) = watcher.evaluate(bad(), seconds=60)
    assert first.dedup_key == end.dedup_key != second.dedup_key


def test_a_critical_alert_that_nobody_acknowledged_is_told_again() -> None:
    watcher = Watcher(AlertingParams(remind_after=timedelta(minutes=10)))
    watcher.evaluate(bad(severity=CRITICAL), seconds=15)
    assert said(watcher.evaluate(bad(severity=CRITICAL), seconds=600)) == [("reminded", "signal:a")]
    watcher.acknowledged = frozenset({"signal:a"})
    assert watcher.evaluate(bad(severity=CRITICAL), seconds=3_600) == []


def test_consequences_belong_to_their_cause() -> None:
    """Two held pushes because of one sick source are one alert, and end with it."""
    watcher = Watcher()
    held = [bad(f"gate:meta:{n}", CRITICAL, "gate", ("signal:a",)) for n in (1, 2)]
    told = watcher.evaluate(bad(severity=CRITICAL), *held, seconds=60)
    assert said(told) == [("opened", "signal:a")]
    assert watcher.state.episodes["signal:a"].members == ("gate:meta:1", "gate:meta:2")
    assert (
        watcher.state.episodes["signal:a"].summary
        == "signal:a is bad – and 2 more that follow from it"
    )
    assert watcher.evaluate(*held, seconds=5) == []
    assert said(watcher.evaluate(seconds=130)) == [("resolved", "signal:a")]


def test_a_consequence_whose_cause_is_not_seen_stands_for_itself() -> None:
    watcher = Watcher()
    assert said(
        watcher.evaluate(bad("gate:meta:1", kind="gate", causes=("signal:a",)), seconds=60)
    ) == [("opened", "gate:meta:1")]


def test_a_consequence_that_outlives_its_cause_keeps_the_alert_open() -> None:
    watcher = Watcher()
    held = bad("gate:meta:1", CRITICAL, "gate", ("signal:a",))
    watcher.evaluate(bad(severity=CRITICAL), held, seconds=60)
    assert watcher.evaluate(held, seconds=600) == []
    assert said(watcher.evaluate(seconds=130)) == [("resolved", "signal:a")]


def test_causes_in_a_circle_end() -> None:
    watcher = Watcher()
    told = watcher.evaluate(bad("a", causes=("b",)), bad("b", causes=("a",)), seconds=200)
    assert {key for _, key in said(told)} <= {"a", "b"}
    assert watcher.evaluate(seconds=200)


def test_many_that_begin_together_are_told_as_one() -> None:
    watcher = Watcher()
    sick = [bad(f"signal:{n}") for n in range(6)]
    (opened,) = watcher.evaluate(*sick, seconds=60)
    assert opened.episode.key == "many:signal"
    assert opened.episode.summary == "6 at once, the worst: signal:5 is bad"
    assert watcher.evaluate(*sick[:2], seconds=600) == []
    assert said(watcher.evaluate(seconds=130)) == [("resolved", "many:signal")]


def test_a_few_are_told_one_by_one() -> None:
    watcher = Watcher()
    assert len(watcher.evaluate(*(bad(f"signal:{n}") for n in range(3)), seconds=60)) == 3


def test_a_clock_that_goes_back_changes_nothing() -> None:
    watcher = Watcher()
    watcher.evaluate(bad(), seconds=30)
    watcher.now_ms -= 3_600_000
    assert watcher.evaluate(bad(), seconds=3_000) == []
    assert watcher.state.evaluated_ms == 1_030_000


@pytest.mark.parametrize(
    "wrong", [{"open_after": timedelta(-1)}, {"many": 1}, {"together": timedelta(-1)}]
)
def test_parameters_that_make_no_sense_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"negative|at least"):
        AlertingParams(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(200))
def test_in_every_sequence_of_evaluations_each_alert_opens_once_and_ends_once(seed: int) -> None:
    rng = random.Random(seed)
    watcher = Watcher(AlertingParams(many=3, remind_after=timedelta(minutes=5)))
    keys = [f"signal:{n}" for n in range(5)] + [f"gate:{n}" for n in range(3)]
    lasting: dict[str, Condition] = {}
    told: list[Notice] = []
    for _ in range(300):
        for key in keys:
            if rng.random() < 0.05:
                lasting.pop(key, None)
            elif rng.random() < 0.05:
                causes = tuple(rng.sample(keys, rng.choice((0, 0, 1))))
                lasting[key] = bad(key, rng.choice(list(Severity)), key.split(":")[0], causes)
        seen = list(lasting.values())
        rng.shuffle(seen)
        told += watcher.evaluate(*seen, seconds=rng.choice((0, 0, 15, 60)))
    told += watcher.evaluate(seconds=300)

    assert watcher.state.episodes == {}
    assert watcher.state.watches == {}
    by_alert: dict[str, list[Notice]] = {}
    for notice in told:
        by_alert.setdefault(notice.dedup_key, []).append(notice)
    assert by_alert
    for notices in by_alert.values():
        steps = [notice.step for notice in notices]
        assert (steps[0], steps[-1]) == (Step.OPENED, Step.RESOLVED)
        assert Counter(steps)[Step.OPENED] == Counter(steps)[Step.RESOLVED] == 1
        assert Counter(steps)[Step.WORSENED] <= 2 + len(keys).bit_length()
        worst = [notice.episode.worst for notice in notices]
        assert worst == sorted(worst)
        assert all(notice.episode.severity <= notice.episode.worst for notice in notices)
        assert [notice.at_ms for notice in notices] == sorted(notice.at_ms for notice in notices)


def test_the_order_of_what_is_seen_does_not_matter() -> None:
    seen = [bad(f"signal:{n}", Severity(1 + n % 3)) for n in range(6)] + [
        bad("gate:1", CRITICAL, "gate", ("signal:2",))
    ]
    told = []
    for order in (seen, seen[::-1]):
        watcher = Watcher()
        told.append((watcher.evaluate(*order, seconds=120), watcher.state))
    assert told[0] == told[1]


def test_a_storm_that_comes_one_by_one_is_told_a_few_times_and_not_fifty() -> None:
    """Signals fail ten seconds apart: three alerts, one for all others, told anew as it doubles."""
    watcher = Watcher()
    told: list[Notice] = []
    for count in range(1, 51):
        told += watcher.evaluate(*(bad(f"signal:{n}", CRITICAL) for n in range(count)), seconds=5)
    keys = [key for step, key in said(told) if step == "opened"]
    assert len(keys) <= PARAMS.many
    assert keys[-1] == "many:signal"
    assert len(told) <= PARAMS.many + 6
    told = watcher.evaluate(seconds=300)
    assert {step for step, _ in said(told)} == {"resolved"}
    assert len(told) == len(keys)


def test_what_begins_long_after_many_is_told_by_itself() -> None:
    watcher = Watcher()
    sick = [bad(f"signal:{n}") for n in range(5)]
    watcher.evaluate(*sick, seconds=900)
    assert said(watcher.evaluate(*sick, bad("signal:late"), seconds=60)) == [
        ("opened", "signal:late")
    ]


def test_many_whose_own_kind_is_fine_is_not_told_again() -> None:
    watcher = Watcher()
    held = bad("gate:meta:1", CRITICAL, "gate", ("signal:0",))
    watcher.evaluate(*(bad(f"signal:{n}") for n in range(5)), held, seconds=120)
    assert watcher.evaluate(held, seconds=900) == []


def test_a_consequence_that_is_worse_than_its_cause_makes_the_alert_as_bad() -> None:
    watcher = Watcher()
    failed = bad("push:meta:1", CRITICAL, "push", ("signal:a",))
    (opened,) = watcher.evaluate(bad(), failed, seconds=15)
    assert (opened.episode.key, opened.episode.severity, opened.episode.members) == (
        "signal:a",
        CRITICAL,
        ("push:meta:1",),
    )

    watcher = Watcher()
    watcher.evaluate(bad(), seconds=60)
    assert watcher.evaluate(bad(), failed, seconds=10) == []
    assert said(watcher.evaluate(bad(), failed, seconds=10)) == [("worsened", "signal:a")]


def test_a_cause_that_flickers_does_not_hide_what_follows_from_it() -> None:
    watcher = Watcher()
    held = bad("gate:meta:1", WARNING, "gate", ("signal:a",))
    told: list[Notice] = []
    for _ in range(10):
        told += watcher.evaluate(bad(), held, seconds=40)
        told += watcher.evaluate(held, seconds=5)
    assert len(told) == 1


def test_what_begins_after_its_cause_was_told_belongs_to_it_even_while_the_cause_recovers() -> None:
    """Pushes that come due in the cool-down are held because of what was told already."""
    watcher = Watcher()
    watcher.evaluate(bad(severity=CRITICAL), seconds=60)
    watcher.evaluate(seconds=60)
    cooling = bad("gate:meta:1", WARNING, "gate", ("signal:a",))
    assert watcher.evaluate(cooling, seconds=300) == []
    assert said(watcher.evaluate(seconds=130)) == [("resolved", "signal:a")]


@given(
    st.lists(
        st.tuples(
            st.sets(st.integers(0, 9)),
            st.sampled_from(list(Severity)),
            st.sampled_from((0.0, 5.0, 20.0, 70.0, 200.0)),
            st.booleans(),
        ),
        max_size=30,
    )
)
def test_a_repetition_and_a_restart_between_evaluations_change_nothing(
    evaluations: list[tuple[set[int], Severity, float, bool]],
) -> None:
    once, twice = AlertState(), AlertState()
    now_ms = 1_000_000
    for keys, severity, pause_s, back in evaluations:
        now_ms += int(pause_s * 1000) * (-1 if back else 1)
        seen = [
            bad(f"signal:{n}", severity, causes=(f"signal:{n // 2}",) if n > 5 else ())
            for n in keys
        ]
        first = evaluate(once, WORKSPACE, seen, now_ms, PARAMS)
        second = evaluate(
            msgspec.json.decode(msgspec.json.encode(twice), type=AlertState),
            WORKSPACE,
            seen[::-1],
            now_ms,
            PARAMS,
        )
        again = evaluate(second.state, WORKSPACE, seen, now_ms, PARAMS)
        assert second == first
        assert again.notices == ()
        assert again.state == second.state
        once, twice = first.state, again.state
        open_keys = set(once.episodes)
        assert {watch.episode for watch in once.watches.values()} - {""} == open_keys
