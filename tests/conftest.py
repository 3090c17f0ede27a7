"""Real servers for tests: one Postgres and one Valkey per process, one Kafka broker per run.

One database and an emptied Valkey per test.
"""

import itertools
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import psycopg
import pytest
import redis

from config.embedded import PostgresParams, ValkeyParams
from config.settings import Settings
from domain.ids import SourceId, WorkspaceId
from local.servers.kafka import KafkaMissingError, create_topic
from local.servers.postgres import EmbeddedPostgres
from local.servers.valkey import EmbeddedValkey
from store.databases import ensure_database
from store.migrate import migrate
from store.workspaces.bootstrap import bootstrap
from tests.support import marks
from tests.support.databases import copy_database, drop_database
from tests.support.requirements import missing
from tests.support.servers import forget_at_crash, servers_folder, shared_kafka

if TYPE_CHECKING:
    from tests.support.story import Story, StoryTemplate

hypothesis.settings.register_profile(
    "stratum", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.register_profile(
    "check", hypothesis.settings.get_profile("stratum"), max_examples=20
)
hypothesis.settings.load_profile("stratum")  # a slow machine is no reason to fail

_TEMPLATE = "stratum_template"
_ROOT = Path(__file__).parent.parent
_numbers = itertools.count(1)


def pytest_configure() -> None:
    marks.watch_processes()


@pytest.hookimpl(tryfirst=True)  # before tests are selected by mark
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    marks.mark_servers(items)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    marks.begin(item)


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown() -> None:
    marks.end()


@dataclass(frozen=True)
class TestWorkspace:
    """A bootstrapped workspace and its plain keys."""

    __test__ = False

    id: WorkspaceId
    salt: bytes
    source_id: SourceId
    write_key: str
    api_key: str


@pytest.fixture(scope="session")
def servers_dir() -> Iterator[Path]:
    """Folder of this process's servers."""
    with servers_folder() as folder:
        yield folder


@pytest.fixture(scope="session")
def shared_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all processes of the run share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def postgres_server(servers_dir: Path) -> Iterator[EmbeddedPostgres]:
    """One server for all tests, with a migrated template database."""
    with EmbeddedPostgres(
        servers_dir, PostgresParams(shared_buffers_mb=128, max_wal_mb=1024)
    ) as server:
        forget_at_crash(server.dsn("postgres"))
        ensure_database(server.dsn("postgres"), _TEMPLATE)
        migrate(server.dsn(_TEMPLATE))
        yield server


@pytest.fixture(autouse=True)
def _logging_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands that run within a test leave the loggers of all other tests alone: a logger that is
    kept cannot be captured any more."""
    monkeypatch.setattr("cli.logs.configure_logging", lambda: None)


@pytest.fixture
def postgres_dsn(postgres_server: EmbeddedPostgres) -> Iterator[str]:
    """A migrated database of the test's own."""
    name = f"test_{next(_numbers)}"
    server = postgres_server.dsn("postgres")
    copy_database(server, _TEMPLATE, name)
    yield postgres_server.dsn(name)
    drop_database(server, name)


@pytest.fixture(scope="session")
def valkey_server(servers_dir: Path) -> Iterator[EmbeddedValkey]:
    """One server for all tests."""
    with EmbeddedValkey(servers_dir, ValkeyParams(max_memory_mb=512)) as server:
        yield server


@pytest.fixture
def valkey_url(valkey_server: EmbeddedValkey) -> str:
    """The session's server, emptied."""
    with redis.Redis.from_url(valkey_server.url) as client:
        client.flushall()
    return valkey_server.url


@pytest.fixture
def workspace(postgres_dsn: str) -> TestWorkspace:
    """The default workspace of the test's database."""
    with psycopg.connect(postgres_dsn) as conn:
        first = bootstrap(conn)
    assert first is not None
    return TestWorkspace(
        first.workspace.id, first.workspace.salt, first.source_id, first.write_key, first.api_key
    )


@pytest.fixture
def settings(postgres_dsn: str, valkey_url: str, tmp_path: Path) -> Settings:
    """Settings that point at the test's database and at Valkey."""
    return Settings.model_validate(
        {
            "data_dir": tmp_path,
            "postgres": {"dsn": postgres_dsn},
            "redis": {"url": valkey_url},
            # A machine that stands still is no outage, and makes no preview an estimate.
            "edge": {"pool_timeout": "PT30S", "keys": {"timeout": "PT30S"}},
            "query": {"preview": {"deadline": "PT30S"}, "health_timeout": "PT30S"},
        }
    )


@pytest.fixture(scope="session")
def story_database(
    servers_dir: Path, valkey_server: EmbeddedValkey, shared_dir: Path
) -> "Iterator[StoryTemplate]":
    """The week in a shop, built once per run; hands out copies."""
    from tests.support.story import shared_story  # noqa: PLC0415 - few tests need the engine

    with shared_story(shared_dir, servers_dir, valkey_server.url) as template:
        yield template


@pytest.fixture
def story(story_database: "StoryTemplate", valkey_url: str, tmp_path: Path) -> "Iterator[Story]":
    """A copy of the story for one test, with the keys and ids in it by name."""
    with story_database.copied({"data_dir": tmp_path, "redis_url": valkey_url}) as copy:
        yield copy


@pytest.fixture(scope="session")
def kafka_bootstrap(servers_dir: Path, shared_dir: Path) -> Iterator[str]:
    """A real broker: ``STRATUM_TEST_KAFKA``, else one started from jars that Maven fetches once."""
    external = os.environ.get("STRATUM_TEST_KAFKA")
    if external:
        yield external
        return
    with ExitStack() as stack:
        try:
            kafka = shared_kafka(shared_dir, servers_dir, _ROOT / ".cache" / "kafka")
            bootstrap_servers = stack.enter_context(kafka)
        except KafkaMissingError as absent:
            missing("kafka", str(absent))
        yield bootstrap_servers


@pytest.fixture
def kafka_topic(kafka_bootstrap: str) -> Callable[[int], str]:
    """Makes topics: partitions → a fresh topic's name."""

    def create(partitions: int) -> str:
        name = f"test-{os.getpid()}-{next(_numbers)}"
        create_topic(kafka_bootstrap, name, partitions)
        return name

    return create
