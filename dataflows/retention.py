"""One look at retention: the runs that are due begin, and each open one is taken a batch further.

One process at a time looks; the others see the lock and leave it to it. A run that cannot go on
does not hold up the others: it is tried again at the next look.
"""

from collections.abc import Callable
from typing import Any

import psycopg
import structlog

from config.settings import Settings
from dataflows import metrics
from domain.privacy.retention import RetentionClass
from sinks.intake.log import LogUnavailableError
from sinks.intake.requests import record_of
from store import locks
from store.retention import people, policies, runs
from store.retention.people import Pace
from store.retention.runs import RunKey

logger = structlog.get_logger(__name__)


class Retention:
    """Takes runs to their end.

    Args:
        settings: of the process.
        conn: in autocommit mode, used for nothing else.
        append: appends a command to the event log; raises `LogUnavailableError`.
    """

    def __init__(
        self,
        settings: Settings,
        conn: psycopg.Connection[Any],
        append: Callable[[bytes], None],
    ) -> None:
        self._params = settings.retention
        self._remembered = settings.gate.pushes_remembered
        law = settings.privacy.default_regulation
        due_after = settings.privacy.regulations[law].due_after
        self._pace = Pace(settings.retention.people, law, due_after)
        self._conn = conn
        self._append = append

    def run_once(self) -> bool:
        """Take every open run a batch further; whether anything moved.

        Raises:
            psycopg.OperationalError: Postgres does not answer.
        """
        moved = False
        with locks.held(self._conn, locks.RETENTION) as mine:
            if mine:
                policies.bound(self._conn)
                runs.begin(self._conn, self._params.interval)
                for key in runs.open_runs(self._conn):
                    moved |= self._tried(key)
                moved |= self._take_nobodys()
        metrics.RETENTION_LAG.set(runs.lag_s(self._conn))
        return moved

    def _tried(self, key: RunKey) -> bool:
        """Take a run further; one that fails does not hold up the others."""
        try:
            return self._take(key)
        except Exception as error:
            if isinstance(error, psycopg.Error) and self._conn.broken:
                raise
            logger.error(  # noqa: TRY400 - an error may repeat what rows say
                "retention_failed",
                workspace=key.workspace,
                name=key.name.value,
                reason=type(error).__name__,
            )
            return False

    def _take(self, key: RunKey) -> bool:
        if key.name == RetentionClass.PEOPLE:
            return self._take_people(key)
        removed = runs.remove(self._conn, key, self._params.batch, self._remembered)
        return self._told(key.name, removed or 0)

    def _take_nobodys(self) -> bool:
        removed = runs.remove_nobodys_letters(self._conn, self._params.batch)
        if removed:
            logger.info("letters_of_no_workspace_removed", letters=removed)
        return self._told(RetentionClass.DEAD_LETTERS, removed)

    def _told(self, name: RetentionClass, removed: int) -> bool:
        metrics.RETENTION_REMOVED.labels(name.value).inc(removed)
        return removed > 0

    def _take_people(self, key: RunKey) -> bool:
        """Ask for the next batch once the engine has processed the one before."""
        waits = people.waiting(self._conn, key.workspace, self._params.resend_after)
        if waits is not None:
            if people.withdraw(self._conn, key, waits.id):
                logger.info("inactive_people_kept", workspace=key.workspace, request=waits.id)
                return True
            return waits.to_send and self._send(key, waits.id)
        if people.yields(self._conn, key, self._params.export_patience):
            return False
        number = people.ask(self._conn, key, self._pace)
        return number is not None and self._send(key, number)

    def _send(self, key: RunKey, number: int) -> bool:
        request = people.request_of(self._conn, key.workspace, number)
        salt = people.salt_of(self._conn, key.workspace)
        try:
            self._append(record_of(key.workspace, salt, request))
        except LogUnavailableError as error:
            logger.warning("retention_waits_for_log", reason=error.reason.value)
            return False
        people.sent(self._conn, number)
        logger.info("inactive_people_asked_for", workspace=key.workspace, request=number)
        return True
