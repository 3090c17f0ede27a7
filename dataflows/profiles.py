"""The "profiles" dataflow: batches of the log and wakes of the clock go through UNIFY.

What changed is dropped from the hot projection.

Nothing is exchanged between workers and no engine state is kept: UNIFY's transaction is the unit,
and `sources.feed` says what is relied on. Step ids are public.
"""

from collections.abc import Callable, Iterable

import bytewax.operators as op
from bytewax.dataflow import Dataflow
from bytewax.inputs import Source
from bytewax.outputs import Sink

from domain.changes import Facts
from domain.event import Batch, Wake

Unify = Callable[[Batch | Wake], list[Facts]]


def build_profiles(
    log: Source[Batch],
    due: Source[Wake],
    sweeps: Source[Wake],
    unify: Unify,
    projection: Sink[Facts],
) -> Dataflow:
    """Wire the dataflow.

    Args:
        log: batches, each of one partition.
        due: wakes of the clock.
        sweeps: wakes because definitions changed.
        unify: commits one batch or wake, in order of arrival.
        projection: learns what was committed.
    """

    def unify_each(work: list[Batch | Wake]) -> Iterable[Facts]:
        return [facts for item in work for facts in unify(item)]

    flow = Dataflow("profiles")
    batches = op.input("log", flow, log)
    wakes = op.input("due", flow, due)
    swept = op.input("sweeps", flow, sweeps)
    facts = op.flat_map_batch("unify", op.merge("work", batches, wakes, swept), unify_each)
    op.output("projection", facts, projection)
    return flow
