"""The rest of the gate: margin, cool-down, volatility, sizes, quiet hours, modes, overrides,
releases."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import msgspec
import pytest

from domain.gate import (
    Action,
    Code,
    Controls,
    Decision,
    InterventionState,
    Mode,
    Override,
    ProposedAction,
    PushSize,
    Release,
    Setting,
    Verdict,
)
from domain.ids import WorkspaceId
from domain.instants import HOUR_MS, to_ms
from domain.signals.reading import Reading, Status
from domain.signals.schedule import Schedule
from operators.gate.decide import (
    NEVER_OVERRIDDEN,
    OVERRIDABLE,
    GateContext,
    judge,
    state_of,
    would_pass,
)
from operators.gate.memory import GateState, observe
from operators.gate.params import GateParams

PARAMS = GateParams()
NOW = 1_790_000_000_000
WEB, META = "source:1", "platform:meta"


def readings(
    *scores: float | None, signal: str = WEB, every_ms: int = 5_000, until_ms: int = NOW
) -> list[Reading]:
    """Readings at even distances, the last one at an instant."""
    found = []
    for index, score in enumerate(scores):
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
        at_ms = until_ms - (len(scores) - 1 - index) * every_ms
        found.append(
            Reading(WorkspaceId(1), signal, at_ms, score, status, 1_000, (), ("because",), at_ms)
        )
    return found


def judged(
    seen: Sequence[Reading],
    now_ms: int = NOW,
    params: GateParams = PARAMS,
    action: Action = Action.PUSH,
    **situation: Any,
) -> Decision:
    state = GateState()
    for one in sorted(seen, key=lambda one: one.id):
        state = observe(state, [one], one.read_ms, params)
    state = observe(state, [], now_ms, params)
    newest = {one.signal: one for one in sorted(seen, key=lambda one: one.id)}
    proposed = ProposedAction(WorkspaceId(1), "meta:1", 1, action, tuple(newest))
    return judge(state, proposed, newest, GateContext("meta", **situation), now_ms, params)


HEALTHY = readings(90, 90, 90)
SICK = readings(20, 20, 20)


def test_a_row_of_healthy_readings_begins_with_a_margin_and_goes_on_without() -> None:
    assert judged(readings(71, 71, 71)).codes == (Code.RECOVERING,)
    assert judged(readings(72, 70, 71)).verdict is Verdict.PASS


def test_after_trouble_nothing_passes_until_it_has_cooled_down() -> None:
    healed = [90.0] * 119
    just_before = judged(readings(60, *healed))
    assert (just_before.codes, just_before.verdict) == ((Code.COOLING_DOWN,), Verdict.HOLD)
    assert judged(readings(60, *healed, 90)).verdict is Verdict.PASS


def test_unknown_is_no_trouble_but_has_to_be_settled_anew() -> None:
    assert judged(readings(90, None, 90, 90)).codes == (Code.RECOVERING,)
    assert judged(readings(90, None, 90, 90, 90)).verdict is Verdict.PASS


def test_a_signal_that_swings_is_held_while_the_swing_is_remembered() -> None:
    params = replace(PARAMS, swing=15)
    assert judged(readings(90, 72, 90), params=params).codes == (Code.VOLATILE,)
    assert judged(readings(90, 72, *[90] * 9), params=params).codes == (Code.VOLATILE,)
    assert judged(readings(90, 72, *[90] * 10), params=params).verdict is Verdict.PASS


def test_a_platform_speaks_only_now_and_then() -> None:
    """Its first healthy word is believed, its silence between pushes is no trouble.

    After trouble it must prove itself like every other signal.
    """
    web = readings(90, 90, 90)
    assert judged([*web, *readings(90, signal=META)]).verdict is Verdict.PASS
    trouble = readings(60, signal=META, until_ms=NOW - 610_000)
    assert judged([*trouble, *readings(90, None, 90, signal=META), *web]).codes == (
        Code.RECOVERING,
    )
    assert judged([*trouble, *readings(90, 90, 90, signal=META), *web]).verdict is Verdict.PASS


def size(
    adds: int = 0,
    removes: int = 0,
    before: int = 1_000,
    *,
    first: bool = False,
    confirmed: bool = False,
) -> PushSize:
    return PushSize(before, adds, removes, first, confirmed)


@pytest.mark.parametrize(
    ("push", "code", "verdict"),
    [
        (size(1_000), Code.TRUSTED, Verdict.PASS),
        (size(1_001), Code.MASS_ADDITION, Verdict.HOLD),
        (size(0, 300), Code.TRUSTED, Verdict.PASS),
        (size(0, 301), Code.MASS_REMOVAL, Verdict.BLOCK),
        (size(0, 99, before=100), Code.TRUSTED, Verdict.PASS),
        (size(99, before=0), Code.TRUSTED, Verdict.PASS),
        (size(100, before=0), Code.MASS_ADDITION, Verdict.HOLD),
        (size(5, before=0, first=True), Code.FIRST_SYNC, Verdict.HOLD),
        (size(0, before=0, first=True), Code.TRUSTED, Verdict.PASS),
        (size(1_000_000, before=0, first=True, confirmed=True), Code.TRUSTED, Verdict.PASS),
    ],
)
def test_how_much_a_push_may_change(push: PushSize, code: Code, verdict: Verdict) -> None:
    decision = judged(HEALTHY, size=push)
    assert (decision.codes[0], decision.verdict, decision.size) == (code, verdict, push)


def test_an_audience_that_changes_little_may_not_change_much_at_once() -> None:
    steady = (size(20),) * 5
    assert judged(HEALTHY, size=size(100), history=steady).verdict is Verdict.PASS
    assert judged(HEALTHY, size=size(101), history=steady).codes == (Code.MASS_ADDITION,)
    assert judged(HEALTHY, size=size(101), history=steady[:4]).verdict is Verdict.PASS
    lively = (size(20), size(200), *steady)
    assert judged(HEALTHY, size=size(800), history=lively).verdict is Verdict.PASS
    assert judged(HEALTHY, size=size(0, 301), history=(size(0, 900),) * 5).codes == (
        Code.MASS_REMOVAL,
    )


def test_the_size_of_a_push_speaks_beside_its_signals() -> None:
    decision = judged(SICK, size=size(5_000))
    assert decision.codes == (Code.UNHEALTHY, Code.MASS_ADDITION)


def test_quiet_hours_hold_pushes_in_their_own_time_zone() -> None:
    params = replace(PARAMS, quiet=Schedule(start=time(22), end=time(6), zone="Europe/Berlin"))

    def at(hour: int) -> Decision:
        now_ms = to_ms(datetime(2026, 1, 14, hour, tzinfo=UTC))
        return judged(readings(90, 90, 90, until_ms=now_ms), now_ms, params)

    assert at(20).verdict is Verdict.PASS
    assert at(21).codes == (Code.QUIET_HOURS,)
    assert at(4).reasons == ("quiet hours until 06:00 Europe/Berlin",)
    assert at(5).verdict is Verdict.PASS


def setting(
    mode: Mode,
    scope: str = "workspace",
    expires_ms: int | None = NOW + HOUR_MS,
    approved_by: str = "",
) -> Setting:
    return Setting(scope, mode, "key:1", expires_ms, approved_by)


def test_frozen_holds_what_would_pass_and_says_so() -> None:
    decision = judged(HEALTHY, controls=Controls((setting(Mode.FROZEN, expires_ms=None),)))
    assert (decision.verdict, decision.codes, decision.would) == (
        Verdict.HOLD,
        (Code.FROZEN, Code.TRUSTED),
        Verdict.PASS,
    )


@pytest.mark.parametrize("mode", [Mode.FROZEN, Mode.ADVISORY])
def test_a_mode_ends_once_every_clock_says_so(mode: Mode) -> None:
    controls = Controls((setting(mode, expires_ms=NOW),))
    assert judged(HEALTHY, controls=controls).verdict is Verdict.PASS
    assert judged(HEALTHY, controls=controls, other_ms=NOW - 1).verdict is Verdict.HOLD
    assert (
        judged(
            HEALTHY, controls=Controls((setting(mode, expires_ms=NOW + 1),)), other_ms=NOW + HOUR_MS
        ).verdict
        is Verdict.HOLD
    )


@pytest.mark.parametrize("other_ms", [NOW - HOUR_MS, NOW + HOUR_MS])
def test_where_clocks_differ_whatever_holds_more_by_one_of_them_counts(other_ms: int) -> None:
    end = (NOW + other_ms) // 2
    exempt = (
        setting(Mode.ENFORCE, "audience:1", expires_ms=end),
        setting(Mode.ADVISORY, expires_ms=NOW + 2 * HOUR_MS),
    )
    assert judged(HEALTHY, controls=Controls(exempt), other_ms=other_ms).verdict is Verdict.HOLD
    assert (
        judged(
            HEALTHY, controls=Controls((setting(Mode.FROZEN, expires_ms=end),)), other_ms=other_ms
        ).verdict
        is Verdict.HOLD
    )


@pytest.mark.parametrize("scope", ["workspace", "platform:meta", "audience:1"])
def test_frozen_anywhere_is_frozen_whatever_else_was_said(scope: str) -> None:
    release = Release(1, "key:1", NOW + 1, "key:2")
    override = Override(1, "workspace", OVERRIDABLE, "key:1", NOW + 1, "key:2")
    said = tuple(
        setting(Mode.ADVISORY, other)
        for other in ("workspace", "platform:meta", "audience:1")
        if other != scope
    )
    controls = Controls((*said, setting(Mode.FROZEN, scope)), (override,), release)
    assert judged(SICK, controls=controls).verdict is Verdict.HOLD


@pytest.mark.parametrize("scope", ["platform:tiktok", "audience:2", "everything"])
def test_what_is_said_of_something_else_changes_nothing(scope: str) -> None:
    controls = Controls(
        (setting(Mode.FROZEN, scope),), (Override(1, scope, OVERRIDABLE, "key:1", NOW + 1),)
    )
    assert judged(HEALTHY, controls=controls).verdict is Verdict.PASS
    assert judged(SICK, controls=controls).verdict is Verdict.BLOCK


@pytest.mark.parametrize(
    ("seen", "release", "code", "itself", "said"),
    [
        (HEALTHY, None, Code.TRUSTED, Verdict.PASS, "pass"),
        (SICK, None, Code.UNHEALTHY, Verdict.BLOCK, "block"),
        (SICK, Release(7, "key:1", NOW + 1), Code.RELEASED, Verdict.BLOCK, "pass"),
    ],
)
def test_advisory_is_a_dry_run_that_says_what_would_have_been_done(
    seen: list[Reading], release: Release | None, code: Code, itself: Verdict, said: str
) -> None:
    decision = judged(seen, controls=Controls((setting(Mode.ADVISORY),), release=release))
    assert (decision.verdict, decision.would) == (Verdict.HOLD, itself)
    assert decision.codes[:2] == (Code.ADVISORY, code)
    assert (
        decision.reasons[0]
        == f"advisory, a dry run: nothing is sent; otherwise the push would {said}"
    )
    assert would_pass(decision) is (said == "pass")


def test_the_mode_closest_to_the_audience_holds() -> None:
    both = (setting(Mode.ADVISORY, "workspace"), setting(Mode.ENFORCE, "audience:1"))
    assert judged(SICK, controls=Controls(both)).verdict is Verdict.BLOCK


@pytest.mark.parametrize("params", [PARAMS, replace(PARAMS, two_persons=True)])
@pytest.mark.parametrize("mode", [Mode.ADVISORY, Mode.FROZEN])
def test_what_stops_pushes_needs_nobodys_approval(params: GateParams, mode: Mode) -> None:
    assert (
        judged(HEALTHY, params=params, controls=Controls((setting(mode),))).verdict is Verdict.HOLD
    )


def test_a_release_lets_one_push_pass_whatever_speaks_against_it() -> None:
    decision = judged(
        SICK, size=size(0, 900), controls=Controls(release=Release(7, "key:1", NOW + 1))
    )
    assert (decision.verdict, decision.would, decision.release_id) == (
        Verdict.PASS,
        Verdict.BLOCK,
        7,
    )
    assert decision.codes == (Code.RELEASED, Code.UNHEALTHY, Code.MASS_REMOVAL)


def test_overrides_let_pass_only_where_together_they_cover_every_reason() -> None:
    sickness = Override(1, "workspace", frozenset({Code.UNHEALTHY}), "key:1", NOW + 1)
    mass = Override(2, "platform:meta", frozenset({Code.MASS_ADDITION}), "key:2", NOW + 1)
    big = size(5_000)
    assert judged(SICK, size=big, controls=Controls(overrides=(sickness,))).verdict is Verdict.BLOCK
    decision = judged(SICK, size=big, controls=Controls(overrides=(sickness, mass)))
    assert (decision.verdict, decision.override_id, decision.reasons[0]) == (
        Verdict.PASS,
        1,
        "overridden by key:1, key:2",
    )


def test_where_the_gate_passes_by_itself_nobody_is_said_to_have_let_it() -> None:
    controls = Controls(
        (), (Override(1, "workspace", OVERRIDABLE, "key:1", NOW + 1),), Release(7, "k", NOW + 1)
    )
    decision = judged(HEALTHY, controls=controls)
    assert (decision.codes, decision.would, decision.override_id, decision.release_id) == (
        (Code.TRUSTED,),
        None,
        0,
        0,
    )


@pytest.mark.parametrize(
    "controls",
    [
        Controls((setting(Mode.ADVISORY, expires_ms=NOW),)),
        Controls((setting(Mode.ADVISORY, expires_ms=None),)),
        Controls(overrides=(Override(1, "workspace", OVERRIDABLE, "key:1", NOW),)),
        Controls(release=Release(1, "key:1", NOW)),
    ],
)
def test_nothing_lasts_for_ever(controls: Controls) -> None:
    assert judged(SICK, controls=controls).verdict is Verdict.BLOCK


@pytest.mark.parametrize("approved_by", ["", "key:1"])
def test_where_two_persons_are_needed_one_is_not_enough(approved_by: str) -> None:
    two = replace(PARAMS, two_persons=True)
    said = (
        Controls(overrides=(Override(1, "workspace", OVERRIDABLE, "key:1", NOW + 1, approved_by),)),
        Controls(release=Release(1, "key:1", NOW + 1, approved_by)),
    )
    for controls in said:
        assert judged(SICK, params=two, controls=controls).verdict is Verdict.BLOCK
        assert judged(SICK, controls=controls).verdict is Verdict.PASS
    assert (
        judged(
            SICK, params=two, controls=Controls(release=Release(1, "key:1", NOW + 1, "key:2"))
        ).verdict
        is Verdict.PASS
    )
    assert (
        judged(HEALTHY, params=two, controls=Controls((setting(Mode.FROZEN),))).verdict
        is Verdict.HOLD
    )


def test_a_reading_of_something_else_is_let_pass_by_nobody() -> None:
    wrong = msgspec.structs.replace(HEALTHY[-1], signal="source:9")
    controls = Controls(
        (setting(Mode.ADVISORY),),
        (Override(1, "workspace", frozenset(Code), "k", NOW + 1),),
        Release(1, "k", NOW + 1),
    )
    proposed = ProposedAction(WorkspaceId(1), "meta:1", 1, Action.PUSH, (WEB,))
    decision = judge(
        GateState(), proposed, {WEB: wrong}, GateContext("meta", controls), NOW, PARAMS
    )
    assert (decision.verdict, decision.codes) == (Verdict.HOLD, (Code.ADVISORY, Code.MISTAKEN))
    assert not OVERRIDABLE & NEVER_OVERRIDDEN


@pytest.mark.parametrize("action", [Action.URGENT_REMOVAL, Action.DELETE])
def test_taking_people_off_passes_in_every_situation(action: Action) -> None:
    quiet = replace(PARAMS, quiet=Schedule())
    decision = judged(
        SICK,
        params=quiet,
        action=action,
        size=size(0, 1_000),
        controls=Controls((setting(Mode.FROZEN),)),
    )
    assert (decision.verdict, decision.codes) == (Verdict.PASS, (Code.TAKES_OFF,))


@pytest.mark.parametrize(
    "wrong",
    [
        {"margin": 31.0},
        {"margin": -1.0},
        {"cool_down": timedelta(-1)},
        {"swing": 0.0},
        {"swing_readings": 1},
        {"remove_share": 2.0},
        {"least_share": 0.0},
        {"usual_times": 0.5},
        {"pushes_remembered": 0},
        {"least_people": -1},
        {"longest_override": timedelta()},
    ],
)
def test_parameters_that_contradict_each_other_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"<=|at least|positive|negative"):
        GateParams(**wrong)


@pytest.mark.parametrize(
    ("left_ms", "approved_by", "over", "state"),
    [
        (1, "", {}, InterventionState.UNAPPROVED),
        (1, "key:1", {}, InterventionState.UNAPPROVED),
        (1, "key:2", {}, InterventionState.IN_FORCE),
        (0, "key:2", {}, InterventionState.EXPIRED),
        (0, "", {}, InterventionState.EXPIRED),
        (1, "key:2", {"used": True}, InterventionState.USED),
        (0, "key:2", {"used": True}, InterventionState.USED),
        (1, "key:2", {"used": True, "revoked": True}, InterventionState.REVOKED),
    ],
)
def test_an_intervention_says_whether_it_is_in_force_or_why_not(
    left_ms: int, approved_by: str, over: dict[str, bool], state: InterventionState
) -> None:
    def found(params: GateParams) -> InterventionState:
        return state_of("key:1", approved_by, NOW + left_ms, NOW, params, **over)

    assert found(replace(PARAMS, two_persons=True)) is state
    if state is InterventionState.UNAPPROVED:
        assert found(PARAMS) is InterventionState.IN_FORCE
