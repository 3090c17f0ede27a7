"""Match quality: an estimate, 0–10, of how well ad platforms could match a source's people.

An event's quality is the worth of the identifiers that it carries and that identify somebody, out
of the worth of all kinds, less where it is late or a purchase without an amount. It is linear in
the identifiers, so that the mean over events, for any platform's weights, follows from which share
of the events carried which kind. A score that a platform reports itself is better than this
estimate.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

FULL: Final = 10.0
"""Quality of an event that carries every kind, in time and complete."""
LATE: Final = 0.8
"""What is left of an event that came late: platforms weigh timeliness."""
INCOMPLETE: Final = 0.9
"""What is left of a purchase that states no amount."""


class Gain(NamedTuple):
    """What sending one more kind of identifier with every event would add to the mean quality."""

    kind: str
    coverage: float
    gain: float


def of_kinds(kinds: tuple[str, ...], weights: Mapping[str, float]) -> float:
    """Quality of an event that carries these kinds, 0–10.

    >>> of_kinds(("email",), {"email": 3.0, "phone": 2.0})
    6.0
    """
    whole = sum(weights.values())
    return FULL * sum(weights.get(kind, 0.0) for kind in set(kinds)) / whole if whole else 0.0


def of_coverage(coverage: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """Mean quality of events, 0–10, of which these shares carry each kind.

    It leaves lateness and amounts aside.
    """
    whole = sum(weights.values())
    return (
        FULL
        * sum(weight * min(1.0, coverage.get(kind, 0.0)) for kind, weight in weights.items())
        / whole
        if whole
        else 0.0
    )


def gains(coverage: Mapping[str, float], weights: Mapping[str, float]) -> list[Gain]:
    """What to add, and what the mean quality gains by it.

    The greatest gain first, kinds that all events carry left out.
    """
    whole = sum(weights.values())
    missing = [
        Gain(
            kind,
            min(1.0, coverage.get(kind, 0.0)),
            FULL * weight * (1.0 - min(1.0, coverage.get(kind, 0.0))) / whole,
        )
        for kind, weight in weights.items()
        if whole
    ]
    return sorted((one for one in missing if one.gain > 0), key=lambda one: (-one.gain, one.kind))
