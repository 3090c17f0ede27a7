"""Signal health as values: a dated reading with its components and reasons."""

from enum import StrEnum

import msgspec

from domain.ids import WorkspaceId


class Status(StrEnum):
    """What a score means; unknown is not health."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    UNHEALTHY = "unhealthy"
    UNKNOWN = "unknown"


class ComponentReading(msgspec.Struct, frozen=True):
    """One aspect of a signal.

    Attributes:
        name: freshness, validity, match_quality, volume, anomaly, consistency or delivery.
        score: 0–100; None where there is too little data, which is missing and not average.
        weight: share in the composite, relative to the other present components.
        inputs: what the score was computed from, by name; units in the names.
        sample: observations behind it.
        reason: a sentence.
    """

    name: str
    score: float | None
    weight: float
    inputs: dict[str, float]
    sample: int
    reason: str


class Reading(msgspec.Struct, frozen=True):
    """Health of one signal at one instant.

    Attributes:
        signal: ``source:<id>``, ``platform:<name>`` or ``conversions``.
        read_ms: the instant.
        score: 0–100; None when unknown.
        sample: observations in the window.
        reasons: sentences, the worst first; why it is not better, or why it is unknown.
        id: row id once stored, else 0.
    """

    workspace: WorkspaceId
    signal: str
    read_ms: int
    score: float | None
    status: Status
    sample: int
    components: tuple[ComponentReading, ...] = ()
    reasons: tuple[str, ...] = ()
    id: int = 0


class Observed(msgspec.Struct, frozen=True):
    """One additive counter as stored: `value` is the total so far of (minute, shard, metric).

    Attributes:
        updated_ms: when it was last added to.
    """

    minute_ms: int
    shard: int
    metric: str
    value: float
    updated_ms: int


class Minutes(msgspec.Struct, frozen=True):
    """What is new about one signal, and what time it is.

    Sent also when nothing is new, so that silence is seen.

    Attributes:
        rows: counters that changed; a row that comes again replaces itself.
        now_ms: the clock.
        memory: what was stored of it, with the first minutes after a start; see `Checkpoint`.
        last: the newest reading that was stored of it, likewise.
    """

    workspace: WorkspaceId
    signal: str
    rows: tuple[Observed, ...]
    now_ms: int
    memory: bytes = b""
    last: Reading | None = None


class Checkpoint(msgspec.Struct, frozen=True):
    """What has been learned of one signal, to continue from after a restart.

    Attributes:
        memory: `operators.signals.baseline.SignalBaseline`, packed.
    """

    workspace: WorkspaceId
    signal: str
    memory: bytes


class Anomaly(msgspec.Struct, frozen=True):
    """One anomaly of one metric of a signal, from its first surprising point to its last.

    Sent again as it grows and ends.

    Attributes:
        metric: what was watched, `operators.signals.series`.
        started_ms: its first point; with signal and metric it names the anomaly.
        peak_ms: its most surprising point.
        ended_ms: when the value was back; None while it lasts.
        direction: ``up`` or ``down``, of the peak.
        score: of the peak, 0–1.
        value: at the peak, in the metric's unit.
        expected: at the peak.
        low: of the range expected at the peak.
        high: of the same.
        ending: ``recovered``, ``adopted`` or ``silent``; empty while it lasts.
        picture: (ms, value, expected, low, high) of the points around it, oldest first.
    """

    workspace: WorkspaceId
    signal: str
    metric: str
    started_ms: int
    peak_ms: int
    ended_ms: int | None
    direction: str
    score: float
    value: float
    expected: float
    low: float
    high: float
    ending: str = ""
    picture: tuple[tuple[int, float, float, float, float], ...] = ()
