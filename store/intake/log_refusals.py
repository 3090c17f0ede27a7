"""Reasons why the event log took nothing: written by appending processes, read by alerts."""

from datetime import datetime, timedelta
from typing import Any, Final

from psycopg import Connection

from store.fetch import Pool

_NOTE: Final = """
    INSERT INTO log_refusals AS known (log, reason, since, seen_at, detail)
        VALUES (%(log)s, %(reason)s, now(), now(), %(detail)s)
    ON CONFLICT (log, reason) DO UPDATE SET detail = excluded.detail, seen_at = excluded.seen_at,
        since = CASE WHEN known.seen_at < now() - %(lasting)s::interval THEN excluded.since
            ELSE known.since END
"""
_LATELY: Final = (
    "SELECT DISTINCT ON (reason) reason, since, detail FROM log_refusals WHERE seen_at >= %s ORDER"
    " BY reason, since"
)


async def note_refusal(pool: Pool, log: str, reason: str, detail: str, lasting: timedelta) -> None:
    """Note that the log takes nothing now.

    Args:
        pool: connections to Postgres.
        log: its name.
        reason: code of `domain.intake.log_refusal`.
        detail: more about it.
        lasting: what was noted within this span and is noted again has lasted in between.

    Raises:
        psycopg.OperationalError: not noted.
    """
    async with pool.connection() as connection:
        await connection.execute(
            _NOTE, {"log": log, "reason": reason, "detail": detail, "lasting": lasting}
        )


def refusals(conn: Connection[Any], after: datetime) -> list[tuple[str, datetime, str]]:
    """Reasons that held after an instant, with since when, and their details."""
    return [(reason, since, detail) for reason, since, detail in conn.execute(_LATELY, (after,))]
