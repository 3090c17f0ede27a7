"""Silence never heals: while no event of a source comes, its readings only get worse.

It is the last guard, after what is learned and weighed.

Healthy is better than degraded, and that better than unhealthy or unknown, which both let nothing
pass: a source may go from either to the other while it is silent. Only an event that was accepted
lifts it again; a clock, a restart or a lost memory does not.
"""

from typing import Final

import msgspec

from domain.signals.reading import Reading, Status
from operators.signals.baseline import Floor
from operators.signals.components.freshness import LAST_ACCEPTED
from operators.signals.health import status_of
from operators.signals.params import HealthParams

RANK: Final = {Status.HEALTHY: 2, Status.DEGRADED: 1, Status.UNHEALTHY: 0, Status.UNKNOWN: 0}
"""How far each lets a push go."""


def floored(floor: Floor | None, reading: Reading) -> Floor:
    """The floor after a reading was given."""
    if floor is None:
        return Floor(reading.score, reading.status)
    scores = [one.score for one in (floor, reading) if one.score is not None]
    worse = RANK[reading.status] < RANK[floor.status]
    return Floor(min(scores, default=None), reading.status if worse else floor.status)


def resumed(floor: Floor | None, last: Reading) -> Floor:
    """The floor after a start, from what was stored of it and the newest reading.

    One without a score does not tell which were given before it: they may have been the worst.
    """
    return floored(
        floor, last if last.score is not None else msgspec.structs.replace(last, score=0.0)
    )


def knew_ms(reading: Reading) -> float:
    """The newest event that a reading knew of, ms since 1970.

    A reading that does not say knew what came before it.

    The instant of the reading itself does not tell: clocks go back, and differ from process to
    process.
    """
    stated = (
        one.inputs[LAST_ACCEPTED] for one in reading.components if LAST_ACCEPTED in one.inputs
    )
    return next(stated, float(reading.read_ms))


def held(floor: Floor | None, reading: Reading, params: HealthParams) -> Reading:
    """A reading that is no better than what was said since the last event.

    Its components stay as they are read.
    """
    if floor is None:
        return reading
    score = reading.score
    if score is not None and floor.score is not None:
        score = min(score, floor.score)
    status = status_of(score, params)
    if RANK[status] > RANK[floor.status] or (
        floor.status is Status.UNKNOWN and RANK[reading.status]
    ):
        score, status = None, Status.UNKNOWN
    if (score, status) == (reading.score, reading.status):
        return reading
    unscored = floor.score is None or floor.status is Status.UNKNOWN
    before = floor.status.value if unscored else f"{floor.status.value}, {floor.score:.0f}"
    said = f"nothing was accepted since it was {before}: only events lift it again"
    said = f"unknown: {said}" if score is None else said
    return msgspec.structs.replace(
        reading, score=score, status=status, reasons=(said, *reading.reasons)
    )
