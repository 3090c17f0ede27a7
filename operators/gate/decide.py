"""The whole trust gate.

Combines readings, the size of a push, quiet hours and interventions.

    readings ──▶ operators.gate.readings.decide ─┐
    size of the push ──▶ size_findings ──────────┼──▶ decision ──▶ control ──▶ what is done
    quiet hours ──▶ quiet_finding ───────────────┘

Pure. People can let pass what the gate would hold, for a while and on record; they cannot thaw what
is frozen, nor what was answered with a reading of something else. The advisory mode lets nothing
pass: it is a dry run. Removals are never judged here. Clock: `now_ms`.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

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
from domain.signals.reading import Reading
from operators.gate.memory import GateState
from operators.gate.params import GateParams
from operators.gate.readings import Finding, decide
from operators.gate.size import size_findings

NEVER_OVERRIDDEN: Final = frozenset({Code.FROZEN, Code.MISTAKEN})
"""Reasons that no override and no release reaches."""
OVERRIDABLE: Final = (
    frozenset(Code)
    - NEVER_OVERRIDDEN
    - {Code.TRUSTED, Code.TAKES_OFF, Code.OVERRIDDEN, Code.RELEASED, Code.ADVISORY}
)
"""Reasons that an override may name."""
_LETS_GO: Final = frozenset({Code.TRUSTED, Code.RELEASED, Code.OVERRIDDEN})
"""First reasons of a push that goes."""


class GateContext(msgspec.Struct, frozen=True):
    """The gate's inputs besides readings.

    Attributes:
        platform: the destination's.
        controls: the interventions.
        size: what the push would change; None where that was not measured yet.
        history: earlier pushes of the audience, its first one left out.
        other_ms: what the other clock says; None for the same.
    """

    platform: str
    controls: Controls = Controls()
    size: PushSize | None = None
    history: tuple[PushSize, ...] = ()
    other_ms: int | None = None


def judge(
    state: GateState,
    proposed: ProposedAction,
    readings: Mapping[str, Reading],
    context: GateContext,
    now_ms: int,
    params: GateParams,
) -> Decision:
    """Judge one proposed action with everything that bears on it.

    Args:
        state: memory that has observed the readings.
        proposed: the action and what it depends on.
        readings: newest reading per signal.
        context: the rest.
        now_ms: the instant.
        params: thresholds.
    """
    further = [
        *size_findings(context.size, context.history, params),
        *quiet_finding(now_ms, params),
    ]
    decision = decide(state, proposed, readings, now_ms, params, further)
    if proposed.action is Action.PUSH:
        decision = msgspec.structs.replace(decision, size=context.size)
    return control(decision, context, now_ms, params)


def quiet_finding(now_ms: int, params: GateParams) -> list[Finding]:
    """Quiet hours hold pushes."""
    if params.quiet is None or params.quiet.judged_at(now_ms + 1) != now_ms + 1:
        return []
    return [
        Finding(
            Verdict.HOLD,
            Code.QUIET_HOURS,
            f"quiet hours until {params.quiet.end:%H:%M} {params.quiet.zone}",
        )
    ]


def control(decision: Decision, context: GateContext, now_ms: int, params: GateParams) -> Decision:
    """Apply modes, overrides and releases to a decision.

    Frozen holds every push. Where the gate itself passes, nothing changes. Else a live release lets
    the push pass, or live overrides that cover every reason together. The advisory mode is a dry
    run: it says what would have been done, and holds.

    Args:
        decision: the gate's own.
        context: the interventions at its destination.
        now_ms: the instant.
        params: whether two persons are needed.
    """
    if decision.action is not Action.PUSH:
        return decision
    mode = mode_now(context, decision.audience_id, now_ms, params)
    if mode is Mode.FROZEN:
        reasons = ("pushes are frozen", *decision.reasons)
        return msgspec.structs.replace(
            decision,
            verdict=Verdict.HOLD,
            would=decision.verdict,
            reasons=reasons,
            codes=(Code.FROZEN, *decision.codes),
        )
    decided = _apply_interventions(decision, context, now_ms, params)
    return _rehearsed(decided) if mode is Mode.ADVISORY else decided


def _apply_interventions(
    decision: Decision, context: GateContext, now_ms: int, params: GateParams
) -> Decision:
    """The decision where the gate enforces: its own, or what a release or overrides make of it."""
    controls, platform, against = context.controls, context.platform, frozenset(decision.codes)
    if decision.verdict is Verdict.PASS or against & NEVER_OVERRIDDEN:
        return decision
    release = controls.release
    if release is not None and live(release, now_ms, params):
        return _passed(
            decision, Code.RELEASED, f"released by {release.author}", release_id=release.id
        )
    reach = [
        one
        for one in controls.overrides
        if live(one, now_ms, params) and concerns(one.scope, decision.audience_id, platform)
    ]
    if against <= frozenset[Code]().union(*(one.codes for one in reach)):
        authors = ", ".join(sorted({one.author for one in reach}))
        return _passed(
            decision,
            Code.OVERRIDDEN,
            f"overridden by {authors}",
            override_id=min(one.id for one in reach),
        )
    return decision


def _rehearsed(decided: Decision) -> Decision:
    """Hold it, and say what would have been done; `would` stays what the gate itself says."""
    reason = (
        f"advisory, a dry run: nothing is sent; otherwise the push would {decided.verdict.value}"
    )
    return msgspec.structs.replace(
        decided,
        verdict=Verdict.HOLD,
        would=decided.would or decided.verdict,
        reasons=(reason, *decided.reasons),
        codes=(Code.ADVISORY, *decided.codes),
    )


def would_pass(decision: Decision) -> bool:
    """Whether nothing but the advisory mode holds a push."""
    return decision.codes[0] is Code.ADVISORY and decision.codes[1] in _LETS_GO


def mode_now(context: GateContext, audience_id: int, now_ms: int, params: GateParams) -> Mode:
    """How the gate is run for an audience now.

    Where clocks differ, the stricter mode by either of them applies.

    Args:
        context: controls, and the other clock where there is one.
        audience_id: which.
        now_ms: this clock.
        params: limits of interventions.
    """
    clocks = {now_ms, now_ms if context.other_ms is None else context.other_ms}
    return max(
        (
            mode_of(context.controls, audience_id, context.platform, clock, params)
            for clock in clocks
        ),
        key=_HOLDS.index,
    )


def mode_of(
    controls: Controls,
    audience_id: int | None,
    platform: str | None,
    now_ms: int,
    params: GateParams,
) -> Mode:
    """How the gate is run for an audience: frozen anywhere is frozen.

    Otherwise the mode set closest to the audience applies; without one the gate enforces.

    Args:
        controls: the interventions.
        audience_id: which; None for a platform as a whole.
        platform: the audience's platform; None for the workspace as a whole.
        now_ms: clock.
        params: limits of interventions.
    """
    settings = [
        one
        for one in controls.modes
        if concerns(one.scope, audience_id, platform) and live(one, now_ms, params)
    ]
    if any(one.mode is Mode.FROZEN for one in settings):
        return Mode.FROZEN
    closest = min(
        settings, key=lambda one: _SCOPES.index(one.scope.partition(":")[0]), default=None
    )
    return closest.mode if closest else Mode.ENFORCE


_SCOPES: Final = ("audience", "platform", "workspace")
_HOLDS: Final = (Mode.ENFORCE, Mode.ADVISORY, Mode.FROZEN)
"""What holds more comes later."""


def live(intervention: Setting | Override | Release, now_ms: int, params: GateParams) -> bool:
    """Whether an intervention is in force now.

    Not expired, and approved by a second person where two are needed.

    A mode needs nobody's approval: neither freezing nor a dry run lets anything pass.
    """
    if isinstance(intervention, Setting):
        return (
            now_ms < intervention.expires_ms
            if intervention.expires_ms is not None
            else intervention.mode is not Mode.ADVISORY
        )
    state = state_of(
        intervention.author, intervention.approved_by, intervention.expires_ms, now_ms, params
    )
    return state is InterventionState.IN_FORCE


def state_of(
    author: str,
    approved_by: str,
    expires_ms: int,
    now_ms: int,
    params: GateParams,
    *,
    used: bool = False,
    revoked: bool = False,
) -> InterventionState:
    """Whether an override or a release lets pushes pass, or why it does not.

    Args:
        author: who said it.
        approved_by: the second person; empty where nobody approved it.
        expires_ms: its end, ms since 1970.
        now_ms: clock.
        params: whether two persons are needed.
        used: whether a push went by it.
        revoked: whether somebody took it back.

    Returns:
        The state; what ended it comes before what it waits for.
    """
    approved = bool(approved_by) and approved_by != author
    if revoked:
        return InterventionState.REVOKED
    if used:
        return InterventionState.USED
    if now_ms >= expires_ms:
        return InterventionState.EXPIRED
    if params.two_persons and not approved:
        return InterventionState.UNAPPROVED
    return InterventionState.IN_FORCE


def concerns(scope: str, audience_id: int | None, platform: str | None) -> bool:
    """Whether something of this scope is about an audience."""
    return scope in {"workspace", f"platform:{platform}", f"audience:{audience_id}"}


def _passed(
    decision: Decision, code: Code, reason: str, override_id: int = 0, release_id: int = 0
) -> Decision:
    return msgspec.structs.replace(
        decision,
        verdict=Verdict.PASS,
        would=decision.verdict,
        reasons=(reason, *decision.reasons),
        codes=(code, *decision.codes),
        override_id=override_id,
        release_id=release_id,
    )
