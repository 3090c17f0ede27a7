"""The trust gate's words: proposed actions, verdicts, decisions."""

from enum import StrEnum
from typing import Final

import msgspec

from domain.ids import WorkspaceId
from domain.values import Transitions


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
    COOLING_DOWN = "cooling_down"
    VOLATILE = "volatile"
    FIRST_SYNC = "first_sync"
    MASS_ADDITION = "mass_addition"
    MASS_REMOVAL = "mass_removal"
    QUIET_HOURS = "quiet_hours"
    FROZEN = "frozen"
    OVERRIDDEN = "overridden"
    RELEASED = "released"
    ADVISORY = "advisory"


class Mode(StrEnum):
    """How the gate is run for a workspace or an audience."""

    ENFORCE = "enforce"
    ADVISORY = "advisory"
    FROZEN = "frozen"


MODE_TRANSITIONS: Final[Transitions] = {
    (None, Mode.ENFORCE): "nothing is set",
    (Mode.ENFORCE, Mode.ADVISORY): "advisory set, with an end",
    (Mode.ENFORCE, Mode.FROZEN): "freeze set",
    (Mode.ADVISORY, Mode.FROZEN): "freeze set",
    (Mode.FROZEN, Mode.ADVISORY): "advisory set, with an end",
    (Mode.ADVISORY, Mode.ENFORCE): "taken back, or ended",
    (Mode.FROZEN, Mode.ENFORCE): "taken back, or ended",
}
"""What changes the mode of a scope. ``enforce`` is stored as no row."""
AUTOMATION = {
    Verdict.PASS: Automation.EXECUTE,
    Verdict.HOLD: Automation.ALERT_ONLY,
    Verdict.BLOCK: Automation.MANUAL_REQUIRED,
}
"""What each verdict leads to."""


class PushSize(msgspec.Struct, frozen=True):
    """How much one push changes.

    Attributes:
        before: people on the list before it, as far as the platform confirmed them.
        adds: people to be added.
        removes: people to be removed.
        first: nobody was ever put on this audience by a push that is done.
        confirmed: somebody confirmed its first push.
    """

    before: int
    adds: int
    removes: int
    first: bool = False
    confirmed: bool = False


class Override(msgspec.Struct, frozen=True):
    """A person's word that some reasons shall not hold, for a while.

    Attributes:
        scope: ``workspace``, ``platform:<name>`` or ``audience:<id>``.
        codes: the reasons that it overrides.
        author: its author, ``key:<id>``.
        expires_ms: when it ends; none is without end.
        approved_by: the second person, where two are needed; empty while nobody has.
    """

    id: int
    scope: str
    codes: frozenset[Code]
    author: str
    expires_ms: int
    approved_by: str = ""


class Release(msgspec.Struct, frozen=True):
    """A person's word that one held push shall go.

    Attributes:
        expires_ms: when it ends unused.
        approved_by: as of `Override`.
    """

    id: int
    author: str
    expires_ms: int
    approved_by: str = ""


class InterventionState(StrEnum):
    """Whether an override or a release lets pushes pass.

    Attributes:
        IN_FORCE: it does.
        UNAPPROVED: it waits for a second person.
        USED: a release that let its push pass.
        REVOKED: somebody took it back.
        EXPIRED: it ran out.
    """

    IN_FORCE = "in_force"
    UNAPPROVED = "unapproved"
    USED = "used"
    REVOKED = "revoked"
    EXPIRED = "expired"


class Setting(msgspec.Struct, frozen=True):
    """A mode that somebody set.

    Attributes:
        scope: as of `Override`.
        expires_ms: when it ends; None, which only freezing may be: until it is lifted.
        approved_by: as of `Override`; no mode needs it any more, for none lets anything pass.
    """

    scope: str
    mode: Mode
    author: str
    expires_ms: int | None = None
    approved_by: str = ""


class Controls(msgspec.Struct, frozen=True):
    """The interventions that apply to the pushes of one destination.

    Attributes:
        modes: those that may concern it; none is to enforce.
        overrides: those that may concern it.
        release: the release that covers the push under way, or the next one.
    """

    modes: tuple[Setting, ...] = ()
    overrides: tuple[Override, ...] = ()
    release: Release | None = None


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
        reading_ids: readings that it is based on.
        decided_ms: the instant.
        codes: the reasons in the same order, for machines.
        would: what the gate itself says, where a person lets pass what it would not, or freezing or
            a dry run holds.
        override_id: the override that lets it pass; 0 for none.
        release_id: the release that does; 0 for none.
        size: how much the push changes, where it was measured.
        depends_on: signals that it was judged over.
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
    would: Verdict | None = None
    override_id: int = 0
    release_id: int = 0
    size: PushSize | None = None
    depends_on: tuple[str, ...] = ()

    @property
    def automation(self) -> Automation:
        """What follows."""
        return AUTOMATION[self.verdict]
