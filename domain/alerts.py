"""Alerting values: conditions, the episodes that they become, and notices about them."""

from enum import IntEnum, StrEnum

import msgspec

from domain.ids import WorkspaceId


class Severity(IntEnum):
    """How bad, in order."""

    INFO = 1
    WARNING = 2
    CRITICAL = 3

    @property
    def word(self) -> str:
        """As settings, API and channels spell it."""
        return self.name.lower()

    @classmethod
    def from_word(cls, word: str) -> "Severity":
        """From its word.

        Raises:
            KeyError: it is none.
        """
        return cls[word.upper()]


class Step(StrEnum):
    """What a notice says about an episode."""

    OPENED = "opened"
    WORSENED = "worsened"
    REMINDED = "reminded"
    RESOLVED = "resolved"
    TEST = "test"


class Condition(msgspec.Struct, frozen=True):
    """Something that is not as it should be, as it is seen now.

    Attributes:
        key: what it is about, stable while it lasts: ``signal:source:1``, ``gate:meta:3``.
        kind: for routing and the runbook: signal, gate, push, withdrawal, dead_letters, log,
            partition …; see `store.alerts.conditions`.
        severity: how bad.
        summary: one sentence without personal data.
        causes: keys of conditions of which this one is a consequence, where they are seen too.
    """

    key: str
    kind: str
    severity: Severity
    summary: str
    causes: tuple[str, ...] = ()


class Episode(msgspec.Struct, frozen=True):
    """One alert, from when it opened.

    Attributes:
        key: of its condition; ``many:<kind>`` where it stands for many at once.
        opened_ms: when.
        severity: now.
        worst: so far.
        summary: of the newest notice.
        members: keys of the conditions that it stands for besides its own.
        told_ms: when a notice was given last.
        grew_ms: when a condition of its own kind joined last.
        told_count: conditions of its own kind when a notice was given last.
    """

    key: str
    kind: str
    opened_ms: int
    severity: Severity
    worst: Severity
    summary: str
    members: tuple[str, ...] = ()
    told_ms: int = 0
    grew_ms: int = 0
    told_count: int = 0


class Notice(msgspec.Struct, frozen=True):
    """A notice to be sent about an episode.

    Attributes:
        episode: as it is by then.
        ended_ms: when it was resolved; 0 while it lasts.
    """

    workspace: WorkspaceId
    step: Step
    episode: Episode
    at_ms: int
    ended_ms: int = 0

    @property
    def dedup_key(self) -> str:
        """Names the episode, and no other one: at most 255 characters."""
        return f"stratum:{self.workspace}:{self.episode.key}:{self.episode.opened_ms}"[:255]
