"""Schemas of what came in hour by hour."""

from collections import Counter
from typing import Any, Final

from pydantic import ConfigDict, Field

from api.web.values import Instant, Money, View
from domain.profiles.leaf import Revenue
from domain.signals import metrics

_AT = "2026-03-01T09:00:00Z"
_PART: Final[dict[str, Any]] = {
    "hour_at": _AT,
    "people_created": 12,
    "events": 1200,
    "duplicates": 0,
    "rejected": 1,
    "orders": 3,
    "revenue": [{"currency": "USD", "orders": 3, "amount_minor": 4711, "amount": "47.11"}],
}


class HourView(View):
    """What one hour brought, by when it came."""

    model_config = ConfigDict(json_schema_extra={"examples": [_PART]})

    hour_at: Instant = Field(description="Where the hour begins; it ends with the next one.")
    people_created: int = Field(description="People created, those merged since included.")
    events: int = Field(description="Events accepted.")
    duplicates: int = Field(description="Events whose message id was stored already.")
    rejected: int = Field(description="Records that became dead letters.")
    orders: int = Field(description="Purchases.")
    revenue: list[Money] = Field(description="Purchases per currency.")

    @classmethod
    def from_counts(cls, hour_at: Instant, counts: Counter[str]) -> "HourView":
        """From the counters of an hour.

        Args:
            hour_at: where it begins.
            counts: by metric, as named in `domain.signals.metrics`.
        """
        orders = _suffixed(counts, metrics.ORDERS)
        revenue = _suffixed(counts, metrics.REVENUE)
        return cls(
            hour_at=hour_at,
            people_created=counts[metrics.NEW_PEOPLE],
            events=counts[metrics.ACCEPTED],
            duplicates=counts[metrics.DUPLICATE],
            rejected=sum(_suffixed(counts, metrics.REJECTED).values()),
            orders=sum(orders.values()),
            revenue=[
                Money.from_revenue(currency, Revenue(orders[currency], revenue.get(currency, 0)))
                for currency in sorted(orders)
            ],
        )


def _suffixed(counts: Counter[str], metric: str) -> dict[str, int]:
    prefix = metric + ":"
    return {
        name.removeprefix(prefix): value
        for name, value in counts.items()
        if name.startswith(prefix)
    }


class StatisticsHours(View):
    """What the last 24 hours brought, hour by hour.

    An hour that ends after `complete_until` may still grow.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"as_of": "2026-03-01T09:30:00Z", "complete_until": _AT, "hours": [_PART]},
            ]
        }
    )

    as_of: Instant = Field(description="The instant that all figures describe.")
    complete_until: Instant | None = Field(
        description="Everything received until then is counted; null where some partition of the"
        " event log has not said so yet."
    )
    hours: list[HourView] = Field(
        description="Oldest first, each hour once, also those that brought nothing. The last one"
        " is under way."
    )
