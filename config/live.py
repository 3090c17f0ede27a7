"""Bounds of the live feed."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class LiveParams:
    """How the live feed looks and tells.

    Attributes:
        listeners: most listeners of one process; further ones are refused. A workspace may have at
            most as many as are left for all others.
        look_interval: how often a workspace that somebody listens to is looked at, and its
            listeners' rights.
        statistics_interval: how often its totals are.
        patience: longest that one look may take; then Postgres counts as away.
        overlap: a row is still told when its transaction took so long to commit.
        comment_interval: a sign of life where there is nothing to tell.
        longest: a connection is closed after this, so that the client begins anew.
        remembered: messages of a workspace that are kept for listeners that come back.
        queue: messages that a listener may be behind; beyond, it is dropped.
        rows: rows of one topic that one look takes.
        shown_events: events told with their id per look.
    """

    listeners: int = 100
    look_interval: timedelta = timedelta(seconds=1)
    statistics_interval: timedelta = timedelta(seconds=5)
    patience: timedelta = timedelta(seconds=5)
    overlap: timedelta = timedelta(seconds=30)
    comment_interval: timedelta = timedelta(seconds=15)
    longest: timedelta = timedelta(minutes=15)
    remembered: int = 1000
    queue: int = 500
    rows: int = 1000
    shown_events: int = 20

    def __post_init__(self) -> None:
        rules = {
            "listeners, remembered, queue and rows are positive": min(
                self.listeners, self.remembered, self.queue, self.rows
            )
            >= 1,
            "spans are positive": min(
                self.look_interval,
                self.statistics_interval,
                self.patience,
                self.comment_interval,
                self.longest,
            )
            > timedelta(),
            "overlap and shown_events are not negative": self.overlap >= timedelta()
            and self.shown_events >= 0,
        }
        broken = [rule for rule, holds in rules.items() if not holds]
        if broken:
            raise ValueError("; ".join(broken))
