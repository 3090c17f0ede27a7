from collections.abc import Callable

import psycopg
import pytest
import redis
from confluent_kafka.admin import AdminClient

from config.settings import Settings
from store.workspaces.bootstrap import key_hash
from tests.conftest import TestWorkspace


def test_the_workspace_is_in_the_database_with_hashed_keys(
    postgres_dsn: str, workspace: TestWorkspace
) -> None:
    with psycopg.connect(postgres_dsn) as conn:
        assert conn.execute("SELECT salt FROM workspaces").fetchall() == [(workspace.salt,)]
        assert conn.execute("SELECT key_hash FROM write_keys").fetchall() == [
            (key_hash(workspace.write_key),)
        ]
        assert conn.execute("SELECT key_hash, scopes FROM api_keys").fetchall() == [
            (key_hash(workspace.api_key), ["admin", "gate", "read", "write"])
        ]
        both = {
            "type": "all",
            "of": [
                {"type": "lifecycle", "stages": ["customer"]},
                {"type": "consent", "purpose": "advertising"},
            ],
        }
        assert conn.execute(
            "SELECT name, definition, purpose, status FROM segments"
        ).fetchall() == [("consented_customers", both, "advertising", "live")]


def test_valkey_starts_empty(valkey_url: str, settings: Settings) -> None:
    assert settings.redis.url.get_secret_value() == valkey_url
    with redis.Redis.from_url(valkey_url) as client:
        assert client.dbsize() == 0


@pytest.mark.kafka
def test_topics_are_made_in_a_real_broker(
    kafka_bootstrap: str, kafka_topic: Callable[[int], str]
) -> None:
    name = kafka_topic(3)
    topics = AdminClient({"bootstrap.servers": kafka_bootstrap}).list_topics(timeout=10).topics
    assert len(topics[name].partitions) == 3
