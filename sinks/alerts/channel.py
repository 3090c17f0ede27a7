"""What all channels have in common.

The text of a notice, and the possible results of sending it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol, TypeAlias

from domain.alerts import Notice, Step
from domain.instants import utc

_LONGEST_PAUSE_S: Final = 3_600.0


@dataclass(frozen=True)
class Arrived:
    """The channel has it."""


@dataclass(frozen=True)
class Again:
    """It may work later.

    Attributes:
        reason: why; never an address, a secret or a body.
        after_s: how long the channel asks to wait, None where it does not.
    """

    reason: str
    after_s: float | None = None


@dataclass(frozen=True)
class Refused:
    """It will never work like this.

    Attributes:
        reason: why, and what to do; never an address, a secret or a body.
    """

    reason: str


Outcome: TypeAlias = Arrived | Again | Refused


class Channel(Protocol):
    """A place where on-call is notified.

    Sending the same notice twice must do what sending it once does, as far as the channel can.
    """

    def send(self, notice: Notice, notice_id: int, now: datetime) -> Outcome:
        """Send one notice.

        Args:
            notice: what to tell.
            notice_id: of the notice in the outbox; the same for every attempt.
            now: clock.
        """


def headline(notice: Notice) -> str:
    """The notice in one line."""
    severity = notice.episode.severity.word
    words = {
        Step.OPENED: severity,
        Step.WORSENED: f"worse: {severity}",
        Step.REMINDED: f"still {severity}",
        Step.RESOLVED: "resolved",
        Step.TEST: "test",
    }
    return f"[{words[notice.step]}] {notice.episode.summary}"


def facts(notice: Notice) -> list[tuple[str, str]]:
    """What else there is to say, by name."""
    episode = notice.episode
    found = [
        ("workspace", str(notice.workspace)),
        ("about", episode.key),
        ("severity", episode.severity.word),
        ("since", format_instant(episode.opened_ms)),
    ]
    if notice.ended_ms:
        found.append(("until", format_instant(notice.ended_ms)))
    if episode.members:
        found.append(("also", ", ".join(episode.members)))
    return found


def format_instant(at_ms: int) -> str:
    """An instant for people and machines: ISO 8601, UTC."""
    return utc(at_ms).strftime("%Y-%m-%dT%H:%M:%SZ")


def pause_s(retry_after: str | None) -> float | None:
    """Read ``Retry-After`` in seconds; None where there is none, or one that nobody understands."""
    try:
        asked = float(retry_after or "")
    except ValueError:
        return None
    return min(asked, _LONGEST_PAUSE_S) if asked >= 0 else None
