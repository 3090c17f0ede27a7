"""Law 11 for observations: counters do not depend on how records were cut into batches."""

from collections import Counter
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from domain.changes import Changes
from domain.event import Event
from domain.policies import ProfileRules
from domain.signals import metrics
from operators.signals.observe import count_observations
from tests.support.builders import NOON_MS, WORKSPACE, event

JSON = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=3)
    | st.just([1])
    | st.just({"a": 1})
)
PROPERTIES = st.dictionaries(st.text(max_size=2), JSON, max_size=5)
EVENTS = st.lists(
    st.builds(
        lambda name, held: event("u1", name=name, properties=held),
        st.sampled_from(("A", "B", "C\x1f")),
        PROPERTIES,
    ),
    max_size=40,
)


def counted(events: list[Event], cuts: list[int]) -> Counter[str]:
    """Counters of the shapes, summed over the batches that these cuts make."""
    total: Counter[str] = Counter()
    bounds = [0, *sorted(cut % (len(events) + 1) for cut in cuts), len(events)]
    for start, end in pairwise(bounds):
        changes = Changes(NOON_MS)
        count_observations(
            events[start:end], events[start:end], {WORKSPACE: ()}, ProfileRules(), changes
        )
        for key, value in changes.observed.items():
            if key.metric.partition(":")[0] in {
                metrics.SHAPE,
                metrics.PROPERTY,
                metrics.ACCEPTED,
                metrics.NAMED,
            }:
                total[key.metric] += int(value)
    return total


@given(EVENTS, st.lists(st.integers(0, 40), max_size=6))
def test_shapes_are_the_same_however_the_log_was_cut(events: list[Event], cuts: list[int]) -> None:
    assert counted(events, cuts) == counted(events, [])


def test_a_share_of_the_events_of_every_name_is_looked_at() -> None:
    found = counted(
        [
            event("u1", name=name, message=f"{name}{number}", properties={})
            for name in "ABC"
            for number in range(400)
        ],
        [],
    )
    sample = ProfileRules().shapes.sample
    assert all(300 / sample < found[f"{metrics.SHAPE}:{name}"] < 500 / sample for name in "ABC")
