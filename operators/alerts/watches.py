"""What is remembered of each condition: since when it is seen, and which episode tells of it."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

import msgspec

from domain.alerts import Condition, Episode, Severity
from domain.instants import MS
from operators.alerts.params import AlertingParams


class Watch(msgspec.Struct, frozen=True):
    """The memory of one condition.

    Attributes:
        kind: as of `Condition`.
        severity: as it was seen last.
        summary: as it was seen last.
        bad_ms: since when it has been seen.
        worse_ms: since when it has been at least as bad as it is now.
        fine_ms: since when it has not been seen; 0 while it is.
        episode: key of the episode that it belongs to; empty while it has none.
    """

    kind: str
    severity: Severity
    summary: str
    bad_ms: int
    worse_ms: int
    fine_ms: int = 0
    episode: str = ""


class AlertState(msgspec.Struct, frozen=True):
    """Memory of one workspace.

    Attributes:
        version: layout of this structure.
        watches: key → memory of the condition.
        episodes: key → open episode.
        evaluated_ms: time of the last evaluation; stored as ``seen_ms``.
    """

    version: int = 1
    watches: dict[str, Watch] = {}
    episodes: dict[str, Episode] = {}
    evaluated_ms: int = msgspec.field(default=0, name="seen_ms")


def roots_of(conditions: Mapping[str, Condition], state: AlertState) -> dict[str, str]:
    """Key of every condition seen → key of what it is reported with: its cause, or itself.

    A cause counts while it is seen or open.
    """
    told = {key for key, watch in state.watches.items() if watch.episode} | state.episodes.keys()
    return {key: _root(one, conditions, told) for key, one in conditions.items()}


def _root(
    condition: Condition, conditions: Mapping[str, Condition], open_keys: AbstractSet[str]
) -> str:
    """Along first causes, the one without a cause; of a circle, its first key."""
    visited = [condition.key]
    while cause := next((cause for cause in condition.causes if cause in conditions), None) or next(
        (c for c in condition.causes if c in open_keys), None
    ):
        if cause in visited:
            return min(visited[visited.index(cause) :])
        visited.append(cause)
        if cause not in conditions:
            return cause
        condition = conditions[cause]
    return visited[-1]


def watched(
    state: AlertState,
    conditions: Mapping[str, Condition],
    roots: Mapping[str, str],
    now_ms: int,
    params: AlertingParams,
) -> dict[str, Watch]:
    """Record the conditions seen; drop those fine for long enough, or never sent.

    Args:
        state: what was seen before.
        conditions: what is wrong now, by key.
        roots: key of a condition → key of its root cause.
        now_ms: clock.
        params: how long a condition must be fine.

    Returns:
        Conditions to be watched, by key.
    """
    found: dict[str, Watch] = {}
    for key, one in conditions.items():
        before = state.watches.get(key)
        worse_ms = before.worse_ms if before and one.severity <= before.severity else now_ms
        bad_ms = before.bad_ms if before else now_ms
        episode = (before.episode if before else "") or _joined(roots[key], state)
        found[key] = Watch(one.kind, one.severity, one.summary, bad_ms, worse_ms, 0, episode)
    for key, before in state.watches.items():
        fine_ms = before.fine_ms or now_ms
        if key not in conditions and before.episode and now_ms - fine_ms < params.close_after // MS:
            found[key] = msgspec.structs.replace(before, fine_ms=fine_ms)
    return found


def _joined(root: str, state: AlertState) -> str:
    """The open episode that tells of a condition; empty while none does.

    One's own may be open for what followed from it.
    """
    watch = state.watches.get(root)
    return watch.episode if watch and watch.episode else root if root in state.episodes else ""


def ripe(watch: Watch, since_ms: int, now_ms: int, params: AlertingParams) -> bool:
    """Whether a condition has lasted long enough to be told.

    Args:
        watch: the condition.
        since_ms: when it began.
        now_ms: clock.
        params: patience by severity.
    """
    patience = (
        params.open_critical_after if watch.severity is Severity.CRITICAL else params.open_after
    )
    return now_ms - since_ms >= patience // MS
