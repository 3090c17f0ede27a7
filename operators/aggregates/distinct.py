"""Different values, counted exactly up to a bound and estimated beyond it, the same in any order.

Without a window the estimate is that of an HLL sketch (Apache DataSketches; Flajolet et al.,
"HyperLogLog", 2007; lg k = 11, relative standard error 2.3 %), united with itself, so that its
estimate is a function of its registers alone and not of the order in which values came. With a
window it is taken from the values with the smallest digests (bottom-k; Cohen and Kaplan, 2007).
"""

from collections.abc import Iterable
from hashlib import blake2b
from typing import Final

import msgspec
from datasketches import hll_sketch, hll_union, tgt_hll_type

from domain.segments.aggregate import Uniques
from domain.segments.rule import UNIQUE_EXACT
from domain.values import Json
from operators.aggregates.bounded import keep_bounded

LG_K: Final = 11
TEXT_LIMIT: Final = 256
"""Longest text of a value that is kept as it is; a longer one stands as its digest."""


def value_text(value: Json) -> str | None:
    """The text that names a scalar: equal values have equal texts.

    None for null, lists and objects.

    >>> value_text(1.0), value_text("1"), value_text(True)
    ('1', '"1"', 'true')
    """
    if isinstance(value, str):
        text = msgspec.json.encode(value).decode()
        return text if len(text) <= TEXT_LIMIT else f"#{digest_of(text):016x}"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if abs(value) < 2**53 else _beyond(value)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    return None


def _beyond(value: int) -> str | None:
    """The text of a number that only floating point holds; None where not even that does."""
    try:
        return repr(float(value))
    except OverflowError:
        return None


def digest_of(text: str) -> int:
    """A number of 64 bits that names a text."""
    return int.from_bytes(
        blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big"
    )


def add_value(state: Uniques, text: str, bucket: int, *, sketched: bool) -> None:
    """Add one value, in place.

    Args:
        state: changed in place.
        text: of the value.
        bucket: of the event.
        sketched: keep a sketch once there are too many values; else a sample of them.
    """
    known = state.seen.get(text)
    if known is not None:
        if bucket > known:
            state.seen[text] = bucket
        return
    if state.partial and sketched:
        state.sketch = _pack(_sketch(state.sketch, (text,)))
        return
    state.seen[text] = bucket
    _bound(state, sketched=sketched)


def join_uniques(left: Uniques, right: Uniques, *, sketched: bool) -> Uniques:
    """Unite two states; both stay untouched."""
    if sketched and (left.partial or right.partial):
        return Uniques(
            {},
            partial=True,
            sketch=_pack(_sketch(left.sketch, left.seen, right.sketch, right.seen)),
        )
    seen = dict(left.seen)
    for text, bucket in right.seen.items():
        seen[text] = max(bucket, seen.get(text, bucket))
    joined = Uniques(seen, left.partial or right.partial)
    _bound(joined, sketched=sketched)
    return joined


def estimate_all(state: Uniques) -> int:
    """How many different values there were, of all time."""
    if not state.sketch:
        return len(state.seen)
    estimate: float = hll_sketch.deserialize(state.sketch).get_estimate()
    return round(estimate)


def scale(state: Uniques) -> float:
    """What one kept value stands for, with a window: 1 while all values are kept."""
    if not state.partial:
        return 1.0
    return 2**64 / (max(digest_of(text) for text in state.seen) + 1)


def _bound(state: Uniques, *, sketched: bool) -> None:
    if len(state.seen) <= UNIQUE_EXACT:
        return
    if sketched:
        state.sketch = _pack(_sketch(state.sketch, state.seen))
        state.seen = {}
    else:
        keep_bounded(state.seen, UNIQUE_EXACT)
    state.partial = True


def _sketch(*parts: bytes | Iterable[str]) -> hll_sketch:
    union = hll_union(LG_K)
    fresh = hll_sketch(LG_K, tgt_hll_type.HLL_8)
    for part in parts:
        if isinstance(part, bytes):
            if part:
                union.update(hll_sketch.deserialize(part))
        else:
            for text in part:
                fresh.update(text)
    union.update(fresh)
    whole = union.get_result(tgt_hll_type.HLL_8)
    # United with itself, a sketch forgets the order of values, in its bytes and its estimate.
    union.update(whole)
    return union.get_result(tgt_hll_type.HLL_8)


def _pack(sketch: hll_sketch) -> bytes:
    packed: bytes = sketch.serialize_compact()
    return packed
