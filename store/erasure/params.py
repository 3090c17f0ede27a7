"""How the steps of erasures are paced."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class ErasureParams:
    """How erasures are finished after a person was removed.

    Attributes:
        poll_interval: pause between two looks while nothing moves.
        page: erasures that one transaction takes a step further.
        event_page: stored events of others read at once.
        letter_page: dead letters read at once.
        letter_bytes: bytes of dead letters read at once, unless a single one has more.
        request_page: requests to platforms rewritten in one transaction.
        rewrite_interval: shortest time between two rewrites of the embedded log's file.
        failed_wait: rest of a step after it failed for a reason that nobody expected.
    """

    poll_interval: timedelta = timedelta(seconds=1)
    page: int = 200
    event_page: int = 500
    letter_page: int = 200
    letter_bytes: int = 16 * 1024 * 1024
    request_page: int = 50
    rewrite_interval: timedelta = timedelta(minutes=1)
    failed_wait: timedelta = timedelta(seconds=30)

    def __post_init__(self) -> None:
        least = min(
            self.page, self.event_page, self.letter_page, self.letter_bytes, self.request_page
        )
        if least < 1 or self.poll_interval <= timedelta():
            raise ValueError("an erasure takes at least one of everything, and rests between looks")
