"""When a source is expected to send."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from domain.instants import to_ms, utc

_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True)
class Schedule:
    """When a source is expected to send; outside, it is judged by its last period.

    Attributes:
        days: of the week, ``mon`` … ``sun``; a period belongs to the day on which it begins.
        start: its beginning, local time.
        end: its end; not after `start`: on the next day.
        zone: IANA time zone.
    """

    days: tuple[str, ...] = _DAYS
    start: time = time(0)
    end: time = time(0)
    zone: str = "UTC"

    def __post_init__(self) -> None:
        if not self.days or not set(self.days) <= set(_DAYS):
            raise ValueError(f"days are among {', '.join(_DAYS)}")
        try:
            ZoneInfo(self.zone)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError(f"no time zone is called {self.zone}") from error

    def judged_at(self, now_ms: int) -> int:
        """Return the instant to judge at: now, or the end of the last period, ms since 1970."""
        now = utc(now_ms).astimezone(ZoneInfo(self.zone))
        for back in range(9):
            day = (now - timedelta(days=back)).date()
            if _DAYS[day.weekday()] not in self.days:
                continue
            begins = datetime.combine(day, self.start, now.tzinfo)
            ends = datetime.combine(
                day if self.end > self.start else day + timedelta(days=1), self.end, now.tzinfo
            )
            if begins <= now:
                return min(now_ms, to_ms(ends))
        return now_ms
