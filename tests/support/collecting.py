"""Sends to the collector and reads what it put into the log."""

import base64
import gzip
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg
import redis

from api.app import create_app
from config.collector import CollectorParams
from config.settings import Settings
from domain.intake.envelope import Envelope, decode
from domain.intake.partitioning import stream_key
from local.servers.postgres import EmbeddedPostgres
from store.workspaces.bootstrap import bootstrap
from tests.conftest import _TEMPLATE as TEMPLATE
from tests.support.databases import copy_database, drop_database
from tests.support.serving import serving_api


def streamed(settings: Settings) -> list[Envelope]:
    """Every record of the embedded log, partition by partition, in order."""
    with redis.Redis.from_url(settings.redis.url.get_secret_value()) as client:
        names = [
            stream_key(settings.log.name, partition) for partition in range(settings.log.partitions)
        ]
        return [
            decode(value)
            for name in names
            for _, fields in client.xrange(name)
            for value in fields.values()
        ]


def streamed_events(settings: Settings) -> list[Any]:
    """Their events, parsed."""
    return [json.loads(bytes(record.event)) for record in streamed(settings)]


def basic(write_key: str) -> dict[str, str]:
    """The header that server SDKs send."""
    return {"authorization": "Basic " + base64.b64encode(f"{write_key}:".encode()).decode()}


def track(number: int = 0, **fields: Any) -> dict[str, Any]:
    """A valid event."""
    return {
        "type": "track",
        "event": "Viewed",
        "userId": f"u{number}",
        "messageId": f"m{number}",
        **fields,
    }


class Sender:
    """A client of the collector with one write key."""

    def __init__(self, address: str, write_key: str) -> None:
        self.http = httpx.Client(base_url=address, timeout=30)
        self.write_key = write_key

    def post(
        self,
        path: str,
        body: Any,
        headers: Mapping[str, str] | None = None,
        *,
        packed: bool = False,
    ) -> httpx.Response:
        """Send a body: bytes as they are, anything else as JSON.

        Basic authorization unless the headers say otherwise.
        """
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        if packed:
            content = gzip.compress(content)
        return self.http.post(
            path, content=content, headers=basic(self.write_key) if headers is None else headers
        )

    def refused(
        self, path: str, body: Any, status: int, code: str, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """Send a body that must be refused so."""
        answer = self.post(path, body, headers)
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/json"
        assert set(answer.json()) - {"reason"} == {"code", "message"}
        assert answer.json()["code"] == code
        return answer


@dataclass(frozen=True)
class Served:
    """A collector that several tests share.

    Attributes:
        settings: what it runs with.
        address: where it is served.
        write_key: of its source.
        source_id: of its source.
    """

    settings: Settings
    address: str
    write_key: str
    source_id: int


@contextmanager
def served(
    postgres: EmbeddedPostgres, valkey_url: str, data_dir: Path, params: CollectorParams
) -> Iterator[Served]:
    """Serve a collector with a database of its own."""
    server, name = postgres.dsn("postgres"), f"collector_{data_dir.name.replace('-', '_')}"
    copy_database(server, TEMPLATE, name)
    with psycopg.connect(postgres.dsn(name)) as conn:
        first = bootstrap(conn)
    assert first is not None
    sections = {
        "data_dir": data_dir,
        "postgres": {"dsn": postgres.dsn(name)},
        "redis": {"url": valkey_url},
    }
    settings = Settings.model_validate(sections | {"edge": {"collector": asdict(params)}})
    with serving_api(create_app(settings)) as address:
        yield Served(settings, address, first.write_key, first.source_id)
    drop_database(server, name)


@contextmanager
def sending(to: Served) -> Iterator[Sender]:
    """A client, and an empty log."""
    with redis.Redis.from_url(to.settings.redis.url.get_secret_value()) as valkey:
        valkey.flushall()
    sender = Sender(to.address, to.write_key)
    yield sender
    sender.http.close()
