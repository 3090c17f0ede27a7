"""Verifying and exporting the audit log."""

import itertools
import json
import threading
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from api.audit import routes
from config.settings import Settings
from operators.audit import Anchor, Entry, Linked, link_hash
from store import locks
from store.audit import export, trail
from tests.api.conftest import Api, Tenant

VERIFY = "/cdp/audit/verify"
EXPORT = "/cdp/audit/export"


@pytest.fixture
def dsn(settings: Settings) -> str:
    return settings.postgres.dsn.get_secret_value()


@pytest.fixture
def write(dsn: str, tenant: Tenant) -> Callable[[int], None]:
    """Adds entries to the log."""

    def add(count: int) -> None:
        with psycopg.connect(dsn, autocommit=True) as conn:
            for number in range(count):
                actor = f"key:{number % 2}"
                trail.append(conn, tenant.id, actor, "request", f"audience:{number}", {"ü": 2.50})

    return add


@pytest.fixture
def tamper(dsn: str) -> Callable[[str], None]:
    """Changes what triggers protect, as the database's owner could."""

    def change(statement: str) -> None:
        with psycopg.connect(dsn) as conn:
            conn.execute("SET LOCAL session_replication_role = replica")
            conn.execute(statement.encode())

    return change


def test_a_whole_log_is_confirmed_and_its_newest_link_is_an_anchor(
    api: Api, write: Callable[[int], None]
) -> None:
    write(3)
    first = api.get(VERIFY)
    write(2)
    anchor = f"{first['newest']['seq']}:{first['newest']['hash']}"
    again = api.get(VERIFY, anchor=anchor)

    assert (first["whole"], first["problems"], first["shown"]) == (True, 0, [])
    assert first["entries"] == first["newest"]["seq"]
    assert (again["whole"], again["entries"]) == (True, first["entries"] + 2)
    entries = api.everything("/cdp/audit")
    assert again["newest"] == {"seq": entries[0]["seq"], "hash": entries[0]["hash"]}


def test_what_was_tampered_with_is_named(
    api: Api, write: Callable[[int], None], tamper: Callable[[str], None]
) -> None:
    write(4)
    newest = api.get(VERIFY)["newest"]
    tamper("UPDATE audit SET actor = 'key:9' WHERE subject = 'audience:1'")
    tamper("DELETE FROM audit WHERE subject = 'audience:3'")

    answer = api.get(VERIFY, anchor=f"{newest['seq']}:{'0' * 64}")

    assert answer["whole"] is False
    assert answer["problems"] == 3
    assert [each["kind"] for each in answer["shown"]] == ["edited", "removed", "rewritten"]
    assert "is not what was recorded" in answer["shown"][0]["explanation"]


def test_of_many_problems_the_first_are_shown(
    api: Api, write: Callable[[int], None], tamper: Callable[[str], None]
) -> None:
    write(60)
    tamper("UPDATE audit SET action = 'mine' WHERE action = 'request'")

    answer = api.get(VERIFY)

    assert answer["problems"] == 60
    assert len(answer["shown"]) == 50


@pytest.mark.parametrize("anchor", ["12", ":", "x:00", "1:zz", "-1:00", "1" * 19 + ":00", "٣:00"])
def test_an_anchor_that_is_none_is_refused(api: Api, anchor: str) -> None:
    assert "12:9f86d0" in api.get(VERIFY, expect=422, anchor=anchor)["detail"]


def test_one_verification_at_a_time_whichever_process_does_it(
    api: Api, tenant: Tenant, dsn: str
) -> None:
    with (
        psycopg.connect(dsn, autocommit=True) as conn,
        locks.held(conn, locks.AUDIT_CHECK, tenant.id) as mine,
    ):
        assert mine
        answer = api.http.get(VERIFY)

    assert answer.status_code == 429
    assert answer.headers["retry-after"]
    assert api.get(VERIFY)["whole"]


def test_writers_do_not_wait_for_a_verification(api: Api, write: Callable[[int], None]) -> None:
    write(200)
    done = threading.Event()

    def verify() -> None:
        while not done.is_set():
            api.http.get(VERIFY)

    reader = threading.Thread(target=verify)
    reader.start()
    write(50)
    done.set()
    reader.join()

    assert api.get(VERIFY)["whole"]


def lines(api: Api, **wanted: Any) -> list[dict[str, Any]]:
    answer = api.http.get(EXPORT, params=wanted)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/x-ndjson"
    return [json.loads(line) for line in answer.text.splitlines()]


def test_an_export_is_enough_to_recompute_the_chain(
    api: Api, write: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "_ROWS_AT_A_TIME", 3)
    write(7)

    found = lines(api)

    previous = b""
    for line in found:
        entry = Entry(
            line["id"], line["workspace_id"], line["at_us"], line["actor"], line["action"],
            line["subject"], line["detail"],
        )  # fmt: skip
        link = Anchor(line["seq"], bytes.fromhex(line["hash"]))
        assert link.hash == link_hash(previous, link.seq, entry)
        previous = link.hash
    newest = api.get(VERIFY)["newest"]
    assert (found[-1]["seq"], found[-1]["hash"]) == (newest["seq"], newest["hash"])
    assert {line["workspace"] for line in found} == {"first"}


def test_what_is_committed_meanwhile_is_no_gap_in_an_export(
    api: Api,
    write: Callable[[int], None],
    tenant: Tenant,
    dsn: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(routes, "_ROWS_AT_A_TIME", 3)
    read, asked = export.entries, itertools.count()
    write(5)
    with psycopg.connect(dsn) as slow:
        trail.append(slow, tenant.id, "engine", "request", "slow", {})
        write(1)

        async def entries(*args: Any) -> list[Linked]:
            if next(asked) == 1:  # the first page has been read
                write(1)
                slow.commit()
            return await read(*args)

        monkeypatch.setattr(export, "entries", entries)
        found = lines(api)

    assert "slow" not in {line["subject"] for line in found}
    assert [line["seq"] for line in found] == list(range(1, len(found) + 1))
    monkeypatch.setattr(export, "entries", read)
    assert sorted(line["seq"] for line in lines(api)) == list(range(1, len(found) + 3))


def test_an_export_takes_the_filters_of_the_list(
    api: Api, write: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "_ROWS_AT_A_TIME", 2)
    write(6)

    assert [each["subject"] for each in lines(api, actor="key:1", action="request")] == [
        "audience:1",
        "audience:3",
        "audience:5",
    ]
    assert lines(api, until="2020-01-01T00:00:00Z") == []
    assert len(lines(api, subject="audience:2", since="2020-01-01T00:00:00Z")) == 1
    api.get(EXPORT, expect=422, since="yesterday")
    api.get(EXPORT, expect=422, subject="\0")
