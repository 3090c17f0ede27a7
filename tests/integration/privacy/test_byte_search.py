"""A whole life, erased: no marker of it is left in any table, file, log or list.

The person has unmistakable markers in every field, goes through merges, segments, all platforms,
exports and dead letters, shares a device with somebody else, and is erased; the log is replayed and
the file sent again; everything is restarted and vacuumed.
"""

import json
from pathlib import Path

import httpx
import pytest
import redis

from cli.privacy.verifying import verified
from tests.integration.privacy.shop import (
    PLATFORMS,
    USER,
    Shop,
    audiences,
    in_tables,
    john,
    life,
    listed,
    needles,
    parted_and_joined,
    replayed,
    wait,
)


def _overwrite_log_segments(shop: Shop) -> None:
    """Write more than all files of the write-ahead log hold, so that they are recycled."""
    with shop.connect() as connection:
        connection.execute("VACUUM FULL")
        connection.execute("CREATE TABLE ballast (noise bytea)")
        for _ in range(2):
            (files,) = connection.execute("SELECT count(*) FROM pg_ls_waldir()").fetchone() or (0,)
            for _ in range(files + 2):
                connection.execute(
                    "INSERT INTO ballast SELECT decode(string_agg(md5(random()::text), ''), 'hex')"
                    " FROM generate_series(1, 60000) n, generate_series(1, 17) m"
                )
                connection.execute("SELECT pg_switch_wal()")
            connection.execute("CHECKPOINT")
        connection.execute("DROP TABLE ballast")
        connection.execute("CHECKPOINT")


def _on_lists(shop: Shop) -> set[str]:
    """Platforms of which a list holds a marker."""
    found = set()
    for platform in PLATFORMS:
        root = f"{shop.addresses.sandbox(platform)}/_sandbox/audiences"
        for audience in httpx.get(root, timeout=60).json():
            members = httpx.get(f"{root}/{audience['id']}", timeout=60).content
            if any(needle in members for needle in needles()):
                found.add(platform)
    return found


def _in_files(folder: Path) -> list[str]:
    """Files with a marker; a stand-in's journal of what it was told is the platform's own."""
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink() and path.suffix != ".state":
            content = path.read_bytes()
            found += [
                f"{path.relative_to(folder)}: {needle.decode()}"
                for needle in needles()
                if needle in content
            ]
    return found


@pytest.mark.long
def test_nothing_of_a_whole_life_is_left(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    audiences(shop)
    whole_life = life()
    shop.send(*whole_life)
    wait(shop.processed, "the life is processed")
    shop.send(john())
    wait(shop.processed, "the other person is processed")
    person = shop.call("GET", f"/cdp/profiles/lookup?kind=user_id&value={USER}")["id"]
    wait(lambda: len(listed(shop)) == len(PLATFORMS), "every platform lists them")
    parted_and_joined(shop, person)
    export = shop.call(
        "POST", "/cdp/audiences/export?wait=false",
        json={
            "rule": {"type": "identifier", "kind": "user_id"}, "format": "json",
            "purpose": "analytics", "traits": ["plan"], "events": ["Order Completed"],
        },
    )  # fmt: skip
    wait(
        lambda: shop.call("GET", f"/cdp/exports/{export['id']}")["status"] == "done",
        "the export is written",
    )
    access = shop.gathered(person)
    records = shop.records()
    assert _on_lists(shop) == set(PLATFORMS)
    before = in_tables(shop)
    assert {line.split(":")[0] for line in before} >= {
        "events", "identifiers", "profiles", "dead_letters", "audience_members", "push_requests",
    }  # fmt: skip

    preview = shop.call("POST", "/cdp/privacy/erasures/preview", json={"profile_id": person})
    request = shop.call(
        "POST",
        "/cdp/privacy/erasures",
        json={
            "profile_id": person,
            "reason": "they asked for it",
            "fingerprint": preview["fingerprint"],
        },
    )
    path = f"/cdp/privacy/requests/{request['id']}"
    wait(
        lambda: shop.call("GET", path)["status"] == "completed",
        lambda: json.dumps(shop.call("GET", path)),
    )
    ended = shop.call("GET", f"/cdp/privacy/requests/{access}")
    assert (ended["status"], ended["archive"]["reason"]) == ("expired", "erased")
    assert list((shop.folder / "exports" / "access").iterdir()) == []
    told = shop.call("GET", path)
    assert {one["platform"] for one in told["recipients"]} == set(PLATFORMS)
    assert all(one["confirmed_at"] for one in told["recipients"])

    assert _on_lists(shop) == set()

    replayed(shop, records)
    shop.send(*whole_life)
    wait(shop.processed, "the file that was sent again is processed")
    receipt = httpx.get(
        f"{shop.url}{path}/receipt", headers={"x-api-key": shop.api_key}, timeout=60
    ).content
    wait(lambda: not in_tables(shop), lambda: in_tables(shop)[:9])
    other = shop.call("GET", "/cdp/profiles/lookup?kind=user_id&value=john")
    assert other["events"]["total"] == 1
    _overwrite_log_segments(shop)
    with redis.Redis.from_url(shop.addresses.valkey_url) as client:
        for key in client.scan_iter("stratum.events:*", _type="stream"):
            client.xtrim(key, maxlen=0, approximate=False)
        client.bgrewriteaof()
        wait(lambda: not client.info("persistence")["aof_rewrite_in_progress"], "rewritten")
    shop.stack.stop()
    left = _in_files(shop.folder)
    assert left == [], "\n".join(left)
    shop.start()
    assert in_tables(shop) == []
    monkeypatch.setenv("STRATUM_POSTGRES__DSN", shop.addresses.postgres_dsn)
    assert all(one.holds for one in verified(receipt))
