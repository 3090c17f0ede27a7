"""Totals of a workspace, and how far the engine is behind."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends

from api.operation.lag import LagGauge
from api.operation.schemas import Lag, PartitionLag, Statistics, Throughput
from api.web.deps import PoolDep, Reader, SettingsDep, require, state
from api.web.values import Count, Money, instant_or_none, now
from domain.profiles.leaf import Revenue
from domain.profiles.profile import Stage
from domain.signals import metrics
from store.profiles import statistics
from store.profiles.statistics import Totals

router = APIRouter(prefix="/cdp", tags=["operation"])


@router.get("/statistics", summary="Read the workspace's totals")
async def get_statistics(
    caller: Reader,
    settings: SettingsDep,
    pool: PoolDep,
    counters: Annotated[Totals, state("totals")],
) -> Statistics:
    """People, events, orders, revenue and more.

    Quick at any size: each field says whether it is exact or an estimate.
    """
    workspace, as_of, params = caller.workspace, now(), settings.query.statistics
    cap, shown = params.exact_limit, params.throughput_minutes
    totals = await counters.sum_by_metric(workspace, as_of)
    people = await statistics.people(pool, workspace, cap)
    stages = await statistics.people_by_stage(
        pool, workspace, [stage.value for stage in Stage], exact=people.exact
    )
    kinds = await statistics.identifiers_by_kind(
        pool, workspace, list(settings.identity.kinds), cap
    )
    minutes = await statistics.minutes(
        pool, workspace, as_of.replace(second=0, microsecond=0) - timedelta(minutes=shown - 1)
    )
    rejected = _suffixed(totals, metrics.REJECTED)
    orders, revenue = _suffixed(totals, metrics.ORDERS), _suffixed(totals, metrics.REVENUE)
    return Statistics(
        as_of=as_of,
        people=Count.from_stored(people),
        people_created=totals[metrics.NEW_PEOPLE],
        stages={stage: Count(value=value, exact=people.exact) for stage, value in stages.items()},
        events=totals[metrics.ACCEPTED],
        duplicates=totals[metrics.DUPLICATE],
        rejected=sum(rejected.values()),
        rejected_by_reason=rejected,
        orders=sum(orders.values()),
        revenue=[
            Money.from_revenue(currency, Revenue(orders[currency], revenue.get(currency, 0)))
            for currency in sorted(orders)
        ],
        identifiers={kind: Count.from_stored(count) for kind, count in kinds.items()},
        merges=Count.from_stored(await statistics.merges(pool, workspace, cap)),
        dead_letters_open=Count.from_stored(
            await statistics.open_dead_letters(pool, workspace, cap)
        ),
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


@router.get("/lag", summary="Read the lag per partition", dependencies=[Depends(require("read"))])
async def get_lag(gauge: Annotated[LagGauge, state("lag")], settings: SettingsDep) -> Lag:
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
        for lag in await gauge.read()
    ]
    seconds = max((lag.seconds_behind for lag in partitions), default=0.0)
    return Lag(
        records_behind=sum(lag.records_behind for lag in partitions),
        seconds_behind=seconds,
        late=seconds > settings.query.statistics.late_after.total_seconds(),
        partitions=partitions,
    )
