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


AUTOMATION = {Verdict.PASS: Automation.EXECUTE, Verdict.HOLD: Automation.ALERT_ONLY, Verdict.BLOCK: Automation.MANUAL_REQUIRED}
"""What each verdict leads to."""


class Decision(msgspec.Struct, frozen=True):
    """The gate's dated verdict on one proposed action.

    Attributes:
        destination: what the gate guards, ``<platform>:<audience id>``.
        reasons: sentences, the weightiest first.
        reading_ids: readings that it rests on.
        decided_ms: the instant.
    """

    workspace: WorkspaceId
    destination: str
    audience_id: int
    action: Action
    verdict: Verdict
    reasons: tuple[str, ...]
    reading_ids: tuple[int, ...]
    decided_ms: int

    @property
    def automation(self) -> Automation:
        """What follows."""
        return AUTOMATION[self.verdict]
