"""The whole application on real servers, and people in it: events go through UNIFY just as in the
engine."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import httpx
import msgspec
import psycopg
import pytest
import redis
from fastapi import FastAPI

from api.app import create_app
from config.settings import Settings
from dataflows.unify.unifier import Unifier, build_unifier
from domain.changes import Facts
from domain.event import Batch, Record
from domain.intake.envelope import encode_event
from domain.intake.partitioning import stream_key
from store.workspaces.bootstrap import create_api_key, create_source, create_workspace
from tests.support.serving import serving_api

START_MS = 1_790_000_000_000
"""An instant in the past of every test run: events are dated from here on."""
Insert = Callable[..., int]
"""Inserts a row of named values into a table; returns its id."""


@dataclass
class Tenant:
    """A workspace with keys, and the hand that feeds it events."""

    id: int
    salt: bytes
    source: int
    read: str
    write: str
    admin: str
    gate: str
    commit: Callable[[list[bytes]], list[Facts]]
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def event(self, kind: str = "track", at_ms: int = START_MS, **fields: Any) -> bytes:
        """One enveloped event of this workspace's source."""
        body = {"type": kind, "messageId": f"m{next(self.numbers)}", "timestamp": at_ms, **fields}
        return encode_event(self.source, at_ms + 1_000, 0, msgspec.json.encode(body))

    def feed(self, *records: bytes) -> list[Facts]:
        """Commit records as one batch."""
        return self.commit(list(records))


@pytest.fixture
def commit(settings: Settings) -> Iterator[Callable[[list[bytes]], list[Facts]]]:
    """Commits batches of records to one partition."""
    unifier: Unifier = build_unifier(
        settings.postgres.dsn.get_secret_value(),
        settings.identity,
        settings.profile,
        settings.engine,
        lambda *_: None,
    )
    position = 0

    def run(records: list[bytes]) -> list[Facts]:
        nonlocal position
        rows = tuple(
            Record(position + index, 0, value, 0, START_MS) for index, value in enumerate(records)
        )
        batch = Batch(settings.log.name, 0, position, position + len(rows), rows)
        position += len(rows)
        return unifier(batch)

    with psycopg.connect(settings.postgres.dsn.get_secret_value()) as conn:
        conn.execute(
            "INSERT INTO offsets (log, partition, next_position) VALUES (%s, 0, 0)",
            (settings.log.name,),
        )
    yield run
    unifier.close()


@pytest.fixture
def tenants(
    settings: Settings, commit: Callable[[list[bytes]], list[Facts]]
) -> Callable[[str], Tenant]:
    """Makes workspaces with a source and four keys."""

    def create(name: str) -> Tenant:
        with psycopg.connect(settings.postgres.dsn.get_secret_value()) as conn:
            workspace = create_workspace(conn, name)
            source, _ = create_source(conn, workspace.id, "web")
            read = create_api_key(conn, workspace.id, "reader", ["read"])
            write = create_api_key(conn, workspace.id, "operator", ["read", "write"])
            admin = create_api_key(conn, workspace.id, "admin", ["read", "write", "gate", "admin"])
            gate = create_api_key(conn, workspace.id, "releaser", ["gate"])
        return Tenant(workspace.id, workspace.salt, source, read, write, admin, gate, commit)

    return create


@pytest.fixture
def tenant(tenants: Callable[[str], Tenant]) -> Tenant:
    """One workspace."""
    return tenants("first")


@pytest.fixture
def drain(settings: Settings) -> Callable[[], list[bytes]]:
    """Takes every record out of the log: what commands and retries have appended since."""

    def take() -> list[bytes]:
        with redis.Redis.from_url(settings.redis.url.get_secret_value()) as client:
            names = [
                stream_key(settings.log.name, partition)
                for partition in range(settings.log.partitions)
            ]
            records = [
                value
                for name in names
                for _, fields in client.xrange(name)
                for value in fields.values()
            ]
            client.delete(*names)
        return records

    return take


