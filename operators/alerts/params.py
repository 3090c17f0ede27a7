"""When on-call is notified."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class AlertingParams:
    """When on-call is notified.

    Attributes:
        open_after: a condition lasts this long before it is sent …
        open_critical_after: … and this long where it is critical.
        close_after: it is fine for this long before that is sent.
        remind_after: a critical episode that nobody acknowledged is sent again after this long;
            zero: never.
        many: so many conditions of one kind that begin together are sent as one.
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
