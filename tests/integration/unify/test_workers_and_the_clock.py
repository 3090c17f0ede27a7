"""Several workers, visitors who log in, and windows that end: nothing is lost, and `verify` says
so.

It is also a program, for longer runs: ``python -m`` with the name of this module and ``--minutes 60
--rate 200 --workers 4``.
"""

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx
import psycopg
import pytest

from config.embedded import PostgresParams, ValkeyParams
from config.settings import Settings
from local.servers.postgres import EmbeddedPostgres
from local.servers.valkey import EmbeddedValkey
from store.databases import ensure_database
from store.migrate import migrate
from store.workspaces.bootstrap import bootstrap
from tests.conftest import TestWorkspace
from tests.integration.segments.test_definitions_sweeps import Live, running
from tests.integration.segments.visitors import SEGMENTS, Visitors

TICK_S: Final = 0.25
CATCH_UP_S: Final = 900.0
_PROCESSED: Final = """
SELECT (SELECT coalesce(sum(value), 0) FROM observations
    WHERE metric IN ('accepted', 'duplicate')) + (SELECT count(*) FROM dead_letters),
    (SELECT count(*) FROM events WHERE type = 'unmerge')
"""


def unmerge(live: Live, device: str) -> bool:
    """Take a device away from whom it was merged into; False where it is nobody else's."""
    found = live.rows("SELECT profile_id FROM identifiers WHERE value = %s", device)
    if not found:
        return False
    body = {"identifiers": [{"kind": "anonymous_id", "value": device}], "reason": "a shared device"}
    answer = live.api.http.post(f"/cdp/profiles/{found[0][0]}/unmerge", json=body)
    assert answer.status_code in (
        httpx.codes.ACCEPTED,
        httpx.codes.NOT_FOUND,
        httpx.codes.CONFLICT,
        httpx.codes.UNPROCESSABLE_ENTITY,
    )
    return answer.status_code == httpx.codes.ACCEPTED


def open_segments(live: Live) -> int:
    """Publish the segments; answers the one that is edited while the traffic flows."""
    made = [live.draft(name, rule) for name, rule in SEGMENTS.items()]
    for segment in made:
        live.publish(segment)
    return made[0]


def drive(
    live: Live,
    visitors: Visitors,
    edited: int,
    *,
    seconds: float,
    rate: float,
    edit_s: float,
    told: Callable[[str], None] = lambda _: None,
) -> int:
    """Send traffic for a while: visits, logins, an unmerge about every second, and an edit of a
    definition now and then.

    Returns:
        How many messages were sent.
    """
    began = time.monotonic()
    sent, ticks, edits = 0, 0, 0
    while (passed := time.monotonic() - began) < seconds:
        due = visitors.quiet()
        due += [visitors.message() for _ in range(int(passed * rate) - sent - len(due))]
        live.send(*due)
        sent += len(due)
        if ticks % 4 == 3 and visitors.shared:
            visitors.parted += unmerge(live, visitors.shared.pop(0))
        if passed > (edits + 1) * edit_s:
            edits += 1
            name, rule = next(iter(SEGMENTS.items()))
            live.edit(
                edited,
                name,
                rule | {"condition": {"op": "at_least", "value": 1 if edits % 2 == 0 else 50}},
            )
            live.publish(edited)
        if ticks % 240 == 0:
            told(f"{passed:6.0f} s  {sent:,} sent")
        ticks += 1
        time.sleep(max(0.0, began + ticks * TICK_S - time.monotonic()))
    return sent


def catch_up(live: Live, sent: int, commands: int) -> None:
    """Wait until everything sent is processed and no sweep is under way."""
    deadline = time.monotonic() + CATCH_UP_S
    while live.rows(_PROCESSED) != [(sent, commands)] or live.rows(
        "SELECT 1 FROM sweeps WHERE status = 'running'"
    ):
        assert time.monotonic() < deadline, "everything sent is processed"
        time.sleep(0.1)


def lived(live: Live) -> None:
    """What makes the run worth something happened: people merged, came apart, moved by the clock,
    and had their leaves stored apart."""
    assert {"merge", "unmerge"} <= {
        kind for (kind,) in live.rows("SELECT DISTINCT kind FROM merges")
    }
    assert {"event", "wake", "merge", "edit"} <= {
        cause for (cause,) in live.rows("SELECT DISTINCT cause FROM changes")
    }
    assert live.rows("SELECT count(*) > 20 FROM identifiers WHERE leaf IS NOT NULL") == [(True,)]


@pytest.mark.parametrize("workers", [2, 4])
def test_nothing_is_lost_while_windows_end_and_people_log_in(
    settings: Settings, workspace: TestWorkspace, workers: int
) -> None:
    with running(settings, workspace) as live:
        started = [live.start() for _ in range(workers)]
        visitors, edited = Visitors(workers, 40), open_segments(live)
        sent = drive(live, visitors, edited, seconds=25, rate=60, edit_s=8)
        # Its partitions, and the clock, go over to others, which remember people.
        live.kill(started[0])
        live.start()
        sent += drive(live, visitors, edited, seconds=20, rate=60, edit_s=60)
        catch_up(live, sent, visitors.parted)
        lived(live)
        live.verify()


@contextmanager
def servers() -> Iterator[tuple[Settings, TestWorkspace]]:
    """Postgres and Valkey in a folder of their own, gone afterwards."""
    with (
        tempfile.TemporaryDirectory(prefix="stratum-clock-") as folder,
        EmbeddedPostgres(Path(folder), PostgresParams(shared_buffers_mb=128)) as postgres,
        EmbeddedValkey(Path(folder), ValkeyParams(max_memory_mb=1024)) as valkey,
    ):
        ensure_database(postgres.dsn("postgres"), "clock")
        dsn = postgres.dsn("clock")
        migrate(dsn)
        with psycopg.connect(dsn) as conn:
            first = bootstrap(conn)
        assert first is not None
        keys = TestWorkspace(
            first.workspace.id,
            first.workspace.salt,
            first.source_id,
            first.write_key,
            first.api_key,
        )
        values: dict[str, Any] = {
            "data_dir": folder,
            "postgres": {"dsn": dsn},
            "redis": {"url": valkey.url},
            "log": {"retention_s": 120},
        }
        yield Settings.model_validate(values), keys


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    """Run as long as asked for, then verify; an AssertionError says what was lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--rate", type=float, default=200.0, help="events per second")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--people", type=int, default=400, help="visitors at one time")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(1))
    with (
        servers() as (settings, keys),
        running(settings, keys, STRATUM_LOG__RETENTION_S="120") as live,
    ):
        for _ in range(chosen.workers):
            live.start()
        visitors, edited = Visitors(chosen.seed, chosen.people), open_segments(live)
        sent = drive(
            live,
            visitors,
            edited,
            seconds=chosen.minutes * 60,
            rate=chosen.rate,
            edit_s=300,
            told=_say,
        )
        _say(f"{sent:,} sent; waiting for the workers")
        catch_up(live, sent, visitors.parted)
        lived(live)
        ((people, leaves),) = live.rows(
            "SELECT (SELECT count(*) FROM profiles), (SELECT count(*) FROM identifiers WHERE leaf"
            " IS NOT NULL)"
        )
        merges = dict(live.rows("SELECT kind, count(*) FROM merges GROUP BY 1"))
        _say(f"processed; {people:,} people, {leaves:,} leaves apart; {merges}")
        live.verify()
        _say("the tables are what the events say")


if __name__ == "__main__":
    main()
