"""Sweeps on real processes: publishing over HTTP is right about a past that no leaf held, whatever
kills the engine on its way.

`Live` runs a workspace for these tests: the application over HTTP, engine processes that can be
killed, and what the tables say.
"""

import itertools
import os
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, Self

import httpx
import psycopg

from api.app import create_app
from cli.profiles.verify import verify_all
from config.settings import Settings
from tests.api.conftest import Api
from tests.conftest import TestWorkspace
from tests.support.serving import serving_api

DEADLINE_S = 60.0
PEOPLE = 120


class Told(NamedTuple):
    """One row of the outbox."""

    delta: int
    version: int
    cause: str
    urgent: bool
    at_ms: int


class Live:
    """One workspace on real servers.

    Args:
        settings: where Postgres and Valkey are.
        workspace: keys.
        address: of the application.
        environment: further settings of engine processes.
    """

    def __init__(
        self,
        settings: Settings,
        workspace: TestWorkspace,
        address: str,
        environment: dict[str, str],
    ) -> None:
        dsn = settings.postgres.dsn.get_secret_value()
        self.workspace = workspace
        self.settings = settings
        self.api = Api(address, workspace.api_key)
        self.database: psycopg.Connection[Any] = psycopg.connect(dsn, autocommit=True)
        self.environment = {
            "STRATUM_POSTGRES__DSN": dsn,
            "STRATUM_REDIS__URL": settings.redis.url.get_secret_value(),
            "STRATUM_LOG__LEASES__LIFETIME": "PT1S",
            "STRATUM_LOG__LEASES__BEAT": "PT0.2S",
            "STRATUM_LOG__READ__IDLE_WAIT": "PT0.005S",
            **environment,
        }
        self._collector = httpx.Client(base_url=address, auth=(workspace.write_key, ""), timeout=30)
        self._numbers = itertools.count(1)
        self._sent = 0
        self._running: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._running:
            worker.kill()
        for worker in self._running:
            worker.wait()
        self._collector.close()
        self.api.http.close()
        self.database.close()

    def start(self) -> subprocess.Popen[bytes]:
        """Start an engine process."""
        command = [sys.executable, "-m", "cli.main", "engine", "profiles"]
        worker = subprocess.Popen(
            command, env={**os.environ, **self.environment}, stdout=subprocess.DEVNULL
        )
        self._running.append(worker)
        return worker

    def kill(self, worker: subprocess.Popen[bytes]) -> None:
        """End it with SIGKILL."""
        assert worker.poll() is None, "the engine stopped by itself"
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
        self._running.remove(worker)

    def restart(self) -> None:
        """Put a new engine process in the place of each: it knows of all definitions and finished
        sweeps, others learn a little later."""
        for worker in list(self._running):
            self.kill(worker)
            self.start()

    def send(self, *messages: dict[str, Any]) -> None:
        """Send messages to the collector; each gets an id of its own."""
        for batch in (messages[start : start + 200] for start in range(0, len(messages), 200)):
            named = [{"messageId": f"m{next(self._numbers)}", **message} for message in batch]
            answer = self._collector.post("/v1/batch", json={"batch": named})
            assert answer.status_code == 200, answer.text
            self._sent += len(named)

    def settle(self) -> None:
        """Wait until everything that was sent has been processed."""
        sql = (
            "SELECT (SELECT count(*) FROM events WHERE type <> 'unmerge') + (SELECT count(*) FROM"
            " dead_letters)"
        )
        self.until(lambda: self.rows(sql) == [(self._sent,)], "everything sent is processed")

    def until(self, reached: Callable[[], object], what: str) -> None:
        """Look again and again, until it is so."""
        deadline = time.monotonic() + DEADLINE_S
        while not reached():
            assert time.monotonic() < deadline, what
            time.sleep(0.005)

    def rows(self, sql: str, *arguments: object) -> list[tuple[Any, ...]]:
        """What the database answers."""
        return self.database.execute(sql, arguments).fetchall()

    def draft(self, name: str, rule: Any, **fields: Any) -> int:
        """Save a segment."""
        return int(
            self.api.post("/cdp/segments", {"name": name, "rule": rule, **fields}, 201)["id"]
        )

    def edit(self, segment: int, name: str, rule: Any, **fields: Any) -> None:
        """Save a new version of a segment."""
        self.api.http.put(
            f"/cdp/segments/{segment}", json={"name": name, "rule": rule, **fields}
        ).raise_for_status()

    def publish(self, segment: int) -> int:
        """Publish a segment; answers the sweep."""
        return int(self.api.post(f"/cdp/segments/{segment}/publish")["sweep"])

    def live(self, name: str, rule: Any, **fields: Any) -> int:
        """Make a segment live for everybody."""
        made = self.draft(name, rule, **fields)
        self.swept(self.publish(made))
        return made

    def delete(self, segment: int) -> int:
        """Delete a segment; answers the sweep."""
        return int(
            self.api.http.delete(f"/cdp/segments/{segment}").raise_for_status().json()["sweep"]
        )

    def swept(self, sweep: int) -> dict[str, Any]:
        """Wait for the end of a sweep, which must have proved that nobody is stale."""
        self.until(
            lambda: self.api.get(f"/cdp/sweeps/{sweep}")["status"] == "done",
            "the sweep comes to its end",
        )
        found: dict[str, Any] = self.api.get(f"/cdp/sweeps/{sweep}")
        assert (found["stale"], found["percent"]) == (0, 100)
        return found

    def members(self, segment: int) -> set[str]:
        """Members by the name that their id was made of."""
        sql = (
            "SELECT i.value FROM memberships m JOIN identifiers i ON i.key = m.profile_id WHERE"
            " m.segment_id = %s"
        )
        return {value for (value,) in self.rows(sql, segment)}

    def told(self, segment: int) -> dict[str, list[Told]]:
        """The outbox of a segment by the name that the person's id was made of, in order."""
        sql = """
            SELECT i.value, c.delta, c.version, c.cause, c.urgent, round(extract(epoch
                FROM c.changed_at) * 1000)::bigint
            FROM changes c JOIN identifiers i ON i.key = c.profile_id WHERE c.segment_id = %s
                ORDER BY c.tx, c.id
        """
        found: dict[str, list[Told]] = defaultdict(list)
        for value, *row in self.rows(sql, segment):
            found[value].append(Told(*row))
        return found

    def verify(self) -> None:
        """The oracle agrees with the tables, and nobody enters or leaves twice in a row."""
        (report,) = verify_all(self.settings)
        assert report.differences == []
        standing: Counter[tuple[int, Any]] = Counter()
        for segment, person, delta in self.rows(
            "SELECT segment_id, profile_id, delta FROM changes ORDER BY tx, id"
        ):
            standing[segment, person] += delta
            assert standing[segment, person] in (
                0,
                1,
            ), f"person {person} moved twice, segment {segment}"
        members = set(self.rows("SELECT segment_id, profile_id FROM memberships"))
        assert {place for place, total in standing.items() if total} == members


