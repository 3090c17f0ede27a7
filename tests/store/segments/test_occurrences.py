"""Keys by the million: numbering them, and passing them to Postgres."""

from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from domain.segments import conditions
from domain.segments.event_filter import Where
from store.segments.occurrences import distinct, keys_of, trace_of


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


def test_a_trace_is_what_every_plain_record_that_passes_contains() -> None:
    assert trace_of(Where("a.plan", conditions.Equals("50% off_\\"))) == b'%"50\\% off\\_\\\\"%'
    assert trace_of(Where("a.plan", conditions.StartsWith("pro"))) == b'%"pro%'
    assert trace_of(Where("a.plan", conditions.EndsWith("pro"))) == b'%pro"%'
    assert trace_of(Where("a.plan", conditions.Contains("pro"))) == b"%pro%"
    assert trace_of(Where("a.plan", conditions.Contains(3))) == b'%"plan"%'
    assert trace_of(Where("a.plan", conditions.Equals(True))) == b'%"plan"%'
    assert trace_of(Where("a.plan", conditions.AtLeast(3))) == b'%"plan"%'


def test_there_is_no_trace_where_a_missing_value_passes_or_a_text_cannot_be_written() -> None:
    assert trace_of(Where("plan", conditions.NotEquals("pro"))) is None
    assert trace_of(Where("plan", conditions.NotExists())) is None
    assert trace_of(Where("plan", conditions.Equals("\ud800"))) is None
