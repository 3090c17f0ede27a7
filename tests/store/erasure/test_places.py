"""Nothing of an erased person is left in the cache, in files, and in the log."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import redis

from config.exports import export_files
from dataflows.erasure.rounds import Rounds
from domain.intake.partitioning import stream_key
from domain.intake.stream_position import entry_id
from sinks.profiles.cache import identifier_name, profile_name
from sources.log.entries import position_of
from sources.log.valkey_purge import Rewriting, ValkeyPurge
from store.unify.unit_of_work import PostgresUnitOfWork
from tests.store.conftest import Engine
from tests.store.erasure.conftest import Desk

NOW = 1_790_000_000_000


def test_an_erased_person_leaves_the_cache(desk: Desk, engine: Engine) -> None:
    engine.feed(engine.track("mary", "Visited", NOW))
    person = desk.key("user_id", "mary").bytes
    desk.client.set(profile_name(person), b"Vmary")
    desk.client.set(identifier_name(person), person.hex())
    desk.client.set("other", b"1")
    erased = desk.erase(("user_id", "mary"))
    desk.finish()
    assert desk.client.keys("*") == [b"other"]
    assert desk.steps(erased)["cache"]["people"] == 1


def test_a_cache_that_is_away_is_waited_for(desk: Desk, engine: Engine) -> None:
    engine.feed(engine.track("mary", "Visited", NOW))
    erased = desk.erase(("user_id", "mary"))
    dsn = desk.settings.postgres.dsn.get_secret_value()
    away = redis.Redis.from_url("redis://127.0.0.1:1", socket_connect_timeout=0.2)
    rounds = Rounds(
        desk.settings, desk.rounds._conn, PostgresUnitOfWork(dsn, 0), away, lambda: desk.clock[0]
    )
    rounds.run_once()
    assert desk.steps(erased).keys().isdisjoint({"cache", "log"})
    assert {"exports", "dead_letters", "platforms"} <= desk.steps(erased).keys()
    desk.finish()
    assert "cache" in desk.steps(erased)


def exported(desk: Desk, kind: str, status: str, ago_s: int) -> int:
    sql = """
        INSERT INTO exports (workspace_id, kind, spec, requested_by, status, attempt, started_at)
        VALUES (%s, %s, '{}', 'key:1', %s, 1, now() - make_interval(secs => %s)) RETURNING id
    """
    return int(desk.one(sql, desk.workspace.id, kind, status, ago_s))


def test_files_from_before_are_gone_from_the_disk(
    desk: Desk, engine: Engine, tmp_path: Path
) -> None:
    engine.feed(engine.track("mary", "Visited", NOW))
    folder = tmp_path / "exports"
    folder.mkdir()
    before = [exported(desk, "file", status, 60) for status in ("done", "running")]
    for export in before:
        (folder / f"export-{export}-1.csv").write_text("mary")
    (folder / f"export-{before[1]}-1.csv.part").write_text("mary")
    erased = desk.erase(("user_id", "mary"))
    after = exported(desk, "file", "done", -60)
    (folder / f"export-{after}-1.csv").write_text("anne")
    desk.finish()
    assert [each.name for each in folder.iterdir()] == [f"export-{after}-1.csv"]
    assert desk.steps(erased)["exports"]["files"] == 3
    states = "SELECT status FROM exports ORDER BY id"
    assert desk.column(states) == ["revoked", "queued", "done"]


def test_a_file_that_cannot_be_removed_is_waited_for(
    desk: Desk, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.feed(engine.track("mary", "Visited", NOW))
    export = exported(desk, "file", "done", 60)
    files = export_files(desk.settings)
    with files.writing(files.path(export, 1, "csv")) as file:
        file.write(b"mary")
    erased = desk.erase(("user_id", "mary"))
    with monkeypatch.context() as patched:
        patched.setattr("sinks.export.files.ExportFiles.sweep", lambda *_: 0)
        desk.finish()
    assert "exports" not in desk.steps(erased)
    desk.finish()
    assert desk.steps(erased)["exports"]["files"] == 1


def test_a_direct_answer_that_began_before_is_waited_for(desk: Desk, engine: Engine) -> None:
    engine.feed(engine.track("mary", "Visited", NOW))
    stream = exported(desk, "stream", "running", 60)
    erased = desk.erase(("user_id", "mary"))
    desk.finish()
    assert "exports" not in desk.steps(erased)
    desk.conn.execute("UPDATE exports SET status = 'done' WHERE id = %s", (stream,))
    desk.finish()
    assert "exports" in desk.steps(erased)


def append(desk: Desk, partition: int, *values: bytes) -> list[int]:
    stream = stream_key(desk.settings.log.name, partition)
    added: list[Any] = [desk.client.xadd(stream, {"0": value}) for value in values]
    return [position_of(each) for each in added]


def entries(desk: Desk, partition: int) -> list[bytes]:
    stream = stream_key(desk.settings.log.name, partition)
    found: Any = desk.client.xrange(stream)
    return [fields[b"0"] for _, fields in found]


def process(desk: Desk, partition: int, position: int) -> None:
    desk.conn.execute(
        """
        INSERT INTO offsets (log, partition, next_position) VALUES (%s, %s, %s)
        ON CONFLICT (log, partition) DO UPDATE SET next_position = excluded.next_position
        """,
        (desk.settings.log.name, partition, position),
    )


def test_the_log_forgets_what_was_processed_and_nothing_else(desk: Desk) -> None:
    first, second = append(desk, 0, b"mary", b"anne")
    (third,) = append(desk, 3, b"lucy")
    process(desk, 0, second)
    erased = desk.erase(("user_id", "mary"))
    desk.finish()
    assert (entries(desk, 0), entries(desk, 3)) == ([b"mary", b"anne"], [b"lucy"])
    process(desk, 0, second + 1)
    desk.finish(2)
    assert "log" not in desk.steps(erased)
    (later,) = append(desk, 0, b"later")
    process(desk, 0, later + 1)
    process(desk, 3, third + 1)
    append(desk, 3, b"waits")
    desk.complete()
    assert (entries(desk, 0), entries(desk, 3)) == ([b"later"], [b"waits"])
    assert desk.steps(erased)["log"]["rewritten"] is True
    assert first < second


def test_the_file_of_the_log_is_rewritten(desk: Desk, servers_dir: Path) -> None:
    (only,) = append(desk, 0, b"mary@example.com")
    assert _said(servers_dir, b"mary@example.com")
    desk.erase(("user_id", "mary"))
    desk.finish()
    append(desk, 0, b"waits")
    process(desk, 0, only + 1)
    desk.complete()
    assert entries(desk, 0) == [b"waits"]
    assert not _said(servers_dir, b"mary@example.com")


def _said(folder: Path, text: bytes) -> bool:
    files = [each for each in (folder / "valkey").rglob("*") if each.is_file()]
    return any(text in each.read_bytes() for each in files)


def test_rewrites_keep_their_distance(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float] = []
    ask = ValkeyPurge.rewrite

    def rewrite(purge: ValkeyPurge) -> bool:
        asked.append(desk.clock[0])
        return ask(purge)

    monkeypatch.setattr(ValkeyPurge, "rewrite", rewrite)
    for number in range(20):
        desk.erase(("user_id", f"mary-{number}"))
        desk.rounds.run_once()
        desk.clock[0] += 10.0
    assert 2 <= len(asked) <= 4
    assert all(later - earlier >= 60.0 for earlier, later in pairwise(asked))


@pytest.mark.parametrize("state", [Rewriting.REFUSED, Rewriting.IDLE])
def test_a_server_that_rewrites_no_file_is_no_reason_to_wait(
    state: Rewriting, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ValkeyPurge, "rewriting", lambda _: state)
    monkeypatch.setattr(ValkeyPurge, "rewrite", lambda _: False)
    erased = desk.erase(("user_id", "mary"))
    desk.finish()
    assert desk.steps(erased)["log"]["rewritten"] is False


def test_a_rewrite_that_failed_is_asked_for_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    erased = desk.erase(("user_id", "mary"))
    states = iter([Rewriting.IDLE, Rewriting.BUSY, Rewriting.FAILED, Rewriting.IDLE])
    asked: list[int] = []

    def rewrite(_: ValkeyPurge) -> bool:
        asked.append(1)
        return True

    monkeypatch.setattr(ValkeyPurge, "rewriting", lambda _: next(states))
    monkeypatch.setattr(ValkeyPurge, "rewrite", rewrite)
    desk.finish(3)
    assert "log" not in desk.steps(erased)
    desk.finish()
    assert len(asked) == 2
    assert desk.steps(erased)["log"]["rewritten"] is True


def test_an_end_that_no_entry_reaches_is_passed(desk: Desk) -> None:
    (only,) = append(desk, 0, b"mary")
    stream = stream_key(desk.settings.log.name, 0)
    desk.client.xdel(stream, entry_id(only))
    erased = desk.erase(("user_id", "mary"))
    desk.complete()
    assert "log" in desk.steps(erased)


def test_kafka_keeps_what_it_has(desk: Desk) -> None:
    settings = desk.settings.model_copy(
        update={"log": desk.settings.log.model_copy(update={"kind": "kafka"})}
    )
    erased = desk.erase(("user_id", "mary"))
    Rounds(settings, desk.rounds._conn, desk.rounds._engine, desk.client).run_once()
    assert desk.steps(erased)["log"]["kept"] == "kafka"
