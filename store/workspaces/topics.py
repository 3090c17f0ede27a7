"""Which source the bare records of a Kafka topic belong to."""

from typing import Any

from psycopg import Connection

from domain.ids import SourceId


def topic_sources(conn: Connection[Any]) -> dict[str, SourceId]:
    """Read the registered topics: topic → source id."""
    return dict(conn.execute("SELECT topic, id FROM sources WHERE topic IS NOT NULL").fetchall())
