"""Alerting: what each evaluation sees → notices about episodes. One machine per workspace.

    conditions ──▶ grouped by cause ──▶ bad for long enough: opened
        ──▶ worse: repeated ──▶ fine for long enough: resolved

A condition that follows from another one that is seen too is reported with that one: it becomes a
member of its episode, or waits for it. Many conditions of one kind that begin together become one
episode, which is sent again as it doubles. Nothing is sent twice: evaluating the same conditions
again changes nothing but time. State: one row per condition that is bad or was lately. Clock:
`now_ms`; one that goes back counts as stopped.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

from domain.alerts import Condition, Episode, Notice, Step
from domain.ids import WorkspaceId
from operators.alerts.episodes import beginning, counted, current, opened, step_of
from operators.alerts.params import AlertingParams
from operators.alerts.watches import AlertState, Watch, roots_of, watched


class AlertEvaluation(msgspec.Struct, frozen=True):
    """The result of one evaluation."""

    state: AlertState
    notices: tuple[Notice, ...]


def evaluate(
    state: AlertState,
    workspace: WorkspaceId,
    seen: Iterable[Condition],
    now_ms: int,
    params: AlertingParams,
    acknowledged: frozenset[str] = frozenset(),
) -> AlertEvaluation:
    """Evaluate every condition that holds now.

    Args:
        state: memory so far; not changed.
        workspace: whose.
        seen: every condition that holds now, in any order; one that is not among them is fine.
        now_ms: the instant.
        params: delays and thresholds.
        acknowledged: keys of episodes without reminders.

    Returns:
        The new state, and the notices to send, in this order.
    """
    now_ms = max(now_ms, state.evaluated_ms)
    conditions = {
        one.key: one for one in sorted(seen, key=lambda one: (one.key, one.severity, one.summary))
    }
    roots = roots_of(conditions, state)
    watches = watched(state, conditions, roots, now_ms, params)
    progress = _Progress(workspace, dict(state.episodes), watches, now_ms, params)
    for key, members in sorted(
        beginning(watches, roots, progress.episodes, now_ms, params).items()
    ):
        progress.begin(key, members)
    for key, episode in sorted(progress.episodes.items()):
        progress.advance(key, episode, reminded=key not in acknowledged)
    return AlertEvaluation(
        AlertState(state.version, watches, progress.episodes, now_ms), tuple(progress.notices)
    )


@dataclass
class _Progress:
    """Brings episodes up to date, in place, and collects the notices about them.

    Attributes:
        workspace: whose.
        episodes: key → open episode.
        watches: key → memory of the condition of each condition.
        now_ms: the instant.
        params: delays and thresholds.
        notices: to be sent, in order.
    """

    workspace: WorkspaceId
    episodes: dict[str, Episode]
    watches: dict[str, Watch]
    now_ms: int
    params: AlertingParams
    notices: list[Notice] = field(default_factory=list)

    def begin(self, key: str, members: list[str]) -> None:
        """Open an episode of conditions, or let the open one grow by them."""
        for member in members:
            self.watches[member] = msgspec.structs.replace(self.watches[member], episode=key)
        if key in self.episodes:
            self.episodes[key] = msgspec.structs.replace(self.episodes[key], grew_ms=self.now_ms)
        else:
            self.episodes[key] = opened(key, members, self.watches, self.now_ms)
            self._tell(Step.OPENED, self.episodes[key])

    def advance(self, key: str, episode: Episode, *, reminded: bool) -> None:
        """Bring an open episode up to date, or end it.

        Args:
            key: its key.
            episode: as it was told.
            reminded: whether on-call is told again because nobody acknowledged it.
        """
        belonging = {name: watch for name, watch in self.watches.items() if watch.episode == key}
        if not belonging:
            del self.episodes[key]
            self._tell(Step.RESOLVED, episode, self.now_ms)
            return
        now = current(episode, belonging, self.now_ms, self.params)
        count = counted(episode, belonging)
        step = step_of(episode, now, count, self.now_ms, self.params)
        if step is Step.WORSENED or (step is Step.REMINDED and reminded):
            now = msgspec.structs.replace(
                now,
                worst=max(now.worst, now.severity),
                told_ms=self.now_ms,
                told_count=max(now.told_count, count),
            )
            self._tell(step, now)
        self.episodes[key] = now

    def _tell(self, step: Step, episode: Episode, ended_ms: int = 0) -> None:
        self.notices.append(Notice(self.workspace, step, episode, self.now_ms, ended_ms))
