"""The live feed: what it tells, to whom, from where on, and what it survives."""

import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from psycopg.types.json import Jsonb

from api.app import create_app
from api.live.places import Place, written
from api.live.places import read as read_place
from config.live import LiveParams
from config.settings import Settings
from store.audit import trail
from tests.api.conftest import Api, Tenant
from tests.api.live.conftest import LIVE, Ear, Heard, Listen
from tests.support.serving import serving_api

ALL = "statistics,readings,decisions,pushes,alerts,sweeps,commands,events"
Add = Callable[..., int]


def ids(heard: list[Heard], name: str = "reading") -> list[int]:
    return [one.data["id"] for one in heard if one.name == name]


def begun(ear: Ear) -> Ear:
    """Once it has its place."""
    ear.until("")
    return ear


def waits(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def test_a_reading_is_told_as_it_is_written(listen: Listen, read: Add) -> None:
    ear = begun(listen("readings"))
    headers = ear.answer.headers
    number = read()

    (told,) = ear.until("reading")

    assert told.data.keys() == {"signal", "id", "score", "status", "read_at"}
    assert (told.data["id"], told.data["score"], told.data["status"]) == (number, 63.5, "degraded")
    assert headers["content-type"].startswith("text/event-stream")
    assert (headers["cache-control"], headers["x-accel-buffering"]) == ("no-store", "no")


def test_everything_is_told_without_personal_data(
    listen: Listen, read: Add, insert: Add, tenant: Tenant, api: Api
) -> None:
    tenant.feed(tenant.event("identify", userId="secret-1", traits={"email": "secret@example.com"}))
    profile = api.get("/cdp/profiles/lookup", kind="user_id", value="secret-1")
    ear = begun(listen(ALL))
    now = datetime.now(UTC)
    segment = api.get("/cdp/segments")["items"][0]["id"]
    audience = insert(
        "audiences", workspace_id=tenant.id, segment_id=segment, platform="meta",
        name="secret@example.com", account_id="1", interval_s=0,
    )  # fmt: skip
    insert(
        "decisions", workspace_id=tenant.id, destination=f"meta:{audience}", audience_id=audience,
        action="push", verdict="hold", automation="alert_only", codes=["degraded"],
        reasons=Jsonb(["secret@example.com"]), reading_ids=[], decided_at=now,
    )  # fmt: skip
    insert(
        "pushes", workspace_id=tenant.id, audience_id=audience, kind="manual", status="failed",
        error="secret@example.com", readback=Jsonb({"secret": "secret"}), started_at=now,
    )  # fmt: skip
    insert(
        "alerts", workspace_id=tenant.id, dedup_key="k", key="signal:source:1", kind="signal",
        severity="info", worst="info", summary="secret@example.com", opened_at=now,
        members=Jsonb(["secret"]), changed_at=now, acknowledged_by="secret",
    )  # fmt: skip
    insert("sweeps", workspace_id=tenant.id, revision=1, reason="secret@example.com")
    read()
    api.http.post(
        f"/cdp/profiles/{profile['id']}/unmerge",
        json={"identifiers": [{"kind": "user_id", "value": "secret-1"}], "reason": "secret"},
    )
    tenant.feed(
        tenant.event(
            at_ms=int(time.time() * 1000), event="Order Completed", userId="secret-1",
            properties={"secret": "secret@example.com"},
        )
    )  # fmt: skip
    heard: list[Heard] = []
    wanted = {"decision", "push", "alert", "sweep", "reading", "statistics"}

    for one in ear.events():
        heard.append(one)
        if wanted <= {each.name for each in heard}:
            break

    assert all("secret" not in str(one) for one in heard)


def test_a_listener_that_comes_back_misses_and_repeats_nothing(listen: Listen, read: Add) -> None:
    other = begun(listen("readings"))  # keeps the feed running
    ear = begun(listen("readings"))
    first = [read() for _ in range(3)]
    told = ear.until("reading", 2)
    ear.close()
    between = [read() for _ in range(3)]
    other.until("reading", 6)

    back = listen("readings", last=told[-1].id)
    later = [read()]

    assert ids(told) + ids(back.until("reading", 5)) == first + between + later


def test_another_process_goes_on_from_the_same_place(
    listen: Listen, read: Add, settings: Settings, tenant: Tenant
) -> None:
    ear = begun(listen("readings"))
    first = [read(), read()]
    told = ear.until("reading", 2)
    ear.close()
    between = [read(), read()]
    with serving_api(create_app(settings)) as elsewhere:
        back = Ear(elsewhere, tenant.read, "readings", told[-1].id)
        begun_at = back.until("", 1)
        after = read()
        heard = begun_at + back.until("reading", 1)
        back.close()

    assert ids(told) == first
    assert ids(heard) == [*between, after]
    assert [one.name for one in heard if one.name == "gap"] == []


def test_a_row_that_commits_late_is_told_all_the_same(
    listen: Listen, read: Add, tenant: Tenant, postgres_dsn: str
) -> None:
    ear = begun(listen("readings"))
    with psycopg.connect(postgres_dsn) as slow:
        row = slow.execute(
            "INSERT INTO readings (workspace_id, signal, read_at, status, sample, components,"
            " reasons) VALUES (%s, 'source:1', now(), 'unknown', 0, '{}', '[]') RETURNING id",
            (tenant.id,),
        ).fetchone()
        assert row is not None
        quick = read()
        assert ids(ear.until("reading")) == [quick]
        slow.commit()

    assert ids(ear.until("reading")) == [row[0]]


def test_a_row_that_commits_after_a_feed_began_is_told_although_its_id_is_lower(
    listen: Listen, read: Add, tenant: Tenant, postgres_dsn: str
) -> None:
    known = read()
    with psycopg.connect(postgres_dsn) as slow:
        row = slow.execute(
            "INSERT INTO readings (workspace_id, signal, read_at, status, sample, components,"
            " reasons) VALUES (%s, 'source:1', now(), 'unknown', 0, '{}', '[]') RETURNING id",
            (tenant.id,),
        ).fetchone()
        assert row is not None
        quick = read()
        ear = begun(listen("readings"))
        slow.commit()
    last = read()

    told = ids(ear.until("reading", 2))
    assert sorted(told) == [row[0], last]
    assert {known, quick}.isdisjoint(told)


def test_of_two_commands_the_one_that_commits_later_is_told_too(
    listen: Listen, tenant: Tenant, postgres_dsn: str
) -> None:
    ear = begun(listen("commands"))
    with psycopg.connect(postgres_dsn) as slow, psycopg.connect(postgres_dsn) as quick:
        given = [
            trail.append(conn, tenant.id, "key:1", "unmerge", "profile:1", {})
            for conn in (slow, quick)
        ]
        quick.commit()
        first = ear.until("command")[-1].data
        slow.commit()
        second = ear.until("command")[-1].data

    assert [int(one["id"].split("-")[1]) for one in (second, first)] == given
    assert {one["status"] for one in (first, second)} == {"pending"}


def test_a_push_is_told_when_it_begins_and_when_it_ends(
    listen: Listen, insert: Add, tenant: Tenant, api: Api, postgres_dsn: str
) -> None:
    segment = api.get("/cdp/segments")["items"][0]["id"]
    audience = insert(
        "audiences", workspace_id=tenant.id, segment_id=segment, platform="meta", name="A",
        account_id="1", interval_s=0,
    )  # fmt: skip
    ear = begun(listen("pushes"))
    push = insert(
        "pushes", workspace_id=tenant.id, audience_id=audience, kind="manual", status="running",
        started_at=datetime.now(UTC),
    )  # fmt: skip
    (running,) = ear.until("push")
    with psycopg.connect(postgres_dsn) as conn:
        conn.execute("UPDATE pushes SET status = 'done', ended_at = now()")
    (done,) = ear.until("push")

    assert [(one.data["id"], one.data["status"]) for one in (running, done)] == [
        (push, "running"),
        (push, "done"),
    ]


def promise(postgres_dsn: str, span: str) -> None:
    """Everything received until then has been read."""
    with psycopg.connect(postgres_dsn) as conn:
        conn.execute("UPDATE offsets SET caught_up_at = now() + %s::interval", (span,))


def test_events_are_counted_and_a_few_are_shown(
    listen: Listen, tenant: Tenant, postgres_dsn: str
) -> None:
    promise(postgres_dsn, "1 minute")
    ear = begun(listen("events"))
    time.sleep(0.3)  # its first look fixes where it begins
    at = int(time.time() * 1000)
    tenant.feed(*(tenant.event(at_ms=at + n, event="Seen", userId="u1") for n in range(30)))

    heard = ear.until("events")[-1]

    assert heard.data["counts"] == [{"type": "track", "name": "Seen", "count": 30}]
    assert heard.data["exact"] is True
    assert len(heard.data["shown"]) == 20
    assert heard.data["shown"][0].keys() == {"id", "type", "name", "received_at"}


def test_while_partitions_are_read_late_counts_are_not_exact(
    listen: Listen, tenant: Tenant, postgres_dsn: str
) -> None:
    promise(postgres_dsn, "-1 minute")
    ear = begun(listen("events"))

    said = ear.until("events")[-1].data
    assert (said["counts"], said["exact"]) == ([], False)
    tenant.feed(tenant.event(at_ms=int(time.time() * 1000), event="Seen", userId="u1"))
    said = ear.until("events")[-1].data
    assert ([one["count"] for one in said["counts"]], said["exact"]) == ([1], False)


def test_what_a_partition_still_holds_and_no_look_will_find_makes_counts_inexact(
    listen: Listen, tenant: Tenant, postgres_dsn: str
) -> None:
    promise(postgres_dsn, "1 minute")
    ear = begun(listen("events"))
    time.sleep(1.8)
    promise(postgres_dsn, "-2.5 seconds")  # after where looks begin, until something comes
    at = int(time.time() * 1000) - 1_000  # received a second later
    tenant.feed(tenant.event(at_ms=at, event="Quick", userId="u1"))
    quick = ear.until("events")[-1].data
    tenant.feed(tenant.event(at_ms=at - 2_400, event="Slow", userId="u1"))
    promise(postgres_dsn, "1 minute")
    time.sleep(0.3)
    tenant.feed(tenant.event(at_ms=at + 1, event="Quick", userId="u1"))
    then = ear.until("events")[-1].data

    assert {one["name"] for one in quick["counts"] + then["counts"]} == {"Quick"}
    assert (quick["exact"], then["exact"]) == (False, True)


def test_of_more_events_than_a_look_counts_the_rest_is_left_out_and_the_feed_stays_near(
    settings: Settings, tenant: Tenant, postgres_dsn: str
) -> None:
    promise(postgres_dsn, "1 minute")
    with serving_api(served(settings, rows=1)) as address:
        ear = begun(Ear(address, tenant.read, "events"))
        time.sleep(0.3)  # its first look fixes where it begins
        at = int(time.time() * 1000) - 1_030  # they are received a second later
        tenant.feed(*(tenant.event(at_ms=at + n, event="Seen", userId="u1") for n in range(30)))
        first = ear.until("events")[-1].data
        later = int(time.time() * 1000)
        tenant.feed(tenant.event(at_ms=later, event="Next", userId="u1"))
        second = ear.until("events")[-1].data
        ear.close()

    assert first["counts"] == [{"type": "track", "name": "Seen", "count": 10}]
    assert first["exact"] is False
    assert second["counts"] == [{"type": "track", "name": "Next", "count": 1}]


def test_two_workspaces_hear_nothing_of_each_other(
    listen: Listen, read: Add, tenants: Callable[[str], Tenant]
) -> None:
    second = tenants("second")
    mine, theirs = begun(listen("readings")), begun(listen("readings", key=second.read))
    own = read()
    other = read(workspace_id=second.id)

    assert ids(mine.until("reading")) == [own]
    assert ids(theirs.until("reading")) == [other]
    place = read_place(mine.last or "", 1) or read_place(mine.last or "", mine_id(mine))
    assert place is not None
    strange = listen("readings", key=second.read, last=mine.last)
    assert [one.name for one in strange.until("")] == ["gap", ""]


def mine_id(ear: Ear) -> int:
    return next(n for n in range(100) if read_place(ear.last or "", n) is not None)


@pytest.mark.parametrize(
    "last",
    [
        "", "garbage", "%00", "x" * 1_900, "x" * 5_000,
        written(Place(1, "x", -1, {})),
        written(Place(2**40, "x", 0, {"readings": (0, 1)})),
    ],
)  # fmt: skip
def test_an_odd_place_is_a_gap_and_no_error(listen: Listen, read: Add, last: str) -> None:
    ear = listen("readings,decisions", last=last)

    assert [one.name for one in ear.until("")] == ["gap", ""]
    number = read()
    assert ids(ear.until("reading")) == [number]


def test_a_place_in_the_future_is_a_gap(listen: Listen, tenant: Tenant) -> None:
    far = {"readings": (0, 2**62), "pushes": (253_402_300_799_999_999, 2**62)}
    ear = listen("readings,pushes", last=written(Place(tenant.id, "x", 2**62, far)))

    (told, _) = ear.until("")
    assert (told.name, told.data) == ("gap", {"topics": ["pushes", "readings"]})


@pytest.mark.parametrize("topics", ["nothing", "readings,", "", "Readings", "readings,nothing"])
def test_topics_that_do_not_exist_are_refused(api: Api, topics: str) -> None:
    api.get(LIVE, 422, topics=topics)


def test_without_topics_or_key_there_is_no_stream(api: Api, asks: Callable[[str], Api]) -> None:
    api.get(LIVE, 422)
    asks("").get(LIVE, 401, topics="readings")


def served(settings: Settings, **live: Any) -> FastAPI:
    changed = vars(settings.query.live) | live
    query = settings.query.model_copy(update={"live": LiveParams(**changed)})
    return create_app(settings.model_copy(update={"query": query}))


def test_no_more_than_so_many_listen_and_whoever_leaves_makes_room(
    settings: Settings, tenant: Tenant, tenants: Callable[[str], Tenant], read: Add
) -> None:
    app = served(settings, listeners=200)
    with serving_api(app) as address:
        with ThreadPoolExecutor(20) as pool:
            ears = list(
                pool.map(lambda _: begun(Ear(address, tenant.read, "readings")), range(100))
            )
        headers = {"authorization": f"Bearer {tenant.read}"}
        refused = httpx.get(f"{address}{LIVE}?topics=readings", headers=headers, timeout=20)
        assert (refused.status_code, refused.json()["code"]) == (429, "busy")
        assert refused.headers["retry-after"]
        assert app.state.live.feeds == 1
        other = begun(Ear(address, tenants("second").read, "readings"))  # places are left for all
        other.close()
        waits(lambda: app.state.live.feeds == 1, "the other one still listens")
        number = read()
        assert [ids(ear.until("reading")) for ear in ears] == [[number]] * 100
        assert httpx.get(f"{address}/cdp/segments", headers=headers, timeout=20).status_code == 200
        ears.pop().close()
        waits(lambda: app.state.live.listeners == 99, "the place is not free")
        ears.append(begun(Ear(address, tenant.read, "readings")))
        for ear in ears:
            ear.close()
        waits(lambda: app.state.live.feeds == 0, "the feed does not stop")


def test_a_slow_listener_is_dropped_and_the_others_go_on(
    settings: Settings, tenant: Tenant, postgres_dsn: str
) -> None:
    app = served(settings, queue=50)
    with serving_api(app) as address:
        place = urlsplit(address)
        slow = socket.socket()
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.connect((place.hostname or "", place.port or 0))
        slow.sendall(
            f"GET {LIVE}?topics=readings HTTP/1.1\r\nhost: x\r\n"
            f"authorization: Bearer {tenant.read}\r\n\r\n".encode()
        )
        good = begun(Ear(address, tenant.read, "readings"))
        waits(lambda: app.state.live.listeners == 2, "they do not listen")
        heard: list[int] = []
        with psycopg.connect(postgres_dsn, autocommit=True) as conn:
            while app.state.live.listeners == 2:
                conn.execute(
                    "INSERT INTO readings (workspace_id, signal, read_at, status, sample,"
                    " components, reasons) SELECT %s, repeat('x', 20000), now(), 'unknown', 0,"
                    " '{}', '[]' FROM generate_series(1, 20)",
                    (tenant.id,),
                )
                heard += ids(good.until("reading", 20))
                assert len(heard) < 10_000, "the slow one is kept"
        assert heard == sorted(set(heard))
        assert len(heard) > 50
        slow.close()
        good.close()


def test_the_server_ends_a_stream_after_a_while_and_shows_life_before(
    settings: Settings, tenant: Tenant
) -> None:
    app = served(settings, longest=timedelta(seconds=1), comment_interval=timedelta(seconds=0.2))
    with serving_api(app) as address:
        ear = begun(Ear(address, tenant.read, "readings"))
        assert list(ear.events()) == []
        assert 2 <= ear.comments <= 5
        ear.close()


def test_a_server_that_stops_ends_the_streams_at_once(settings: Settings, tenant: Tenant) -> None:
    with serving_api(create_app(settings)) as address:
        ear = begun(Ear(address, tenant.read, "readings"))
        began = time.monotonic()
    assert time.monotonic() - began < 3
    assert list(ear.events()) == []
    ear.close()


def test_postgres_may_go_away_for_a_while(listen: Listen, read: Add, postgres_dsn: str) -> None:
    ear = begun(listen("readings"))
    name = postgres_dsn.rsplit("/", 1)[-1].split("?", maxsplit=1)[0].split(" ", maxsplit=1)[0]
    database = psycopg.conninfo.conninfo_to_dict(postgres_dsn)["dbname"]
    other = psycopg.conninfo.make_conninfo(postgres_dsn, dbname="postgres")
    with psycopg.connect(other, autocommit=True) as conn:
        conn.execute(f'ALTER DATABASE "{database}" ALLOW_CONNECTIONS false'.encode())
        conn.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (database,)
        )
        assert ear.until("away")[-1].name == "away", name
        conn.execute(f'ALTER DATABASE "{database}" ALLOW_CONNECTIONS true'.encode())
        number = read()

    heard = ear.until("reading")

    assert ids(heard) == [number]
    assert "back" in [one.name for one in heard + ear_rest(ear, heard)]


def ear_rest(ear: Ear, heard: list[Heard]) -> list[Heard]:
    return [] if any(one.name == "back" for one in heard) else ear.until("back")
