"""A leaf: what the events of one identifier said. Leaves merge and unmerge; they never mix.

The same structure, composed from several leaves, is a person's view (`operators.profiles.compose`).
Every field is a commutative monoid, so that folding an event into a leaf and into the composed
view, and composing the leaves again, give the same result in any order.
"""

from typing import Any, Final, NamedTuple

import msgspec

LEAF_VERSION: Final = 2


class Register(NamedTuple):
    """A last-writer-wins value: the greatest (at_ms, tie) wins, whatever arrived last.

    Attributes:
        value: a JSON value.
        at_ms: event time of the statement.
        tie: first 8 bytes of the message key, as a signed integer; orders statements of one
            instant.
    """

    value: Any
    at_ms: int
    tie: int


class Revenue(NamedTuple):
    """Purchases in one currency: how many, and their sum in its minor unit."""

    orders: int
    amount_minor: int


class Leaf(msgspec.Struct, array_like=True, gc=False):
    """Contribution of one identifier's events, or the composition of several.

    Attributes:
        version: layout of this structure.
        first_ms: earliest event time, 0 when empty.
        last_ms: latest event time, 0 when empty.
        types: events per type (``track``, ``page`` …); their sum is the number of events. Empty
            where operators alone have stated something.
        names: events per name, ``type:name``; at most the configured number of names.
        traits: trait → register; at most the configured number.
        groups: group id → register holding that group's latest traits.
        sessions: disjoint activity intervals in time order, flattened: start, end, start, end … in
            ms.
        revenue: currency → orders and their sum.
        first_order_ms: earliest purchase, 0 when none.
        last_order_ms: latest purchase, 0 when none.
        consent: purpose → register holding granted or not; at the same instant a refusal wins.
            Under `domain.profiles.consent.EVERY_PURPOSE` the newest refusal of every purpose
            (`operators.profiles.consent.statement_of`); under `ANY_USE` the restriction or release
            that counts.
        overflow: a cap on names, traits or groups was reached and entries were left out.
        aggregates: aggregate id → state (`domain.segments.aggregate`), packed until somebody needs
            it.
    """

    version: int = LEAF_VERSION
    first_ms: int = 0
    last_ms: int = 0
    types: dict[str, int] = {}
    names: dict[str, int] = {}
    traits: dict[str, Register] = {}
    groups: dict[str, Register] = {}
    sessions: list[int] = []
    revenue: dict[str, Revenue] = {}
    first_order_ms: int = 0
    last_order_ms: int = 0
    consent: dict[str, Register] = {}
    overflow: bool = False
    aggregates: dict[int, msgspec.Raw] = {}

    @property
    def is_empty(self) -> bool:
        """Whether nothing was folded in: no activity, and no statement of an operator."""
        return not (self.types or self.consent)

    @property
    def events(self) -> int:
        """Number of events folded in."""
        return sum(self.types.values())

    @property
    def orders(self) -> int:
        """Number of purchases in all currencies."""
        return sum(revenue.orders for revenue in self.revenue.values())


_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(Leaf)


def encode_leaf(leaf: Leaf) -> bytes:
    """Pack a leaf for storage (MessagePack)."""
    return _ENCODER.encode(leaf)


def decode_leaf(packed: bytes) -> Leaf:
    """Read a stored leaf.

    Raises:
        msgspec.DecodeError: the bytes are not a leaf.
    """
    return _DECODER.decode(packed)


def tie_of(key: bytes) -> int:
    """Return the tie-breaker of a message key: its first 8 bytes as a signed integer."""
    return int.from_bytes(key[:8], "big", signed=True)


def earlier(one: Register, other: Register) -> Register:
    """The statement that came first."""
    return one if (one.at_ms, one.tie) <= (other.at_ms, other.tie) else other


def later(left: Register, right: Register) -> Register:
    """The later of two statements: greater event time, then greater tie."""
    return left if (left.at_ms, left.tie) >= (right.at_ms, right.tie) else right


def later_consent(left: Register, right: Register) -> Register:
    """The later of two consent statements; at the same instant a refusal wins."""
    return (
        left
        if (left.at_ms, not left.value, left.tie) >= (right.at_ms, not right.value, right.tie)
        else right
    )
