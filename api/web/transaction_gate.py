"""Speaks to the trust gate for routes: one transaction of the store in a thread, with the caller as speaker."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

from psycopg import Connection

from api.web.deps import Caller, Connections
from api.web.errors import UnprocessableError
from domain.gate import Mode
from operators.gate.decide import mode_now
from operators.gate.replay import Rejudged, rejudge, with_values
from sinks.gate import Evaluation, TrustGate
from store.fetch import in_transaction
from store.gate import replay
from store.gate.commands import GateCommandError, Speaker

T = TypeVar("T")


async def speak(
    held: Connections, caller: Caller, work: Callable[[Connection[Any], Speaker, datetime], T]
) -> T:
    """Run one change of what the gate is told, or one look at it, and commit it.

    Args:
        held: the process's connections.
        caller: who speaks.
        work: called with a blocking connection in a transaction, the speaker, and the clock.

    Raises:
        UnprocessableError: what was said makes no sense; nothing is changed.
        psycopg.OperationalError: Postgres cannot be reached, or the wait for others took too long.
    """
    settings = held.settings
    speaker = Speaker(caller.workspace, caller.actor, settings.gate.longest_override)
    dsn, timeout = settings.postgres.dsn.get_secret_value(), settings.edge.statement_timeout
    try:
        return await asyncio.to_thread(
            in_transaction, dsn, lambda conn: work(conn, speaker, datetime.now(UTC)), timeout
        )
    except GateCommandError as error:
        raise UnprocessableError(f"{str(error)[:1].upper()}{str(error)[1:]}.") from error


async def judged_now(
    held: Connections, caller: Caller, platform: str, audience: int
) -> tuple[Evaluation, Mode]:
    """What the gate says of an audience's push now, its size aside; nothing is recorded."""
    params = held.settings.gate

    def work(conn: Connection[Any], _speaker: Speaker, now: datetime) -> tuple[Evaluation, Mode]:
        judged = TrustGate(conn, params).judge(caller.workspace, platform, audience, "push", now)
        return judged, mode_now(judged.situation, audience, judged.now_ms, params)

    return await speak(held, caller, work)


async def rejudged(
    held: Connections,
    caller: Caller,
    values: dict[str, Any],
    since: datetime,
    until: datetime,
    limit: int,
) -> list[Rejudged]:
    """Judge past pushes anew.

    Raises:
        UnprocessableError: no such thresholds.
    """
    try:
        params = with_values(held.settings.gate, values)
    except ValueError as error:
        raise UnprocessableError(f"The thresholds make no sense: {error}.") from error

    def work(conn: Connection[Any], speaker: Speaker, _now: datetime) -> list[Rejudged]:
        past = replay.past_pushes(conn, speaker.workspace, since, until, limit)
        before = max(params.staleness * (params.recover_readings + 1), params.cool_down)
        return list(
            rejudge(past, replay.readings_for(conn, speaker.workspace, past, before), params)
        )

    return await speak(held, caller, work)
