"""Verifies audit chains for routes: in threads, each on a connection of its own."""

import asyncio
from datetime import timedelta
from functools import partial
from typing import Final

from api.web.concurrency import ConcurrencyLimit
from api.web.errors import BusyError
from config.settings import Settings
from operators.audit import Anchor, Verdict, verify
from store import locks
from store.audit.chain import linked
from store.fetch import read_snapshot
from store.limited import Limits, connect

_AT_ONCE: Final = 2
"""Verifications that one process does at a time."""
_RETRY_S: Final = 5.0


class AuditDesk:
    """Verifies one chain of a workspace at a time, whichever process is asked.

    Args:
        settings: the configuration.
    """

    def __init__(self, settings: Settings) -> None:
        # Of a long chain one statement may read for long.
        waits = Limits(settings.edge.pool_timeout, timedelta())
        self._connect = partial(connect, settings.postgres.dsn.get_secret_value(), waits)
        self._limit = ConcurrencyLimit("verifications of audit logs", _AT_ONCE, waiting=0)

    async def verify(self, workspace: int, anchor: Anchor | None) -> Verdict:
        """Recompute every link of a workspace's chain, as of one instant; writers do not wait.

        Raises:
            BusyError: it is being verified already, or as many are as may be at once.
            psycopg.OperationalError: Postgres cannot be reached.
        """
        async with self._limit.slot(workspace, cancel_on_disconnect=False):
            return await asyncio.to_thread(self._verify, workspace, anchor)

    def _verify(self, workspace: int, anchor: Anchor | None) -> Verdict:
        with self._connect() as conn, locks.held(conn, locks.AUDIT_CHECK, workspace) as mine:
            if not mine:
                raise BusyError("The audit log is being verified already.", _RETRY_S)
            with read_snapshot(conn):
                return verify(linked(conn, workspace), workspace, anchor)
