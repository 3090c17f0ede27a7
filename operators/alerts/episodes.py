"""Episodes: which begin, what each is now, and what there is to tell of it."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Final

import msgspec

from domain.alerts import Episode, Severity, Step
from domain.instants import MS
from operators.alerts.params import AlertingParams
from operators.alerts.watches import Watch, ripe

_MEMBERS_NAMED: Final = 50
"""Members that an episode names at most."""
_MANY: Final = "many:"
"""Begins the key of an episode that stands for many of a kind; the kind follows."""


def beginning(
    watches: Mapping[str, Watch],
    roots: Mapping[str, str],
    episodes: Mapping[str, Episode],
    now_ms: int,
    params: AlertingParams,
) -> dict[str, list[str]]:
    """Find episodes to open, and open ones that grow.

    A condition that has lasted long enough makes its root cause ripe.

    Args:
        watches: conditions seen, by key.
        roots: key of a condition → key of its root cause.
        episodes: open ones, by key.
        now_ms: clock.
        params: patience and grouping.

    Returns:
        Key of the episode → keys of its conditions.
    """
    waiting: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for key, watch in watches.items():
        root = roots.get(key, key)
        if not watch.episode:
            waiting[watches[root].kind if root in watches else watch.kind][root].append(key)
    found: dict[str, list[str]] = {}
    for kind, causes in waiting.items():
        lasting = [
            root
            for root, keys in causes.items()
            if any(ripe(watches[key], watches[key].bad_ms, now_ms, params) for key in keys)
        ]
        many = _many(kind, len(causes), episodes, now_ms, params)
        if lasting and many:
            found[many] = sorted(key for keys in causes.values() for key in keys)
        else:
            found |= {root: sorted(causes[root]) for root in lasting}
    return found


def _many(
    kind: str, count: int, episodes: Mapping[str, Episode], now_ms: int, params: AlertingParams
) -> str:
    """The episode of many that so many waiting conditions of a kind belong to.

    Empty where each is reported by itself.
    """
    many, since_ms = f"{_MANY}{kind}", now_ms - params.together // MS
    lately = sum(
        1
        for episode in episodes.values()
        if episode.kind == kind and episode.key != many and episode.opened_ms >= since_ms
    )
    growing = many in episodes and episodes[many].grew_ms >= since_ms
    return many if growing or count + lately >= params.many else ""


def opened(key: str, members: list[str], watches: Mapping[str, Watch], now_ms: int) -> Episode:
    """A new episode of these conditions.

    Args:
        key: of the episode.
        members: keys of its conditions.
        watches: conditions seen, by key.
        now_ms: clock.
    """
    severity = max(watches[member].severity for member in members)
    kind = watches[key].kind if key in watches else key.removeprefix(_MANY)
    others = tuple(member for member in members if member != key)[:_MEMBERS_NAMED]
    episode = Episode(
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
        episode, told_count=counted(episode, {member: watches[member] for member in members})
    )


def counted(episode: Episode, belonging: Mapping[str, Watch]) -> int:
    """Conditions of an episode that are of its own kind."""
    return sum(1 for watch in belonging.values() if watch.kind == episode.kind)


def step_of(
    before: Episode, now: Episode, count: int, now_ms: int, params: AlertingParams
) -> Step | None:
    """What to send about an episode that lasts.

    Args:
        before: the episode as it was last stored.
        now: as it is now.
        count: conditions that belong to it.
        now_ms: clock.
        params: when to remind.

    Returns:
        The step, or None where there is nothing to send.
    """
    remind_ms = params.remind_after // MS
    if now.severity > before.worst or (
        before.key.startswith(_MANY) and count >= 2 * before.told_count
    ):
        return Step.WORSENED
    overdue = remind_ms and now_ms - before.told_ms >= remind_ms
    return Step.REMINDED if overdue and now.severity is Severity.CRITICAL else None


def current(
    episode: Episode, belonging: Mapping[str, Watch], now_ms: int, params: AlertingParams
) -> Episode:
    """An episode as it is now.

    It grows worse only once it has been so for long enough; it is never told to be better but by
    its end.

    Args:
        episode: as it was.
        belonging: its conditions, by key.
        now_ms: clock.
        params: patience by severity.
    """
    seen = {key: watch for key, watch in belonging.items() if not watch.fine_ms}
    lasting = [
        watch.severity for watch in seen.values() if ripe(watch, watch.worse_ms, now_ms, params)
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
