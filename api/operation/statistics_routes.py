"""Totals of a workspace, and how far the engine is behind."""

from datetime import timedelta

from fastapi import APIRouter

from api.operation.operation_schemas import Lag, PartitionLag, Statistics, Throughput
from api.web.deps import Reader
from api.web.errors import DESCRIBED
from api.web.reading import ReadsNow
from api.web.values import Count, Money, instant_or_none
from domain.profiles.leaf import Revenue
from domain.profiles.profile import Stage
from domain.signals import metrics
from store.profiles import statistics

router = APIRouter(prefix="/cdp", tags=["operation"], responses=DESCRIBED)


@router.get("/statistics", summary="Read the workspace's totals")
async def get_statistics(caller: Reader, reads: ReadsNow) -> Statistics:
    """People, events, orders, revenue and more.

    Quick at any size: each field says whether it is exact or an estimate.
    """
    pool, workspace, now = reads.pool, caller.workspace, reads.now()
    cap, shown = reads.bounds.statistics.exact_limit, reads.bounds.statistics.throughput_minutes
    totals = await reads.totals.of(workspace, now)
    people = await statistics.people(pool, workspace, cap)
    stages = await statistics.people_by_stage(
        pool, workspace, [stage.value for stage in Stage], exact=people.exact
    )
    kinds = await statistics.identifiers_by_kind(pool, workspace, list(reads.identity.kinds), cap)
    minutes = await statistics.minutes(
        pool, workspace, now.replace(second=0, microsecond=0) - timedelta(minutes=shown - 1)
    )
    rejected = _suffixed(totals, metrics.REJECTED)
    orders, revenue = _suffixed(totals, metrics.ORDERS), _suffixed(totals, metrics.REVENUE)
    return Statistics(
        as_of=now,
        people=Count.of(people),
        people_created=totals[metrics.NEW_PEOPLE],
        stages={stage: Count(value=value, exact=people.exact) for stage, value in stages.items()},
        events=totals[metrics.ACCEPTED],
        duplicates=totals[metrics.DUPLICATE],
        rejected=sum(rejected.values()),
        rejected_by_reason=rejected,
        orders=sum(orders.values()),
        revenue=[
            Money.of(currency, Revenue(orders[currency], revenue.get(currency, 0)))
            for currency in sorted(orders)
        ],
        identifiers={kind: Count.of(count) for kind, count in kinds.items()},
        merges=Count.of(await statistics.merges(pool, workspace, cap)),
        dead_letters_open=Count.of(await statistics.open_dead_letters(pool, workspace, cap)),
        throughput=[Throughput.model_validate(minute, from_attributes=True) for minute in minutes],
    )


def _suffixed(totals: dict[str, int], metric: str) -> dict[str, int]:
    """Totals of ``metric:suffix``, by suffix."""
    prefix = metric + ":"
    return {
        name.removeprefix(prefix): value
        for name, value in sorted(totals.items())
        if name.startswith(prefix)
    }


@router.get("/lag", summary="Read the lag per partition")
async def get_lag(caller: Reader, reads: ReadsNow) -> Lag:  # noqa: ARG001 - any key may ask
    """How many records wait in each partition of the event log, and for how long."""
    partitions = [
        PartitionLag(
            log=lag.log,
            partition=lag.partition,
            next_position=lag.next_position,
            head_position=lag.head_position,
            records_behind=lag.records_behind,
            exact=lag.exact,
            seconds_behind=lag.seconds_behind,
            caught_up_at=instant_or_none(lag.caught_up_ms),
        )
        for lag in await reads.lag.read()
    ]
    return Lag(
        records_behind=sum(lag.records_behind for lag in partitions),
        seconds_behind=max((lag.seconds_behind for lag in partitions), default=0.0),
        partitions=partitions,
    )
