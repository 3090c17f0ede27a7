"""State that a leaf keeps per aggregate: one kind per family, each a commutative monoid.

A bucket is a number that `operators.rules.windows` gives to an instant; at resolution ``ever``
there is one bucket, 0. Buckets are kept in ascending order. Numbers are kept in millionths, as
integers, so that sums do not depend on the order of addition.
"""

from typing import Any, Final, NamedTuple

import msgspec

from domain.profiles.leaf import Register
from domain.segments.definition import Family


class Counts(msgspec.Struct, array_like=True, gc=False):
    """Family ``count``: events per bucket, and when the first and the last one happened, ms.

    The two instants are meaningless where there are no events.
    """

    buckets: dict[int, int] = {}
    first_ms: int = 0
    last_ms: int = 0


Numbers = tuple[int, int, int, int, int]
"""Summary of events and of a property's numbers.

(matching events, those of them with a number, its sum, the smallest, the largest),
in millionths, the sum held within 64 bits; smallest and largest mean nothing without a number. A
plain tuple: people have hundreds.
"""


class NumberBuckets(msgspec.Struct, array_like=True, gc=False):
    """Family ``number``: a summary per bucket, first and last event, whether any number was < 0."""

    buckets: dict[int, Numbers] = {}
    first_ms: int = 0
    last_ms: int = 0
    negative: bool = False


class Uniques(msgspec.Struct, array_like=True, gc=False):
    """Family ``unique``: which values there were.

    Attributes:
        seen: value's text → latest bucket; at most `domain.segments.rule.UNIQUE_EXACT`, beyond that
            those with the smallest digests.
        partial: values were left out of `seen`.
        sketch: at resolution ``ever``, once `seen` is partial: a serialized HLL sketch of all
            values.
    """

    seen: dict[str, int] = {}
    partial: bool = False
    sketch: bytes = b""


class Frequencies(msgspec.Struct, array_like=True, gc=False):
    """Family ``frequent``: events per value's text and bucket."""

    values: dict[str, dict[int, int]] = {}


class Ends(NamedTuple):
    """The earliest and the latest statement of a bucket."""

    first: Register
    last: Register


class Edges(msgspec.Struct, array_like=True, gc=False):
    """Family ``edge``: the earliest and latest value per bucket.

    Values are null where the aggregate has no property.
    """

    buckets: dict[int, Ends] = {}


Mark = tuple[int, int, int]
"""One event that a sequence may use: (event time in ms, tie, mask).

Bit i of the mask is set where it matches the aggregate's filter i.
"""


class Marks(msgspec.Struct, array_like=True, gc=False):
    """Family ``marks``: the latest events of a sequence, ascending.

    There are at most `domain.segments.rule.SEQUENCE_MARKS`.
    """

    marks: list[Mark] = []


State = Counts | NumberBuckets | Uniques | Frequencies | Edges | Marks

STATES: Final[dict[Family, type[State]]] = {
    "count": Counts,
    "number": NumberBuckets,
    "unique": Uniques,
    "frequent": Frequencies,
    "edge": Edges,
    "marks": Marks,
}

_DECODERS: Final[dict[str, msgspec.msgpack.Decoder[Any]]] = {
    family: msgspec.msgpack.Decoder(kind) for family, kind in STATES.items()
}


def decode_state(family: Family, packed: msgspec.Raw) -> State:
    """Unpack a state.

    Raises:
        msgspec.DecodeError: the bytes are not a state of this family.
    """
    state: State = _DECODERS[family].decode(packed)
    return state
