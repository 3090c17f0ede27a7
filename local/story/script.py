"""When what happens: minutes since the week began."""

from typing import Final

HOUR: Final = 60
DAY: Final = 24 * HOUR
WEEK: Final = 7 * DAY

OPENS: Final = 1 * HOUR
"""Segments, traits and RFM are published."""
TABLET: Final = 1 * DAY + 9 * HOUR
"""Three people of a family log in on one tablet."""
WATCHED: Final = 4 * DAY + 22 * HOUR
"""Health is watched from here on."""
LAUNCH: Final = 4 * DAY + 23 * HOUR + 30
"""Four audiences are made and confirmed."""
MARA: Final = 2 * DAY + 10 * HOUR
"""A visitor signs in whom the app knows by e-mail: two people become one."""
CLERK: Final = 3 * DAY + 11 * HOUR
"""A clerk types one customer's phone number into another's account: a wrong merge."""
UNMERGE: Final = 4 * DAY + 8 * HOUR
"""Somebody takes the wrong merge apart."""
DEPLOY: Final = range(5 * DAY + 10 * HOUR, 5 * DAY + 12 * HOUR)
"""A release of the web shop lacks the e-mail tag on many pages."""
CENTS: Final = range(5 * DAY + 15 * HOUR, 5 * DAY + 16 * HOUR)
"""The web shop sends prices in cents."""
FREEZE: Final = range(5 * DAY + 20 * HOUR, 5 * DAY + 23 * HOUR)
"""Pushes to TikTok are frozen."""
BROKEN: Final = range(6 * DAY + 2 * HOUR, 6 * DAY + 2 * HOUR + 80, 10)
"""A partner sends records that cannot be used."""
NARROWED: Final = 6 * DAY + 8 * HOUR
"""The segment of the Meta audience is narrowed: a mass removal, which two people release."""
RELEASED: Final = NARROWED + 50
REVOKED: Final = 6 * DAY + 15 * HOUR
"""TikTok takes back the access token; nobody has renewed it yet."""
WINTER: Final = 6 * DAY + 19 * HOUR
"""The segment of the Snapchat audience is narrowed: a mass removal, which stays blocked."""
APP_RELEASE: Final = WEEK - 150
"""A release of the app sends ``undefined`` for the e-mail address now and then, and still does."""
APP_REPAIRED: Final = WEEK + 45
"""The app's next release: whoever watches sees it recover."""
WANTED: Final = WEEK - 25
"""Somebody asks for pushes to Meta and Google, which wait."""
PUSHES: Final = tuple(range(LAUNCH, WEEK, 6 * HOUR))
"""About when audiences are due."""

_BEFORE, _AFTER = 4, 3
_LOOKED_AT: Final = (
    *(range(at - _BEFORE, at + _AFTER) for at in PUSHES),
    range(DEPLOY.start, DEPLOY.stop + 60, 2),
    range(CENTS.start, CENTS.stop + 40, 2),
    *(
        range(at - _BEFORE, at + 2 * _AFTER)
        for at in (FREEZE.start, NARROWED, RELEASED, REVOKED, REVOKED + 20, WINTER)
    ),
    range(APP_RELEASE, WANTED, 4),
    range(WANTED - _BEFORE, WEEK),
)
_CALM: Final = 30
_UNWATCHED: Final = 60


BUSY: Final = frozenset(minute for span in _LOOKED_AT for minute in span) | {WEEK}
"""Minutes at which deliveries and alerts are driven, too."""


def looks() -> list[int]:
    """The minutes at which the engine is driven: of busy spans most, of others few."""
    unwatched = range(_UNWATCHED, WATCHED, _UNWATCHED)
    return sorted(BUSY | set(unwatched) | set(range(WATCHED, WEEK, _CALM)))


def web_tagged(minute: int) -> float:
    """Share of the web events that carry the e-mail address, of those that could."""
    return 0.5 if minute in DEPLOY else 0.85


def app_broken(minute: int) -> float:
    """Share of the app events whose e-mail address is none, of those that state one."""
    return 0.135 if APP_RELEASE <= minute < APP_REPAIRED else 0.0
