"""Takes the deletions of workspaces to their end.

    living audiences are asked to be deleted ──▶ the platforms confirm ──▶ passes over all tables,
    until one finds nothing ──▶ complete

No commit of the engine holds that was decided before the request. Other processes may know a
workspace for some seconds longer; so rows are removed from `SETTLE` on, and what somebody writes
behind a pass is found by the next one. A process that dies leaves the counts, and whoever is next
begins a new pass.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, nullcontext, suppress
from datetime import timedelta
from functools import partial
from threading import Event as Flag
from typing import Any, Final
from uuid import UUID

import psycopg
import redis
import structlog
from psycopg.errors import ForeignKeyViolation

from config.settings import Settings
from dataflows import metrics
from dataflows.erasure.places import unlink
from dataflows.runtime import StoppedError, while_store_is_away
from domain.ids import WorkspaceId
from sinks.profiles.cache import identifier_name, profile_name
from store import locks
from store.activation import audiences, commands
from store.workspaces import deletion
from store.workspaces.deletion import TABLES, WORKSPACES, Deletion, Table

SETTLE: Final = timedelta(minutes=1)
"""So long after the request, or twice as long as keys are remembered, no process takes the
workspace for one that lives."""
BLOCKS: Final = 2_048
"""Of a table, that one transaction looks at: 16 MiB."""
_AUDIENCES_AT_A_TIME: Final = 1_000
_POLL_S: Final = 5.0

logger = structlog.get_logger(__name__)


class Deletions:
    """Deletes workspaces that are asked to be, one process at a time.

    Args:
        conn: in autocommit mode, used for nothing else.
        client: of the profile cache; None where there is none.
        stopping: whether the process ends.
        settle: see `SETTLE`.
        rest: called with the seconds that a transaction took: live traffic goes on meanwhile.
    """

    def __init__(
        self,
        conn: psycopg.Connection[Any],
        client: "redis.Redis | None",
        stopping: Callable[[], bool] = lambda: False,
        settle: timedelta = SETTLE,
        rest: Callable[[float], object] = time.sleep,
    ) -> None:
        self._conn = conn
        self._client = client
        self._stopping = stopping
        self._settle = settle
        self._rest = rest
        self._left: dict[WorkspaceId, dict[str, int]] = {}

    def run_once(self) -> int:
        """Take every open deletion a step further; how many were completed.

        Raises:
            StoppedError: the process ends.
            psycopg.OperationalError: Postgres does not answer.
        """
        with locks.held(self._conn, locks.WORKSPACE_DELETIONS) as mine:
            asked = deletion.open_deletions(self._conn, self._settle)
            done = sum(map(self._further, asked)) if mine else 0
        metrics.WORKSPACE_DELETIONS_OPEN.set(len(asked) - done)
        return done

    def _further(self, asked: Deletion) -> bool:
        deletion.close(self._conn, asked.workspace)
        is_off = asked.platforms_at is not None
        if not is_off:
            is_off = self._leave_platforms(asked)
        if not (is_off and asked.is_settled):
            return False
        try:
            if sum(self._empty(asked, table) for table in TABLES if table is not WORKSPACES):
                return False  # somebody may have written behind the pass: there is another
            self._empty(asked, WORKSPACES)
        except ForeignKeyViolation as error:
            table = error.diag.table_name or ""
            logger.warning("workspace_deletion_repeats", workspace=asked.workspace, table=table)
            return False
        done = deletion.complete(self._conn, asked.workspace)
        if done:
            logger.info("workspace_deleted", workspace=asked.workspace)
        return done

    def _leave_platforms(self, asked: Deletion) -> bool:
        """Ask for every audience to be deleted; whether platforms are done with.

        They are once the workspace is settled, so that no process makes another audience, and every
        platform has confirmed or was given up.
        """
        workspace = asked.workspace
        while living := audiences.living(self._conn, workspace, _AUDIENCES_AT_A_TIME):
            for audience in living:
                with self._conn.transaction():
                    commands.request_deletion(
                        self._conn, workspace, deletion.ACTOR, audience, asked.reason
                    )
        left = deletion.on_platforms(self._conn, workspace)
        if left != self._left.get(workspace):
            logger.info("workspace_leaves_platforms", workspace=workspace, left=left)
            self._left[workspace] = left
        if not asked.is_settled or left.keys() - asked.given_up:
            return False
        deletion.note_platforms(self._conn, workspace, left)
        return True

    def _empty(self, asked: Deletion, table: Table) -> int:
        """Remove what a table has of a workspace; how many rows went."""
        count, size = 0, deletion.blocks(self._conn, table)
        for first in range(0, size, BLOCKS):
            if self._stopping():
                raise StoppedError
            began = time.monotonic()
            gone, keys = deletion.remove(self._conn, asked, table, first, first + BLOCKS)
            count += gone
            self._forget(table, keys)
            if size > BLOCKS:
                self._rest(time.monotonic() - began)
        return count

    def _forget(self, table: Table, keys: list[UUID]) -> None:
        """Drop people from the profile cache; where it does not answer, their entries expire."""
        if self._client is not None and keys:
            name = profile_name if table.name == "profiles" else identifier_name
            with suppress(redis.RedisError):
                unlink(self._client, {name(key.bytes) for key in keys})


@contextmanager
def deleting_workspaces(settings: Settings, stop: Flag) -> Iterator[Callable[[], None]]:
    """Delete workspaces in a thread of its own until `stop` is set.

    Yields:
        A function that raises what ended the thread, if anything did: the process must end too, so
        that it is noticed.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="deletions") as pool:
        run = partial(while_store_is_away, "deletions", stop, partial(_run_once, settings, stop))
        running = pool.submit(run)
        try:
            yield partial(_check, running)
        finally:
            stop.set()


def _run_once(settings: Settings, stop: Flag) -> None:
    """Look for workspaces that are to be deleted, again and again."""
    dsn, url = settings.postgres.dsn.get_secret_value(), settings.redis.url.get_secret_value()
    server = (
        redis.Redis.from_url(url, socket_timeout=30, socket_connect_timeout=1)
        if url
        else nullcontext()
    )
    connect = partial(psycopg.connect, dsn, autocommit=True)
    with connect(application_name="stratum-deletions") as conn, server as client:
        settle = max(SETTLE, 2 * settings.edge.keys.fresh)
        deletions = Deletions(conn, client, stop.is_set, settle, rest=stop.wait)
        while not stop.is_set():
            with suppress(StoppedError):
                deletions.run_once()
            stop.wait(_POLL_S)


def _check(running: Future[None]) -> None:
    if running.done():
        running.result()
