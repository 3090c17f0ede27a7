"""Traces: what a stored record contains wherever a condition holds."""

from domain.segments import conditions
from domain.segments.event_filter import Where
from store.segments.occurrences import trace_of


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
