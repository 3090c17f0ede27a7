"""Keys by the million: numbering them, and passing them to Postgres."""

from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from store.segments.halves import distinct, keys_of


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=20))
def test_equal_keys_get_one_number_also_where_their_first_halves_are_those_of_others(
    pairs: Sequence[tuple[int, int]],
) -> None:
    keys = np.array(pairs, np.uint64).reshape(-1, 2)

    different, places = distinct(keys)

    assert np.array_equal(different[places], keys)
    assert len(different) == len(set(pairs))


def test_keys_keep_their_sixteen_bytes() -> None:
    key = bytes(range(240, 256))
    halves = np.frombuffer(key, ">u8").astype(np.uint64).reshape(1, 2)

    assert keys_of(halves).packed.endswith(key)
