"""Alerting: what is seen at each look → notices about episodes. One machine per workspace.

    conditions ──▶ grouped by cause ──▶ bad for long enough: opened
        ──▶ worse: repeated ──▶ fine for long enough: resolved

A condition that follows from another one that is seen too is told with that one: it becomes a
member of its episode, or waits for it. Many conditions of one kind that begin together become one
episode, which is told again as it doubles. Nothing is told twice: looking again at the same things
changes nothing but time. State: one row per condition that is bad or was lately. Clock: `now_ms`;
one that goes back counts as standing still.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import msgspec

from domain.alerts import Condition, Episode, Notice, Severity, Step
from domain.ids import WorkspaceId
from domain.instants import MS

_MEMBERS_NAMED: Final = 50
"""Members that an episode names at most."""
_MANY: Final = "many:"
"""Begins the key of an episode that stands for many of a kind; the kind follows."""


@dataclass(frozen=True)
class AlertingParams:
    """When on-call is told.

    Attributes:
        open_after: a condition lasts this long before it is told …
        open_critical_after: … and this long where it is critical.
        close_after: it is fine for this long before that is told.
        remind_after: a critical episode that nobody acknowledged is told again after this long;
            zero: never.
        many: so many conditions of one kind that begin together are told as one.
        together: what begins within this span of one another begins together.

    Raises:
        ValueError: a span is negative, or `many` is less than 2.
    """

    open_after: timedelta = timedelta(minutes=1)
    open_critical_after: timedelta = timedelta(seconds=15)
    close_after: timedelta = timedelta(minutes=2)
    remind_after: timedelta = timedelta(hours=4)
    many: int = 4
    together: timedelta = timedelta(minutes=5)

    def __post_init__(self) -> None:
        if (
            min(
                self.open_after,
                self.open_critical_after,
                self.close_after,
                self.remind_after,
                self.together,
            )
            < timedelta()
        ):
            raise ValueError("spans are not negative")
        if self.many < 2:
            raise ValueError("many is at least 2")


class Watch(msgspec.Struct, frozen=True):
    """What is remembered of one condition.

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
        watches: key → what is remembered.
        episodes: key → open episode.
        seen_ms: the clock of the last look.
    """

    version: int = 1
    watches: dict[str, Watch] = {}
    episodes: dict[str, Episode] = {}
    seen_ms: int = 0


class Looked(msgspec.Struct, frozen=True):
    """What came of a look."""

    state: AlertState
    notices: tuple[Notice, ...]


def look(
    state: AlertState,
    workspace: WorkspaceId,
    seen: Iterable[Condition],
    now_ms: int,
    params: AlertingParams,
    acknowledged: frozenset[str] = frozenset(),
) -> Looked:
    """Look at everything that is not as it should be now.

    Args:
        state: memory so far; not changed.
        workspace: whose.
        seen: every condition that holds now, in any order; one that is not among them is fine.
        now_ms: the instant.
        params: how patient to be.
        acknowledged: keys of episodes of which nobody needs to be reminded.

    Returns:
        The new state, and what is to be told, in this order.
    """
    now_ms = max(now_ms, state.seen_ms)
    conditions = {
        one.key: one for one in sorted(seen, key=lambda one: (one.key, one.severity, one.summary))
    }
    roots = _roots(conditions, state)
    watches = _watched(state, conditions, roots, now_ms, params)
    episodes = dict(state.episodes)
    notices: list[Notice] = []

    def tell(step: Step, episode: Episode, ended_ms: int = 0) -> None:
        notices.append(Notice(workspace, step, episode, now_ms, ended_ms))

    for key, members in sorted(_beginning(watches, roots, episodes, now_ms, params).items()):
        for member in members:
            watches[member] = msgspec.structs.replace(watches[member], episode=key)
        if key in episodes:
            episodes[key] = msgspec.structs.replace(episodes[key], grew_ms=now_ms)
        else:
            episodes[key] = _opened(key, members, watches, now_ms)
            tell(Step.OPENED, episodes[key])
    for key, episode in sorted(episodes.items()):
        belonging = {name: watch for name, watch in watches.items() if watch.episode == key}
        if not belonging:
            del episodes[key]
            tell(Step.RESOLVED, episode, now_ms)
            continue
        current = _current(episode, belonging, now_ms, params)
        step = _step(episode, current, _counted(episode, belonging), now_ms, params)
        if step is Step.WORSENED or (step is Step.REMINDED and key not in acknowledged):
            worst = max(current.worst, current.severity)
            count = max(current.told_count, _counted(episode, belonging))
            current = msgspec.structs.replace(
                current, worst=worst, told_ms=now_ms, told_count=count
            )
            tell(step, current)
        episodes[key] = current
    return Looked(AlertState(state.version, watches, episodes, now_ms), tuple(notices))


def _roots(conditions: Mapping[str, Condition], state: AlertState) -> dict[str, str]:
    """Key of every condition seen → key of what it is told with: its cause, or itself.

    A cause counts while it is seen or told.
    """
    told = {key for key, watch in state.watches.items() if watch.episode} | state.episodes.keys()
    return {key: _root(one, conditions, told) for key, one in conditions.items()}


def _root(one: Condition, conditions: Mapping[str, Condition], told: AbstractSet[str]) -> str:
    """Along first causes, the one without a cause; of a circle, its first key."""
    visited = [one.key]
    while cause := next((cause for cause in one.causes if cause in conditions), None) or next(
        (c for c in one.causes if c in told), None
    ):
        if cause in visited:
            return min(visited[visited.index(cause) :])
        visited.append(cause)
        if cause not in conditions:
            return cause
        one = conditions[cause]
    return visited[-1]


def _watched(
    state: AlertState,
    conditions: Mapping[str, Condition],
    roots: Mapping[str, str],
    now_ms: int,
    params: AlertingParams,
) -> dict[str, Watch]:
    """Take note of what is seen; forget what has been fine for long enough, or was never told."""
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


def _ripe(watch: Watch, since_ms: int, now_ms: int, params: AlertingParams) -> bool:
    patience = (
        params.open_critical_after if watch.severity is Severity.CRITICAL else params.open_after
    )
    return now_ms - since_ms >= patience // MS


def _beginning(
    watches: Mapping[str, Watch],
    roots: Mapping[str, str],
    episodes: Mapping[str, Episode],
    now_ms: int,
    params: AlertingParams,
) -> dict[str, list[str]]:
    """Episodes to open, and open ones that grow: key → conditions.

    What waits for its cause makes the cause ripe with it.
    """
    waiting: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for key, watch in watches.items():
        root = roots.get(key, key)
        if not watch.episode:
            waiting[watches[root].kind if root in watches else watch.kind][root].append(key)
    found: dict[str, list[str]] = {}
    for kind, causes in waiting.items():
        ripe = [
            root
            for root, keys in causes.items()
            if any(_ripe(watches[key], watches[key].bad_ms, now_ms, params) for key in keys)
        ]
        many = _many(kind, len(causes), episodes, now_ms, params)
        if ripe and many:
            found[many] = sorted(key for keys in causes.values() for key in keys)
        else:
            found |= {root: sorted(causes[root]) for root in ripe}
    return found


def _many(
    kind: str, count: int, episodes: Mapping[str, Episode], now_ms: int, params: AlertingParams
) -> str:
    """The episode of many that so many waiting conditions of a kind belong to.

    Empty where each is told by itself.
    """
    many, since_ms = f"{_MANY}{kind}", now_ms - params.together // MS
    lately = sum(
        1
        for episode in episodes.values()
        if episode.kind == kind and episode.key != many and episode.opened_ms >= since_ms
    )
    growing = many in episodes and episodes[many].grew_ms >= since_ms
    return many if growing or count + lately >= params.many else ""


def _opened(key: str, members: list[str], watches: Mapping[str, Watch], now_ms: int) -> Episode:
    severity = max(watches[member].severity for member in members)
    kind = watches[key].kind if key in watches else key.removeprefix(_MANY)
    others = tuple(member for member in members if member != key)[:_MEMBERS_NAMED]
    opened = Episode(
        key,
        kind,
        now_ms,
        severity,
        severity,
        _summary(key, members, watches),
        others,
        now_ms,
        now_ms,
    )
    return msgspec.structs.replace(
        opened, told_count=_counted(opened, {member: watches[member] for member in members})
    )


def _counted(episode: Episode, belonging: Mapping[str, Watch]) -> int:
    """Conditions of an episode that are of its own kind."""
    return sum(1 for watch in belonging.values() if watch.kind == episode.kind)


def _step(
    before: Episode, current: Episode, count: int, now_ms: int, params: AlertingParams
) -> Step | None:
    """What there is to tell of an episode that lasts; None for nothing."""
    remind_ms = params.remind_after // MS
    if current.severity > before.worst or (
        before.key.startswith(_MANY) and count >= 2 * before.told_count
    ):
        return Step.WORSENED
    overdue = remind_ms and now_ms - before.told_ms >= remind_ms
    return Step.REMINDED if overdue and current.severity is Severity.CRITICAL else None


def _current(
    episode: Episode, belonging: Mapping[str, Watch], now_ms: int, params: AlertingParams
) -> Episode:
    """An episode as it is now.

    It grows worse only once it has been so for long enough; it is never told to be better but by
    its end.
    """
    seen = {key: watch for key, watch in belonging.items() if not watch.fine_ms}
    lasting = [
        watch.severity for watch in seen.values() if _ripe(watch, watch.worse_ms, now_ms, params)
    ]
    severity = max(lasting, default=episode.severity)
    members = tuple(sorted(key for key in belonging if key != episode.key))[:_MEMBERS_NAMED]
    summary = _summary(episode.key, sorted(seen), seen) if seen else episode.summary
    return msgspec.structs.replace(episode, severity=severity, summary=summary, members=members)


def _summary(key: str, members: list[str], watches: Mapping[str, Watch]) -> str:
    if key in watches:
        others = len(members) - 1
        return watches[key].summary + (
            f" – and {others} more that follow from it" if others > 0 else ""
        )
    worst = max(members, key=lambda member: (watches[member].severity, member))
    return (
        f"{len(members)} at once, the worst: {watches[worst].summary}"
        if len(members) > 1
        else watches[worst].summary
    )
