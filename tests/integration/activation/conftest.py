"""Fixtures of a small world for activation: a real Postgres and a real sandbox."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from psycopg.types.json import Jsonb

from local.meta_sandbox import TOKEN, Sandbox, build_app
from sinks.ads.meta import Meta, MetaParams
from sinks.http import HttpParams, HttpRunner
from tests.conftest import TestWorkspace
from tests.integration.activation.world import ACCOUNT, PATIENCE_S, Engine, Server, World, serving


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    sandbox = Sandbox(tmp_path / "meta.jsonl")
    with closing(sandbox.ledger), serving(build_app(sandbox)) as url:
        yield Server(sandbox, url)


@pytest.fixture
def meta(server: Server) -> Meta:
    return Meta(MetaParams(server.url, account_id=ACCOUNT, max_rows=3, requests_per_s=1e6, burst=1_000_000), TOKEN)


@pytest.fixture
def world(postgres_dsn: str, workspace: TestWorkspace, meta: Meta) -> Iterator[World]:
    with psycopg.connect(postgres_dsn, autocommit=True) as conn:
        row = conn.execute(
            "INSERT INTO segments (workspace_id, name, definition) VALUES (%s, 'reachable', %s) RETURNING id",
            (workspace.id, Jsonb({"purpose": "advertising"})),
        ).fetchone()
        assert row is not None
        audience = conn.execute(
            """
            INSERT INTO audiences (workspace_id, segment_id, platform, name, account_id, intent, interval_s)
            VALUES (%s, %s, 'meta', 'Reachable', %s, 'stratum:test', 3600) RETURNING id
            """,
            (workspace.id, row[0], ACCOUNT),
        ).fetchone()
        assert audience is not None
        yield World(conn, workspace.id, workspace.salt, meta, row[0], audience[0])


@pytest.fixture
def http() -> Iterator[HttpRunner]:
    with HttpRunner(HttpParams()) as runner:
        yield runner


@pytest.fixture
def engine(world: World, http: HttpRunner) -> Engine:
    return Engine(world, http)


@pytest.fixture
def wait_until() -> Callable[[Callable[[], bool]], None]:
    def wait(condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline, "the condition did not come true in time"
            time.sleep(0.02)

    return wait