@contextmanager
def running(settings: Settings, workspace: TestWorkspace, **environment: str) -> Iterator[Live]:
    """Serve a workspace; engine processes are started by the test."""
    with (
        serving_api(create_app(settings)) as address,
        Live(settings, workspace, address, environment) as live,
    ):
        yield live


def order(person: int | str, revenue: float, day: int = 1) -> dict[str, Any]:
    """An order of the past."""
    user = person if isinstance(person, str) else f"user-{person}"
    stamp = f"2026-09-{day:02d}T12:00:00Z"
    return {
        "type": "track",
        "event": "Order Completed",
        "userId": user,
        "timestamp": stamp,
        "properties": {"revenue": revenue},
    }


BIG = {
    "name": "Order Completed",
    "where": [{"property": "revenue", "condition": {"op": "at_least", "value": 50}}],
}
BIG_SPENDERS = {
    "type": "all",
    "of": [
        {"type": "event", "event": BIG, "window": "365d",
            "condition": {"op": "at_least", "value": 2}},
        {
            "type": "event", "event": BIG, "measure": "sum", "property": "revenue",
            "window": "400d",
            "condition": {"op": "less_than", "value": 400},
        },
    ],
}  # fmt: skip


def history() -> list[dict[str, Any]]:
    """Person n has n modulo 6 big orders of 90 and one small order."""
    found = [order(person, 10) for person in range(PEOPLE)]
    found += [
        order(person, 90, 2 + number) for person in range(PEOPLE) for number in range(person % 6)
    ]
    return found


