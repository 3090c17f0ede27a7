"""Parameters of the edge: limits of the collector, keys, logins, timeouts of Postgres."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated

from pydantic import Field

from store.limited import Limits

_Count = Annotated[int, Field(ge=1)]


@dataclass(frozen=True)
class CollectorParams:
    """Limits of the collector.

    Attributes:
        body_limit_bytes: largest request, as sent and after decompression; above it 413.
        event_limit_bytes: largest event, 32 KiB by the Segment specification; above it 400.
        batch_limit_events: most events of one request; above it 400.
        requests_limit: requests with a valid key under way in one process; above it 429.
        keyless_limit: requests in one process that name their key in the body alone and are waited
            for; of more, the one that has waited longest is given up.
        keyless_body_limit_bytes: largest body of such a request; browsers' beacons have 64 KiB at
            most.
        keyless_timeout: longest time for such a body to arrive; then 408.
        members_limit: most members of a gzip body; above it 400.
        inline_limit_bytes: larger bodies are read beside the event loop, so that nobody waits for
            them.
        body_timeout: longest time for a request's body to arrive; then 408.
        retry_after_s: what ``Retry-After`` says where nothing better is known.
        allowed_origins: web origins that may send from browsers; ``*`` for all.
        preflight_age: how long browsers may cache the response to a preflight.
    """

    body_limit_bytes: _Count = 4 * 1024 * 1024
    event_limit_bytes: _Count = 32 * 1024
    batch_limit_events: _Count = 10_000
    requests_limit: _Count = 512
    keyless_limit: _Count = 64
    keyless_body_limit_bytes: _Count = 512 * 1024
    keyless_timeout: timedelta = timedelta(seconds=10)
    members_limit: _Count = 1_000
    inline_limit_bytes: _Count = 64 * 1024
    body_timeout: timedelta = timedelta(seconds=30)
    retry_after_s: float = 2.0
    allowed_origins: tuple[str, ...] = ("*",)
    preflight_age: timedelta = timedelta(hours=2)


@dataclass(frozen=True)
class KeyParams:
    """How long keys are cached, and how often one API key may ask.

    Attributes:
        fresh: how long an entry is valid; a revoked key is refused after this at the latest.
        unknown_fresh: how long an unknown key is refused without a look; a new key works within
            this.
        remembered: keys per kind that are cached.
        timeout: longest wait for Postgres.
        pause: how long Postgres is left alone after it did not answer; write keys already cached
            are still served.
        requests_per_s: of one API key in one process.
        burst: of one API key in one process.
        lookups_limit: keys that nobody knows yet and that are looked up at once; others wait, so
            that known keys always find a connection.
    """

    fresh: timedelta = timedelta(seconds=10)
    unknown_fresh: timedelta = timedelta(seconds=2)
    remembered: _Count = 10_000
    timeout: timedelta = timedelta(seconds=1)
    pause: timedelta = timedelta(seconds=1)
    requests_per_s: Annotated[float, Field(gt=0)] = 1_000.0
    burst: _Count = 2_000
    lookups_limit: _Count = 4


@dataclass(frozen=True)
class LoginParams:
    """How people log in by browser (`api.web.login`).

    Attributes:
        idle: a login ends when it has asked nothing for this long.
        lifetime: a login ends after this long in any case.
        attempts_per_minute: logins of one address (IPv4, or /64 of IPv6) that may fail in one
            process; above it 429.
        logins_limit: logins that one API key has at a time; of more, the one that asked longest ago
            ends.
    """

    idle: Annotated[timedelta, Field(gt=timedelta(0))] = timedelta(hours=12)
    lifetime: Annotated[timedelta, Field(gt=timedelta(0), le=timedelta(days=365))] = timedelta(
        days=7
    )
    attempts_per_minute: _Count = 10
    logins_limit: _Count = 100


@dataclass(frozen=True)
class ConnectionParams:
    """What a connection may take, whoever is behind it.

    Attributes:
        limit: connections of one process; of more, the oldest one that has shown no valid key is
            closed.
        address_limit: connections of one address (IPv4, or /64 of IPv6) that have shown no valid
            key; of more, its oldest is closed.
        head_limit_bytes: largest head of a request, its trailer included; above it 431.
        head_limit_fields: most fields of a head; above it 431.
        head_timeout: longest time to the first byte of a connection, and from there to the end of a
            head; then 408.
        body_timeout: longest time for a body to arrive, whatever is asked; then 408. The collector
            has limits of its own below it.
        pipelined_limit: requests that may be sent before earlier ones are answered; above it 429.
        unread_timeout: longest time in which a client reads nothing of a waiting response;
            then the connection is cut.
    """

    limit: _Count = 4_096
    address_limit: _Count = 1_024
    head_limit_bytes: _Count = 32 * 1024
    head_limit_fields: _Count = 128
    head_timeout: timedelta = timedelta(seconds=10)
    body_timeout: timedelta = timedelta(seconds=40)
    pipelined_limit: _Count = 16
    unread_timeout: timedelta = timedelta(seconds=30)


@dataclass(frozen=True)
class LogWatchParams:
    """How the processes that write the event log tell that it takes nothing.

    Attributes:
        interval: time between two looks.
        timeout: longest wait for a look; a log that does not answer within it is away.
        repeat_after: what lasts is written to the process's log again after this long.
        lasting: what is seen again within this span has lasted in between.
    """

    interval: timedelta = timedelta(seconds=2)
    timeout: timedelta = timedelta(seconds=5)
    repeat_after: timedelta = timedelta(minutes=1)
    lasting: timedelta = timedelta(seconds=30)


@dataclass(frozen=True)
class EdgeParams:
    """Everything about the edge where requests come in.

    Attributes:
        collector: limits of the collector.
        keys: write keys and API keys.
        login: logins of people.
        log_watch: how it learns that the event log refuses appends.
        connections: limits of connections.
        pool_timeout: longest wait for a connection to Postgres; then 503.
        statement_timeout: longest query; then 503. A second later also where Postgres does not say
            so itself.
        query_body_limit_bytes: largest request of the query API; above it 413.
    """

    collector: CollectorParams = field(default_factory=CollectorParams)
    keys: KeyParams = field(default_factory=KeyParams)
    login: LoginParams = field(default_factory=LoginParams)
    log_watch: LogWatchParams = field(default_factory=LogWatchParams)
    connections: ConnectionParams = field(default_factory=ConnectionParams)
    pool_timeout: timedelta = timedelta(seconds=3)
    statement_timeout: timedelta = timedelta(seconds=15)
    query_body_limit_bytes: _Count = 1024 * 1024

    @property
    def waits(self) -> Limits:
        """How long answers wait for Postgres."""
        return Limits(self.pool_timeout, self.statement_timeout)
