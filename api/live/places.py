"""Where a listener has got to: what the id of a message says, so that it can go on from there.

It names the feed that told the message and the message's number there, and how far each topic had
been told, by which another process finds what came after. Nothing in it is secret, and nothing of
what it says is believed beyond the asking workspace's own rows.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from typing import Final

import msgspec

from store.live import Mark

LONGEST: Final = 2_000
_LATEST_US: Final = 253_402_300_800_000_000
"""The year 10000."""
_MARKS: Final = 20


class Place(msgspec.Struct, frozen=True, array_like=True):
    """A place in a feed.

    Attributes:
        workspace: whose feed.
        epoch: names the feed as long as it runs; empty where the message was looked up.
        seq: the message's number in it.
        marks: topic → how far it has been told.
    """

    workspace: int
    epoch: str
    seq: int
    marks: Mapping[str, Mark]


def written(place: Place) -> str:
    """A place as the id of a message.

    >>> place = Place(1, "a", 7, {"readings": (0, 37)})
    >>> read(written(place), 1) == place
    True
    >>> read(written(place), 2) is read("nonsense", 1) is None
    True
    """
    return urlsafe_b64encode(msgspec.msgpack.encode(place)).rstrip(b"=").decode()


def read(text: str, workspace: int) -> Place | None:
    """The place that an id names; None for one that this workspace was never given.

    Args:
        text: from a client.
        workspace: the client's.
    """
    if len(text) > LONGEST or not text.isascii():
        return None
    try:
        packed = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        place = msgspec.msgpack.decode(packed, type=Place)
    except (ValueError, msgspec.DecodeError):
        return None
    fits = all(
        0 <= touched < _LATEST_US and 0 <= number < 2**63
        for touched, number in place.marks.values()
    )
    return place if place.workspace == workspace and fits and len(place.marks) <= _MARKS else None
