"""Which source the bare records of a Kafka topic belong to."""

from typing import Any, Final

from psycopg import Connection

from domain.ids import SourceId

_TOPICS: Final = """
    SELECT unnest(topics), sources[1] FROM workspace_deletions
    UNION ALL SELECT topic, id FROM sources WHERE topic IS NOT NULL
"""


def topic_sources(conn: Connection[Any]) -> dict[str, SourceId]:
    """Read the registered topics: topic → source id, those of deleted workspaces included."""
    return dict(conn.execute(_TOPICS).fetchall())
