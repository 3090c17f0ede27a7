"""Requests of the privacy register by hand: one that was not sent, or is late."""

import psycopg

from tests.support.story import Story


def enter_erasure(story: Story, *, sent: bool = True, late: bool = False) -> int:
    """A request that names all that Mara has; answers its number."""
    with psycopg.connect(story.dsn) as conn:
        row = conn.execute(
            "INSERT INTO privacy_requests (workspace_id, kind, command, command_id, profile, keys,"
            " afterwards, reason, requested_by, audit_id, requested_at, due_at, sent_at)"
            " SELECT workspace_id, 'erasure', gen_random_uuid(), 'erase-1-1', profile_id,"
            " array_agg(key ORDER BY key), 'new', 'case 2026-114', 'key:1', 0,"
            " now() - interval '40 days', now() + %s * interval '10 days',"
            " CASE WHEN %s THEN now() END FROM identifiers WHERE profile_id = %s"
            " GROUP BY workspace_id, profile_id RETURNING id",
            (-1 if late else 1, sent, story.profiles["mara"]),
        ).fetchone()
    assert row is not None
    return int(row[0])
