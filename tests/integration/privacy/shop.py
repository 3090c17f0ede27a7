"""A shop on a running stack, and the whole life of one of its customers.

The person has unmistakable markers in every field, goes through merges, segments, all platforms,
exports and dead letters, and shares a device with somebody else.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import httpx
import psycopg
import redis

from config.load import load_settings
from domain.instants import to_ms
from domain.signals import metrics
from domain.signals.reading import Reading, Status
from local.stack.component import stratum_components
from local.stack.stack import Stack
from sources.log.entries import position_of
from store.signals import observations
from store.signals.signals import write_readings

_DEADLINE_S: Final = 120.0
PLATFORMS: Final = ("meta", "google", "tiktok", "snapchat")
_SETTINGS: Final = {
    "STRATUM_DELIVERY__HOLD_INTERVAL": "0.1",
    "STRATUM_GATE__COOL_DOWN": "0",
    "STRATUM_GATE__SWING": "100",
    "STRATUM_GATE__CONFIRM_FIRST": "false",
    "STRATUM_GOOGLE__STATUS_WAIT": "1",
    "STRATUM_GOOGLE__STATUS_INTERVAL": "1",
    "STRATUM_ERASURE__REWRITE_INTERVAL": "1",
}

USER: Final = "zqmarker-user-4711"
BROWSER: Final = "zqmarker-browser-0815"
DEVICE: Final = "2f9c7a10-77aa-4d3e-9b1c-zqmarkerdev1".replace("zqmarkerdev1", "0dd5e7ab41c9")
EMAIL: Final = "zqmarker.person@mail.example"
PHONE: Final = "+16505550187"
WORD: Final = "zqmarkerword"
MARKERS: Final = (USER, BROWSER, DEVICE, EMAIL, PHONE, WORD)


def needles() -> list[bytes]:
    """Markers in every form in which a platform, a log or a table may hold them."""
    found = {"zqmarker", DEVICE, DEVICE.upper(), PHONE, PHONE[1:]}
    for value in (*MARKERS, PHONE[1:]):
        for spelled in (value, value.lower()):
            found.add(sha256(spelled.encode()).hexdigest())
    return [each.encode() for each in sorted(found)]


def wait(reached: Callable[[], object], what: str | Callable[[], object]) -> None:
    deadline = time.monotonic() + _DEADLINE_S
    while not reached():
        late = time.monotonic() > deadline
        assert not late, what if isinstance(what, str) else what()
        time.sleep(0.1)


class Shop:
    """A running stack, and what its owner does with it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        settings = load_settings(
            environ={
                "STRATUM_DATA_DIR": str(folder),
                "STRATUM_SERVER__PORT": "0",
                "STRATUM_ENGINE__WORKERS": "1",
            }
        )
        # Its readings are written by hand: a real one takes an hour of traffic.
        self.stack = Stack(
            settings,
            choose=lambda *told: [
                one for one in stratum_components(*told) if one.name not in ("signals", "alerts")
            ],
            environment=_SETTINGS,
        )
        self._keys: Any = None

    def start(self) -> None:
        self.stack.start()
        self._keys = self._keys or self.stack.first_keys
        self.stack.wait_until_running(120)
        assert self.stack.addresses is not None
        self.addresses = self.stack.addresses
        self.url = f"http://127.0.0.1:{self.addresses.api_port}"

    @property
    def api_key(self) -> str:
        return str(self._keys.api_key)

    def connect(self) -> psycopg.Connection:
        return psycopg.connect(self.addresses.postgres_dsn, autocommit=True)

    def ask(self, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        with self.connect() as connection:
            return connection.execute(sql.encode(), parameters).fetchall()

    def call(self, method: str, path: str, **told: Any) -> Any:
        headers = {"x-api-key": self._keys.api_key}
        answer = httpx.request(method, f"{self.url}{path}", headers=headers, timeout=60, **told)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def send(self, *events: dict[str, Any]) -> None:
        answer = httpx.post(
            f"{self.url}/v1/batch",
            json={"batch": list(events)},
            auth=(self._keys.write_key, ""),
            timeout=60,
        )
        assert answer.is_success, answer.text

    def gathered(self, person: str) -> int:
        """Ask for everything that is held of a person, and wait for it; the request's number."""
        body = {"profile_id": person, "reason": "they asked for it"}
        number = int(self.call("POST", "/cdp/privacy/access", json=body)["id"])
        path = f"/cdp/privacy/requests/{number}"
        under_way = ("requested", "processing")
        wait(lambda: self.call("GET", path)["status"] not in under_way, "the archive is written")
        assert self.call("GET", path)["status"] == "ready"
        return number

    def healthy(self) -> None:
        """Sources and platforms were heard, and read well."""
        now = datetime.now(UTC)
        minute = int(now.timestamp()) // 60 * 60_000
        with self.connect() as connection, connection.transaction():
            ((workspace,),) = connection.execute("SELECT min(id) FROM workspaces").fetchall()
            sources = connection.execute("SELECT id FROM sources").fetchall()
            for (source,) in sources:
                signal = f"source:{source}"
                observations.add(
                    connection, [(workspace, signal, minute, 9, metrics.ACCEPTED, 100.0)]
                )
                for age_ms in (3, 2, 1, 0):
                    read_ms = to_ms(now) - age_ms
                    reading = Reading(workspace, signal, read_ms, 97.0, Status.HEALTHY, 1_000)
                    write_readings(connection, [reading])

    def processed(self) -> bool:
        with redis.Redis.from_url(self.addresses.valkey_url) as client:
            ends = {
                key.decode().rsplit(":", 1)[1]: client.xinfo_stream(key)["last-generated-id"]
                for key in client.scan_iter("stratum.events:*", _type="stream")
            }
        positions = dict(self.ask("SELECT partition::text, next_position FROM offsets"))
        return all(
            number in positions and positions[number] > position_of(last)
            for number, last in ends.items()
            if last != b"0-0"
        )

    def records(self) -> dict[bytes, list[dict[bytes, bytes]]]:
        """All that the log holds."""
        with redis.Redis.from_url(self.addresses.valkey_url) as client:
            return {
                key: [fields for _, fields in client.xrange(key)]
                for key in client.scan_iter("stratum.events:*", _type="stream")
            }


def life() -> list[dict[str, Any]]:
    """Everything that the person ever did, in the words of an SDK."""
    at = datetime.now(UTC).isoformat()
    device = {"advertisingId": DEVICE, "adTrackingEnabled": True, "type": "ios"}
    named: dict[str, Any] = {"anonymousId": BROWSER, "timestamp": at}
    said = {"note": WORD, "list": [WORD, {"deep": WORD}]}
    return [
        {**named, "type": "page", "name": "Home", "messageId": f"{WORD}-1", "properties": said},
        {
            **named, "type": "identify", "userId": USER, "messageId": f"{WORD}-2",
            "traits": {"email": EMAIL.upper(), "phone": PHONE, "plan": WORD, **said},
            "context": {
                "device": device, "ip": "203.0.113.77", "userAgent": WORD,
                "consent": {"categoryPreferences": {"advertising": True, "analytics": True}},
            },
        },
        {
            **named, "type": "track", "userId": USER, "event": "Order Completed",
            "messageId": f"{WORD}-3", "context": {"device": device},
            "properties": {"revenue": 42.0, "currency": "EUR", "coupon": WORD, **said},
        },
        {**named, "type": "group", "groupId": WORD, "traits": said, "messageId": f"{WORD}-4"},
        {**named, "type": "screen", "name": "Start", "messageId": f"{WORD}-5"},
        {
            "type": "alias", "userId": USER, "previousId": f"{BROWSER}-old", "timestamp": at,
            "messageId": f"{WORD}-6",
        },
        # Unreadable: it becomes a dead letter.
        {**named, "type": "track", "userId": USER, "messageId": f"{WORD}-7", "properties": said},
    ]  # fmt: skip


def john() -> dict[str, Any]:
    """Somebody else, on the person's device."""
    return {
        "type": "track", "userId": "john", "anonymousId": BROWSER, "event": "Viewed",
        "timestamp": datetime.now(UTC).isoformat(), "messageId": "john-1",
    }  # fmt: skip


def audiences(shop: Shop) -> None:
    (segment,) = [one["id"] for one in shop.call("GET", "/cdp/segments")["items"]]
    for platform in PLATFORMS:
        shop.call(
            "POST",
            "/cdp/audience-sync/audiences",
            json={"segment_id": segment, "platform": platform, "name": platform, "interval_s": 0},
        )


def parted_and_joined(shop: Shop, person: str) -> None:
    """An operator bans a link of theirs, and lifts the ban."""
    old = {"kind": "anonymous_id", "value": f"{BROWSER}-old"}
    shop.call(
        "POST",
        f"/cdp/profiles/{person}/unmerge",
        json={"identifiers": [old], "reason": "a mistake"},
    )
    wait(shop.processed, "they are parted")
    links = [[{"kind": "user_id", "value": USER}, old]]
    shop.call("POST", "/cdp/links/allow", json={"links": links, "reason": "it was none"})
    wait(shop.processed, "they are one again")


def listed(shop: Shop) -> set[str]:
    shop.healthy()
    return {
        platform
        for (platform,) in shop.ask(
            "SELECT a.platform FROM audience_members m JOIN audiences a ON a.id = m.audience_id"
            " WHERE m.state IN ('present', 'accepted')"
        )
    }


def replayed(shop: Shop, records: dict[bytes, list[dict[bytes, bytes]]]) -> None:
    with redis.Redis.from_url(shop.addresses.valkey_url) as client:
        for key, entries in records.items():
            for fields in entries:
                client.xadd(key, fields)
    wait(shop.processed, "the replay is processed")


def in_tables(shop: Shop) -> list[str]:
    """Tables with a marker in any column, also within packed values."""
    found = []
    marks = [needle.decode() for needle in needles()]
    for (table,) in shop.ask(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
    ):
        packed = shop.ask(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public'"
            " AND table_name = %s AND data_type = 'bytea'",
            table,
        )
        spelled = ["t::text", *(f"coalesce(encode({name}, 'escape'), '')" for (name,) in packed)]
        rows = shop.ask(f"SELECT {' || '.join(spelled)} FROM {table} t")
        for (row,) in rows:
            found += [f"{table}: {needle}" for needle in marks if needle in row]
    return found
