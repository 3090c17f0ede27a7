"""How the engine is doing, as dashboards see it: health, statistics, lag."""

from typing import Literal

from pydantic import ConfigDict, Field

from api.web.values import Count, Instant, Money, View
from domain.intake.log_refusal import LogRefusal
from store.intake import partitions as stored

_AT = "2026-03-01T09:30:00Z"


class ComponentHealth(View):
    """Whether one server answers."""

    status: Literal["up", "down"]
    required: bool = Field(
        description="Without it requests fail; without the others answers only get slower."
    )
    latency_ms: float | None = Field(
        description="How long it took to answer; null when it did not."
    )
    reason: LogRefusal | None = Field(
        default=None,
        description="Why the event log takes no events, a code; null where it does, and for"
        " other servers.",
    )
    message: str | None = Field(
        default=None, description="Why it is down, as a sentence; null where it is up."
    )


class StuckPartition(View):
    """A partition of the event log that does not get on.

    What lies in it, and withdrawals of consent among that, waits.
    """

    log: str
    partition: int
    position: int = Field(description="The next position that would be processed.")
    reason: Literal["workers_die", "stands_still"] = Field(
        description="workers_die: processes end before they get past this position."
        " stands_still: it has not moved for a while."
    )
    tries: int = Field(description="How often workers started again at this position.")
    moved_at: Instant = Field(description="When it moved last, or everything in it was processed.")

    @classmethod
    def from_row(cls, row: stored.StuckPartition) -> "StuckPartition":
        """From what is stored."""
        reason: Literal["workers_die", "stands_still"] = (
            "workers_die" if row.tries else "stands_still"
        )
        return cls(
            log=row.log,
            partition=row.partition,
            position=row.position,
            reason=reason,
            tries=row.tries,
            moved_at=row.moved_at,
        )


class Health(View):
    """Whether this process can serve."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "status": "ready",
                    "components": {
                        "postgres": {"status": "up", "required": True, "latency_ms": 0.6},
                        "log": {"status": "up", "required": True, "latency_ms": 0.4},
                        "redis": {"status": "up", "required": False, "latency_ms": 0.3},
                    },
                    "partitions": [],
                }
            ]
        }
    )

    status: Literal["ready", "degraded", "unavailable"] = Field(
        description="degraded: answers come slower without Redis, or partitions of the event"
        " log do not get on."
    )
    components: dict[str, ComponentHealth]
    partitions: list[StuckPartition] = Field(
        description="Partitions of the event log that do not get on; empty when all is well."
    )


class Alive(View):
    """The process answers; says nothing about the servers behind it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "alive"}]})

    status: Literal["alive"] = "alive"


class Throughput(View):
    """What one minute brought."""

    minute_at: Instant
    accepted: int
    duplicate: int
    rejected: int


class Statistics(View):
    """A workspace's totals."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "as_of": _AT,
                    "people": {"value": 23570, "exact": False},
                    "people_created": 23581,
                    "stages": {"customer": {"value": 20100, "exact": False}},
                    "events": 182000,
                    "duplicates": 14,
                    "rejected": 3,
                    "rejected_by_reason": {"missing_event": 3},
                    "orders": 69659,
                    "revenue": [
                        {
                            "currency": "USD",
                            "orders": 69659,
                            "amount_minor": 250031563,
                            "amount": "2500315.63",
                        }
                    ],
                    "identifiers": {"user_id": {"value": 23570, "exact": False}},
                    "merges": {"value": 11, "exact": True},
                    "dead_letters_open": {"value": 3, "exact": True},
                    "throughput": [
                        {"minute_at": _AT, "accepted": 60000, "duplicate": 0, "rejected": 0}
                    ],
                }
            ]
        }
    )

    as_of: Instant = Field(description="The instant that all figures describe.")
    people: Count = Field(
        description="Live people. Exact while there are few; else the planner's estimate as of"
        " its last ANALYZE."
    )
    people_created: int = Field(
        description="People ever created, merged ones included. Exact, from counters."
    )
    stages: dict[str, Count] = Field(
        description="Live people per lifecycle stage. Exact or estimated like `people`."
    )
    events: int = Field(
        description="Events accepted. Exact, from counters written with the events; so are"
        " duplicates and rejects."
    )
    duplicates: int = Field(description="Events whose message id was stored already.")
    rejected: int = Field(
        description="Records of known sources that became dead letters, resolved ones included."
    )
    rejected_by_reason: dict[str, int]
    orders: int = Field(description="Purchases. Exact, from counters.")
    revenue: list[Money] = Field(description="Purchases per currency. Exact, from counters.")
    identifiers: dict[str, Count] = Field(
        description="Identifiers per kind. Exact or estimated like `people`."
    )
    merges: Count = Field(
        description="Merges, splits and unmerges recorded. Exact or estimated like `people`."
    )
    dead_letters_open: Count = Field(
        description="Dead letters that wait for somebody. Exact or estimated like `people`."
    )
    throughput: list[Throughput] = Field(
        description="The last minutes, oldest first; minutes without records are left out."
    )


class PartitionLag(View):
    """How far one partition is behind."""

    log: str
    partition: int
    next_position: int = Field(description="The next position that will be processed.")
    head_position: int = Field(
        description="The position after the newest record; `next_position` when nothing waits."
    )
    records_behind: int = Field(description="Records that wait.")
    exact: bool = Field(description="False where `records_behind` is an estimate.")
    seconds_behind: float = Field(
        description="How long the oldest waiting record has waited; 0 when none does."
    )
    caught_up_at: Instant | None = Field(
        description="Everything received until then has been processed."
    )


class Lag(View):
    """How far the engine is behind the log.

    All workspaces share the log; nothing here tells them apart.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "records_behind": 2,
                    "seconds_behind": 0.004,
                    "late": False,
                    "partitions": [
                        {
                            "log": "stratum.events",
                            "partition": 0,
                            "next_position": 7,
                            "head_position": 9,
                            "records_behind": 2,
                            "exact": True,
                            "seconds_behind": 0.004,
                            "caught_up_at": _AT,
                        }
                    ],
                }
            ]
        }
    )

    records_behind: int = Field(description="Records that wait in all partitions.")
    seconds_behind: float = Field(description="The longest wait of all partitions.")
    late: bool = Field(description="Whether it is so long that figures must not pass for current.")
    partitions: list[PartitionLag]
