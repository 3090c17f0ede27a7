"""Does what goes through everybody at once: keeps RFM bounds fresh, writes exports.

And finishes erasures, writes archives of access, removes what is older than workspaces keep it,
deletes workspaces and sends callbacks of OpenDSR. A process of its own, because that takes its
time.

Any number of these processes may run; one at a time takes bounds (`store.segments.rfm_refresh`),
writes one export (`store.export.jobs`), finishes erasures (`dataflows.erasure`), writes an archive
(`dataflows.access`), enforces retention (`dataflows.retention`), or deletes workspaces
(`dataflows.deletion`). Every hour it logs the newest link of each audit chain: where logs are kept
apart from the database, they are the anchors that show whether a chain was rewritten.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from threading import Event as Flag
from typing import Any, Final

import psycopg
import structlog

from config.settings import Settings
from dataflows.accessing import writing_archives
from dataflows.callbacks import sending_callbacks
from dataflows.deletion import deleting_workspaces
from dataflows.erasing import finishing_erasures
from dataflows.exporting import writing_exports
from dataflows.observing import shown
from dataflows.retaining import enforcing_retention
from dataflows.runtime import StoppedError, stop_at_signals, while_store_is_away
from store.audit.chain import chains, head
from store.segments.rfm_refresh import RfmRefresh

ANCHOR_S: Final = 3_600.0
"""How often the newest links of audit chains are logged."""

logger = structlog.get_logger(__name__)


def run(settings: Settings) -> None:
    """Look for what is due, again and again, until SIGTERM or SIGINT.

    While Postgres is away it waits and says so.
    """
    stop = Flag()
    with (
        suppress(StoppedError),
        shown(settings.metrics),
        stop_at_signals(stop, Flag()),
        writing_exports(settings, stop) as check_exports,
        finishing_erasures(settings, stop) as check_erasures,
        writing_archives(settings, stop) as check_access,
        deleting_workspaces(settings, stop) as check_deletions,
        sending_callbacks(settings, stop) as check_callbacks,
        enforcing_retention(settings, stop) as check_retention,
    ):
        checks = (
            check_exports,
            check_erasures,
            check_access,
            check_deletions,
            check_callbacks,
            check_retention,
        )
        while_store_is_away("upkeep", stop, partial(_run_once, settings, stop, checks))


def _run_once(settings: Settings, stop: Flag, checks: Sequence[Callable[[], None]]) -> None:
    refresh = RfmRefresh(settings.rfm)
    dsn = settings.postgres.dsn.get_secret_value()
    with psycopg.connect(dsn, autocommit=True, application_name="stratum-upkeep") as connection:
        logger.info("upkeep_started")
        anchored_s = float("-inf")
        while not stop.is_set():
            for check in checks:
                check()
            if time.monotonic() - anchored_s > ANCHOR_S:
                _log_anchors(connection)
                anchored_s = time.monotonic()
            result = refresh.run_once(connection, time.time_ns() // 1_000_000)
            if result is None:
                stop.wait(settings.rfm.interval.total_seconds())
            else:
                logger.info(
                    "rfm_refreshed",
                    workspace=result.workspace,
                    buyers=result.population,
                    changed=result.changed,
                )


def _log_anchors(connection: psycopg.Connection[Any]) -> None:
    for chain in chains(connection):
        newest = head(connection, chain.workspace)
        if newest is not None:
            logger.info(
                "audit_anchor",
                workspace=chain.workspace,
                anchor=f"{newest.seq}:{newest.hash.hex()}",
            )
