"""The trust gate's words: proposed actions, verdicts, decisions."""

from enum import StrEnum

import msgspec

from domain.ids import WorkspaceId


class Verdict(StrEnum):
    """What the gate says of one proposed action."""

    PASS = "pass"  # noqa: S105 - a verdict
    HOLD = "hold"
    BLOCK = "block"


class Automation(StrEnum):
    """What follows from a verdict."""

    EXECUTE = "execute"
    ALERT_ONLY = "alert_only"
    MANUAL_REQUIRED = "manual_required"


class Action(StrEnum):
    """What is proposed. Only a push adds people, and only a push is judged."""

    PUSH = "push"
    URGENT_REMOVAL = "urgent_removal"
    DELETE = "delete"


class Code(StrEnum):
    """Why, for machines: what alerts are grouped by. Public; each goes with a sentence."""

    TRUSTED = "trusted"
    TAKES_OFF = "takes_off"
    UNHEALTHY = "unhealthy"
    DEGRADED = "degraded"
    UNKNOWN = "unknown"
    STALE = "stale"
    FUTURE = "future"
    CLOCK_WENT_BACK = "clock_went_back"
    SMALL_SAMPLE = "small_sample"
    RECOVERING = "recovering"
    NEVER_READ = "never_read"
    MISTAKEN = "mistaken"
    NO_SIGNAL = "no_signal"


AUTOMATION = {Verdict.PASS: Automation.EXECUTE, Verdict.HOLD: Automation.ALERT_ONLY, Verdict.BLOCK: Automation.MANUAL_REQUIRED}
"""What each verdict leads to."""


class ProposedAction(msgspec.Struct, frozen=True):
    """What somebody wants to do.

    Attributes:
        destination: ``<platform>:<audience id>``.
        depends_on: signals that must be trusted; empty means that nothing is known, which holds.
    """

    workspace: WorkspaceId
    destination: str
    audience_id: int
    action: Action
    depends_on: tuple[str, ...]


class Decision(msgspec.Struct, frozen=True):
    """The gate's dated verdict on one proposed action.

    Attributes:
        destination: what the gate guards, ``<platform>:<audience id>``.
        reasons: sentences, the weightiest first.
        reading_ids: readings that it rests on.
        decided_ms: the instant.
        codes: the reasons in the same order, for machines.
    """

    workspace: WorkspaceId
    destination: str
    audience_id: int
    action: Action
    verdict: Verdict
    reasons: tuple[str, ...]
    reading_ids: tuple[int, ...]
    decided_ms: int
    codes: tuple[Code, ...] = ()

    @property
    def automation(self) -> Automation:
        """What follows."""
        return AUTOMATION[self.verdict]