@pytest.fixture
def insert(postgres_dsn: str) -> Insert:
    """Inserts a row of named values; returns its id."""

    def run(table: str, **values: Any) -> int:
        names = ", ".join(values)
        places = ", ".join(f"%({name})s" for name in values)
        sql = f"INSERT INTO {table} ({names}) VALUES ({places}) RETURNING id"
        with psycopg.connect(postgres_dsn) as conn:
            row = conn.execute(sql.encode(), values).fetchone()
        assert row is not None
        return int(row[0])

    return run


@pytest.fixture
def execute(settings: Settings) -> Callable[..., Any]:
    """Runs one statement; answers its first value."""

    def run(statement: str, *values: object) -> Any:
        with psycopg.connect(settings.postgres.dsn.get_secret_value()) as conn:
            cursor = conn.execute(statement.encode(), values)
            return cursor.fetchone()[0] if cursor.description else None  # type: ignore[index]

    return run


def connected(settings: Settings, **platforms: dict[str, Any]) -> Settings:
    """The same settings with platforms connected, by name."""
    return Settings.model_validate(settings.model_dump(exclude=set(platforms)) | platforms)


def with_meta(settings: Settings) -> Settings:
    """The same settings with Meta connected; nothing is sent there."""
    return connected(settings, meta={"account_id": "111", "access_token": "t"})


@pytest.fixture
def app(settings: Settings) -> FastAPI:
    """The application as it is served."""
    return create_app(settings)


@pytest.fixture
def address(app: FastAPI) -> Iterator[str]:
    """Where the application is served."""
    with serving_api(app) as url:
        yield url


class Api:
    """Asks as one API key; no key for the empty string."""

    def __init__(self, address: str, key: str) -> None:
        headers = {"authorization": f"Bearer {key}"} if key else {}
        self.http = httpx.Client(base_url=address, headers=headers, timeout=30)

    def get(self, path: str, expect: int = 200, **params: Any) -> Any:
        """The JSON answer, which must have this status."""
        return self._checked(self.http.get(path, params=params), expect)

    def post(self, path: str, body: Any = None, expect: int = 202) -> Any:
        """The JSON answer, which must have this status."""
        return self._checked(self.http.post(path, json=body), expect)

    def put(self, path: str, body: Any, expect: int = 200) -> Any:
        """The JSON answer, which must have this status."""
        return self._checked(self.http.put(path, json=body), expect)

    def patch(self, path: str, body: Any, expect: int = 200, **headers: str) -> Any:
        """The JSON answer, which must have this status."""
        return self._checked(self.http.patch(path, json=body, headers=headers), expect)

    def delete(self, path: str, expect: int = 200) -> Any:
        """The JSON answer, which must have this status."""
        return self._checked(self.http.delete(path), expect)

    @staticmethod
    def _checked(answer: httpx.Response, expect: int) -> Any:
        assert answer.status_code == expect, answer.text
        if expect >= 400:
            assert answer.headers["content-type"] == "application/problem+json"
        return answer.json()

    def pages(self, path: str, **params: Any) -> Iterator[list[Any]]:
        """Every page of a listing."""
        while True:
            page = self.get(path, **params)
            yield page["items"]
            if page["next"] is None:
                return
            params["cursor"] = page["next"]

    def everything(self, path: str, **params: Any) -> list[Any]:
        """All items of a listing."""
        return [item for page in self.pages(path, **params) for item in page]


@pytest.fixture
def asks(address: str) -> Iterator[Callable[[str], Api]]:
    """Makes clients by API key."""
    made: list[Api] = []

    def make(key: str) -> Api:
        made.append(Api(address, key))
        return made[-1]

    yield make
    for api in made:
        api.http.close()


@pytest.fixture
def api(asks: Callable[[str], Api], tenant: Tenant) -> Api:
    """A client that may do everything in the first workspace."""
    return asks(tenant.admin)


@pytest.fixture
def api_with() -> Iterator[Callable[[Settings, str], Api]]:
    """Serves the application with other settings and gives a client."""
    with ExitStack() as stack:

        def make(settings: Settings, key: str) -> Api:
            api = Api(stack.enter_context(serving_api(create_app(settings))), key)
            stack.callback(api.http.close)
            return api

        yield make
