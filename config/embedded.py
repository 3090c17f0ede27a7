"""Parameters of the embedded stack: server sizes, restarts, free disk space."""

from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Annotated, Literal

from pydantic import Field

from domain.activation.platforms import PLATFORM_NAMES


@dataclass(frozen=True)
class PostgresParams:
    """Size of the embedded PostgreSQL.

    Attributes:
        shared_buffers_mb: 0 for a share of this machine's memory.
        max_wal_mb: log written between two checkpoints.
        max_connections: over all processes.
    """

    shared_buffers_mb: Annotated[int, Field(ge=0)] = 0
    max_wal_mb: Annotated[int, Field(ge=128)] = 4096
    max_connections: Annotated[int, Field(ge=10)] = 100


@dataclass(frozen=True)
class ValkeyParams:
    """Size and durability of the embedded Valkey.

    Attributes:
        max_memory_mb: what the log and the projections may take. Projections carry a time to live
            and are evicted; the log does not and is never evicted: when it fills the memory, writes
            are refused and the collector says so.
        fsync: ``always`` survives a power failure, once per round of commands; ``everysec`` may
            lose what was acknowledged within two seconds, also when the server is killed (it delays
            writes while a sync runs).
    """

    max_memory_mb: Annotated[int, Field(ge=64)] = 2048
    fsync: Literal["always", "everysec"] = "always"


@dataclass(frozen=True)
class RestartParams:
    """How the supervisor restarts what died: each failure in a row doubles the wait.

    Attributes:
        first_delay: wait after the first failure.
        longest_delay: the bound of the doubling.
        settled_after: a run this long makes the next failure a first one.
        steady_after: a component that listens nowhere counts as running when it has lived this
            long.
    """

    first_delay: timedelta = timedelta(milliseconds=100)
    longest_delay: timedelta = timedelta(seconds=10)
    settled_after: timedelta = timedelta(seconds=20)
    steady_after: timedelta = timedelta(seconds=1)


@dataclass(frozen=True)
class EmbeddedParams:
    """The embedded stack.

    Attributes:
        postgres: its PostgreSQL.
        valkey: its Valkey.
        restarts: of servers and components.
        stop_timeout: what a component may take to end before it is killed.
        sandbox_ports: where the local ad platforms listen, by name; 0, or none named: any free
            port.
        min_free_bytes: with less free disk below ``data_dir`` new events are refused.
    """

    postgres: PostgresParams = field(default_factory=PostgresParams)
    valkey: ValkeyParams = field(default_factory=ValkeyParams)
    restarts: RestartParams = field(default_factory=RestartParams)
    stop_timeout: timedelta = timedelta(seconds=10)
    sandbox_ports: dict[str, Annotated[int, Field(ge=0, le=65535)]] = field(
        default_factory=lambda: dict(zip(PLATFORM_NAMES, count(8400)))
    )
    min_free_bytes: Annotated[int, Field(ge=0)] = 512 << 20
