"""Exports in the hands of writers: one at a time, replaced when they fall silent, begun anew when
somebody is erased."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from config.settings import Settings
from domain.export import ExportCounts, ExportSpec
from store.export import exports
from store.export import jobs as export_jobs
from store.export.exports import Order, TooManyExportsError
from store.export.jobs import ExportJob, ReplacedError, Written
from tests.conftest import TestWorkspace
from tests.store.conftest import Engine
from tests.support.exporting import write_all, writer

SPEC = ExportSpec("ndjson", "advertising", segment=1)
LEASE, NO_LEASE, KEEP = timedelta(hours=1), timedelta(0), timedelta(hours=1)
WHOLE = Written(3, b"\1" * 32)


@pytest.fixture
def conn(postgres_dsn: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(postgres_dsn, autocommit=True) as connection:
        yield connection


@pytest.fixture
def order(conn: psycopg.Connection[Any], workspace: TestWorkspace) -> Callable[..., int]:
    def run(
        spec: ExportSpec = SPEC, *, into: int = workspace.id, limit: int = 100, stream: bool = False
    ) -> int:
        with conn.transaction():
            return exports.order(
                conn, into, "key:1", Order(spec, "stream" if stream else "file", 0, ()), limit
            )

    return run


def status(conn: psycopg.Connection[Any], export: int) -> tuple[str, str]:
    row = conn.execute("SELECT status, reason FROM exports WHERE id = %s", (export,)).fetchone()
    assert row is not None
    return row[0], row[1]


def take(conn: psycopg.Connection[Any], lease: timedelta = LEASE, deaths: int = 3) -> ExportJob:
    job = export_jobs.take(conn, lease, deaths)
    assert job is not None
    return job


def test_each_export_has_one_writer(
    conn: psycopg.Connection[Any], order: Callable[..., int]
) -> None:
    first, second = order(), order()

    assert [take(conn).id, take(conn).id] == [first, second]
    assert export_jobs.take(conn, LEASE, 3) is None


def test_workspace_without_an_export_under_way_comes_first(
    conn: psycopg.Connection[Any], order: Callable[..., int]
) -> None:
    row = conn.execute(
        "INSERT INTO workspaces (name, salt) VALUES ('other', '\\x00') RETURNING id"
    ).fetchone()
    assert row is not None
    first, _, other = order(), order(), order(into=row[0])

    assert [take(conn).id, take(conn).id] == [first, other]


def test_silent_writer_is_replaced_and_writes_nothing_any_more(
    conn: psycopg.Connection[Any], order: Callable[..., int]
) -> None:
    order()
    dead = take(conn)
    heir = take(conn, NO_LEASE)

    assert (heir.id, heir.attempt) == (dead.id, dead.attempt + 1)
    with pytest.raises(ReplacedError):
        export_jobs.beat(conn, dead, ExportCounts())
    with pytest.raises(ReplacedError):
        export_jobs.finish(conn, dead, ExportCounts(), WHOLE, KEEP)
    with pytest.raises(ReplacedError):
        export_jobs.fail(conn, dead, ExportCounts(), "disk")
    export_jobs.release(conn, dead)
    export_jobs.beat(conn, heir, ExportCounts(rows=1))
    export_jobs.finish(conn, heir, ExportCounts(rows=2), WHOLE, KEEP)
    assert export_jobs.kept(conn) == {(heir.id, heir.attempt)}


def test_export_whose_writers_keep_dying_fails_and_says_so(
    conn: psycopg.Connection[Any], order: Callable[..., int]
) -> None:
    export = order()
    take(conn, deaths=2)
    take(conn, NO_LEASE, deaths=2)

    assert export_jobs.take(conn, NO_LEASE, 2) is None
    assert status(conn, export) == ("failed", "writer_died")
    assert conn.execute(
        "SELECT detail->>'reason' FROM audit WHERE action = 'export.fail'"
    ).fetchone() == ("writer_died",)


def test_export_that_is_given_back_is_written_by_the_next(
    conn: psycopg.Connection[Any], order: Callable[..., int]
) -> None:
    export = order()
    export_jobs.release(conn, take(conn))

    assert status(conn, export) == ("queued", "")
    assert take(conn).id == export


def test_stream_that_falls_silent_was_broken_off_unless_it_ends_after_all(
    conn: psycopg.Connection[Any], order: Callable[..., int], workspace: TestWorkspace
) -> None:
    export = order(stream=True)
    export_jobs.expire(conn, NO_LEASE)
    assert status(conn, export) == ("failed", "broken_off")
    assert export_jobs.take(conn, NO_LEASE, 3) is None

    export_jobs.finish(
        conn, ExportJob(export, workspace.id, SPEC, "key:1", 1), ExportCounts(), None, KEEP
    )

    assert status(conn, export) == ("done", "")


def test_only_so_many_wait(order: Callable[..., int]) -> None:
    order(limit=1)
    with pytest.raises(TooManyExportsError):
        order(limit=1)
    order(limit=1, stream=True)


def identify(conn: psycopg.Connection[Any], workspace: int) -> None:
    conn.execute(
        "INSERT INTO identifiers (key, workspace_id, kind, value, profile_id)"
        " VALUES (gen_random_uuid(), %s, 'user_id', 'u', gen_random_uuid())",
        (workspace,),
    )


def erase(conn: psycopg.Connection[Any]) -> None:
    conn.execute("DELETE FROM identifiers")


def test_erasure_revokes_what_is_written_and_begins_anew_what_is_being_written(
    conn: psycopg.Connection[Any], order: Callable[..., int], workspace: TestWorkspace
) -> None:
    row = conn.execute(
        "INSERT INTO workspaces (name, salt) VALUES ('other', '\\x00') RETURNING id"
    ).fetchone()
    assert row is not None
    identify(conn, workspace.id)
    done, being_written, waiting, elsewhere = order(), order(), order(), order(into=row[0])
    jobs = {job.id: job for job in (take(conn), take(conn), take(conn))}
    for export in (done, elsewhere):
        export_jobs.finish(conn, jobs[export], ExportCounts(), WHOLE, KEEP)

    erase(conn)

    assert [status(conn, export)[0] for export in (done, being_written, waiting, elsewhere)] == [
        "revoked",
        "queued",
        "queued",
        "done",
    ]
    with pytest.raises(ReplacedError):
        export_jobs.finish(conn, jobs[being_written], ExportCounts(), WHOLE, KEEP)
    assert export_jobs.kept(conn) == {(elsewhere, 1)}


def test_writer_that_begins_during_an_erasure_waits_for_its_end(
    conn: psycopg.Connection[Any],
    order: Callable[..., int],
    workspace: TestWorkspace,
    postgres_dsn: str,
) -> None:
    identify(conn, workspace.id)
    order()
    taken: list[int] = []

    def begin() -> None:
        with psycopg.connect(postgres_dsn, autocommit=True) as own:
            take(own)
            row = own.execute("SELECT count(*) FROM identifiers").fetchone()
            taken.append(row[0] if row else -1)

    with psycopg.connect(postgres_dsn) as eraser:
        erase(eraser)
        thread = threading.Thread(target=begin)
        thread.start()
        thread.join(0.3)
        waited = thread.is_alive()
        eraser.commit()
    thread.join(10)

    assert waited
    assert taken == [0]


@pytest.fixture
def people(engine: Engine) -> None:
    consent = {"consent": {"categoryPreferences": {"advertising": True}}}
    for number in range(30):
        engine.feed(
            engine.event(
                "track",
                f"u{number}",
                engine.clock[0],
                event="Order Completed",
                properties={"revenue": 5},
                context=consent,
            )
        )


def names(settings: Settings) -> set[str]:
    directory = settings.data_dir / "exports"
    return {path.name for path in directory.iterdir()} if directory.exists() else set()


def small_pages(settings: Settings) -> Settings:
    return settings.model_copy(update={"exports": type(settings.exports)(page=10)})


@pytest.mark.usefixtures("people")
def test_process_that_ends_gives_its_export_back_without_a_trace(
    settings: Settings, order: Callable[..., int], conn: psycopg.Connection[Any]
) -> None:
    export = order()
    looks = iter([False, False, True])
    writer(small_pages(settings), lambda: next(looks)).run_once(conn)

    assert status(conn, export) == ("queued", "")
    assert names(settings) == set()
    assert write_all(settings) == 1
    assert status(conn, export) == ("done", "")


@pytest.mark.usefixtures("people")
def test_export_cancelled_while_it_is_written_leaves_nothing(
    settings: Settings, order: Callable[..., int], conn: psycopg.Connection[Any]
) -> None:
    export = order()

    def cancel() -> bool:
        conn.execute("UPDATE exports SET status = 'cancelled' WHERE id = %s", (export,))
        return False

    writer(small_pages(settings), cancel).run_once(conn)

    assert status(conn, export)[0] == "cancelled"
    assert names(settings) == set()


@pytest.mark.usefixtures("people")
def test_files_that_no_row_knows_go_and_others_stay(
    settings: Settings, order: Callable[..., int]
) -> None:
    export = order()
    write_all(settings)
    directory = settings.data_dir / "exports"
    for name in ("export-999-1.csv", f"export-{export}-7.csv.part", "notes.txt"):
        (directory / name).write_text("")

    write_all(settings)

    assert names(settings) == {f"export-{export}-1.ndjson", "notes.txt"}


@pytest.mark.usefixtures("people")
def test_disk_that_takes_nothing_fails_the_export_with_a_reason(
    settings: Settings, order: Callable[..., int], conn: psycopg.Connection[Any]
) -> None:
    export = order()
    (settings.data_dir / "exports").write_text("a file where the folder should be")

    write_all(settings)

    assert status(conn, export) == ("failed", "disk")
