"""A disturbance as a value: what happens to traffic from an instant on.

Faults and normal things are tables of them.

Every field says how strong the disturbance is once it is fully there; `level` says how much of it
is there already.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from domain.instants import MS

Raw = dict[str, Any]
"""One record of the Segment specification before it is encoded as JSON."""
Change = Callable[[Raw], None]
"""Changes a record in place."""


@dataclass(frozen=True)
class Crowd:
    """Events beside the normal ones, all of one person at one address.

    Attributes:
        share: how many, per normal event that is expected.
    """

    share: float


@dataclass(frozen=True)
class Disturbance:
    """What happens from the onset on.

    Attributes:
        name: of the fault or normal thing.
        severity: low, medium or high; empty for normal things.
        needs: what a profile must have for it to happen there (`offers` of the profiles).
        lasting: how long it lasts and is watched.
        ramp: time from the onset until it is fully there.
        traffic: by what the rate is multiplied.
        growth: by what share the rate grows per day beside that.
        hours_shift: by how many hours the local clock moves.
        lost: share of events that never arrive.
        affected: share of records that `change` is applied to.
        change: what happens to a record before it is decoded.
        clock: how far the client's clock is ahead, for affected records, which state no sending
            time.
        upstream: how long events wait before they arrive.
        processing: how long events that arrived wait before they are processed.
        copies: how often an event is sent again, on average.
        crowd: events beside the normal ones.
        failing: further share of a platform's requests that fail.
        rejected: further share of a platform's rows that it rejects.
        matched: by what its match rate is multiplied.
        reported: by what the conversions that it reports are multiplied.
    """

    name: str
    severity: str = ""
    needs: frozenset[str] = frozenset({"source"})
    lasting: timedelta = timedelta(minutes=90)
    ramp: timedelta = timedelta()
    traffic: float = 1.0
    growth: float = 0.0
    hours_shift: float = 0.0
    lost: float = 0.0
    affected: float = 0.0
    change: Change | None = None
    clock: timedelta = timedelta()
    upstream: timedelta = timedelta()
    processing: timedelta = timedelta()
    copies: float = 0.0
    crowd: Crowd | None = None
    failing: float = 0.0
    rejected: float = 0.0
    matched: float = 1.0
    reported: float = 1.0

    @property
    def fault(self) -> bool:
        """Whether it must be found; else it must not hold anything."""
        return bool(self.severity)

    def level(self, elapsed_ms: int) -> float:
        """How much of it is there, 0 to 1; nothing of it in the span that ends with the onset."""
        if elapsed_ms <= 0:
            return 0.0
        ramp_ms = self.ramp // MS
        return 1.0 if elapsed_ms >= ramp_ms else elapsed_ms / ramp_ms

    def factor(self, elapsed_ms: int) -> float:
        """By what the rate is multiplied."""
        level = self.level(elapsed_ms)
        grown = 1.0 + self.growth * max(0, elapsed_ms) / (timedelta(days=1) // MS)
        return (1.0 + (self.traffic - 1.0) * level) * (1.0 - self.lost * level) * grown


CALM = Disturbance("calm", lasting=timedelta(days=7))
"""Nothing happens."""
