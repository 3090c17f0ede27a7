"""Fixtures of a small world for activation: a real Postgres and a real sandbox."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from local.platforms.app import build_app
from local.platforms.meta.sandbox import TOKEN, Sandbox
from sinks.ads.meta.codec import Meta, MetaParams
from sinks.http.client import HttpParams, HttpRunner
from tests.conftest import TestWorkspace
from tests.integration.activation.world import (
    ACCOUNT,
    PATIENCE_S,
    Engine,
    Server,
    World,
    new_world,
)
from tests.support.serving import serving_sandbox
from tests.support.transitions import ACTIVATION, refuse_others


@pytest.fixture
def postgres_dsn(postgres_dsn: str) -> str:
    """A database that refuses transitions which no table names, whoever makes them."""
    with psycopg.connect(postgres_dsn, autocommit=True) as conn:
        refuse_others(conn, ACTIVATION)
    return postgres_dsn


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    sandbox = Sandbox(tmp_path / "meta.jsonl")
    with closing(sandbox.ledger), serving_sandbox(build_app(sandbox)) as url:
        yield Server(sandbox, url)


@pytest.fixture
def meta(server: Server) -> Meta:
    return Meta(
        MetaParams(
            base_url=server.url, account_id=ACCOUNT, max_rows=3, requests_per_s=1e6, burst=1_000_000
        ),
        TOKEN,
    )


@pytest.fixture
def world(postgres_dsn: str, workspace: TestWorkspace, meta: Meta) -> Iterator[World]:
    with psycopg.connect(postgres_dsn, autocommit=True) as conn:
        yield new_world(conn, workspace, meta)


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