def spenders(*modulo: int) -> set[str]:
    """People with so many big orders."""
    return {f"user-{person}" for person in range(PEOPLE) if person % 6 in modulo}


def visited(live: Live, sweep: int) -> int:
    """How far a sweep is that must not have ended."""
    ((status, number),) = live.rows("SELECT status, visited FROM sweeps WHERE id = %s", sweep)
    assert status == "running"
    return int(number)


def test_a_sweep_that_is_killed_again_and_again_builds_the_past_once(
    settings: Settings, workspace: TestWorkspace
) -> None:
    with running(
        settings, workspace, STRATUM_SWEEPS__PAGE="4", STRATUM_SWEEPS__BUSY_PAGE="4"
    ) as live:
        worker = live.start()
        live.send(*history())
        live.settle()
        segment = live.draft("spenders", BIG_SPENDERS)
        sweep = live.publish(segment)
        for number in (10, 50):
            live.until(lambda number=number: visited(live, sweep) >= number, "the sweep goes on")  # type: ignore[misc]
            live.kill(worker)
            assert visited(live, sweep) < PEOPLE
            live.send(*(order(person, 90, 20) for person in range(number, PEOPLE, 40)))
            worker = live.start()
        live.settle()
        found = live.swept(sweep)
        assert (found["visited"], found["people"]) == (PEOPLE, PEOPLE)
        bought = Counter({f"user-{person}": person % 6 for person in range(PEOPLE)})
        bought.update(
            f"user-{person}" for number in (10, 50) for person in range(number, PEOPLE, 40)
        )
        assert live.members(segment) == {
            person for person, times in bought.items() if 2 <= times <= 4
        }
        live.verify()


def test_an_engine_killed_inside_the_commit_of_a_page_counts_nobody_twice(
    settings: Settings, workspace: TestWorkspace
) -> None:
    with running(
        settings,
        workspace,
        STRATUM_SWEEPS__PAGE="8",
        STRATUM_SWEEPS__PAGES="1",
        STRATUM_SWEEPS__BUSY_PAGE="8",
        STRATUM_SWEEPS__BUSY_TURN="PT10S",
    ) as live:
        worker = live.start()
        live.send(*history())
        live.settle()
        ((held,),) = live.rows("SELECT id FROM profiles ORDER BY id OFFSET 50 LIMIT 1")
        with psycopg.connect(settings.postgres.dsn.get_secret_value()) as other:
            other.execute("SELECT 1 FROM profiles WHERE id = %s FOR UPDATE", (held,))
            segment = live.draft("spenders", BIG_SPENDERS)
            sweep = live.publish(segment)
            waits = (
                "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype IN ('transactionid',"
                " 'tuple')"
            )
            live.until(
                lambda: live.rows(waits) != [(0,)] and visited(live, sweep) >= 48,
                "the sweep stands at the held person",
            )
            live.kill(worker)
        live.start()
        live.swept(sweep)
        assert live.members(segment) == spenders(2, 3, 4)
        causes = {change for changes in live.told(segment).values() for change in changes}
        assert {(change.delta, change.version, change.cause) for change in causes} == {
            (1, 1, "edit")
        }
        live.verify()


def test_another_engine_takes_a_sweep_over_and_the_newest_sweep_does_the_work_of_all(
    settings: Settings, workspace: TestWorkspace
) -> None:
    with running(
        settings, workspace, STRATUM_SWEEPS__PAGE="4", STRATUM_SWEEPS__BUSY_PAGE="4"
    ) as live:
        first = live.start()
        live.send(*history())
        live.settle()
        gone = live.draft("gone", {"type": "all", "of": []})
        edited = live.draft("spenders", BIG_SPENDERS)
        began = live.publish(gone)
        live.until(lambda: visited(live, began) >= 10, "the sweep goes on")
        live.start()
        live.kill(first)
        sweeps = [live.publish(edited)]
        live.edit(
            edited,
            "spenders",
            {"type": "event", "event": BIG, "condition": {"op": "at_least", "value": 4}},
        )
        sweeps += [live.publish(edited), live.delete(gone)]
        for sweep in (began, *sweeps):
            live.swept(sweep)
        assert live.members(edited) == spenders(4, 5)
        assert live.members(gone) == set()
        assert set(
            live.rows("SELECT DISTINCT version FROM memberships WHERE segment_id = %s", edited)
        ) == {(2,)}
        live.verify()
