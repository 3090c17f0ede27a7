"""Identifiers, the profile, events, links, merges and pauses of one person."""

from typing import Final

IDENTIFIERS: Final = """
    SELECT key, kind, value, created_at, leaf FROM identifiers
    WHERE profile_id = %(profile)s AND workspace_id = %(workspace)s ORDER BY kind, value
"""
PROFILE: Final = """
    SELECT doc, stage, first_seen_at, last_seen_at, next_wake_at FROM profiles
    WHERE id = %(profile)s AND workspace_id = %(workspace)s
"""
SOURCES: Final = "SELECT id, name, default_region FROM sources WHERE workspace_id = %(workspace)s"
SALT: Final = "SELECT salt FROM workspaces WHERE id = %(workspace)s"
EVENTS: Final = """
    SELECT message_key, type, name, occurred_at, received_at, source_id, leaf, flags, payload
    FROM events WHERE leaf = ANY(%(keys)s) AND workspace_id = %(workspace)s
        AND type <> ALL(%(commands)s)
    ORDER BY occurred_at, message_key
"""
EVENTS_AT: Final = """
    SELECT message_key, type, occurred_at, source_id FROM events
    WHERE leaf = ANY(%(keys)s) AND occurred_at = ANY(%(instants)s) AND workspace_id = %(workspace)s
        AND type <> ALL(%(commands)s)
"""
"""Those of some instants (`instants`)."""
LINKS: Final = """
    SELECT l.a, l.b, l.first_ms, l.status, l.reason, l.ruled_ms, l.cause,
        CASE WHEN e.leaf = ANY(%(keys)s) THEN e.type END,
        CASE WHEN e.leaf = ANY(%(keys)s) THEN e.name END
    FROM (
        SELECT * FROM links WHERE a = ANY(%(keys)s) AND workspace_id = %(workspace)s
        UNION SELECT * FROM links WHERE b = ANY(%(keys)s) AND workspace_id = %(workspace)s
    ) l LEFT JOIN events e ON e.message_key = l.cause
    WHERE (l.status = 'linked') = %(linked)s ORDER BY l.first_ms, l.tie, l.a, l.b
"""
"""Those that hold, or the others (`linked`)."""
MERGES: Final = """
    SELECT m.kind, m.survivor, m.other, m.occurred_at, m.recorded_at, m.cause,
        CASE WHEN e.leaf = ANY(%(keys)s) OR e.type = ANY(%(commands)s) THEN e.type END,
        m.link_a, m.link_b
    FROM (
        SELECT * FROM merges WHERE workspace_id = %(workspace)s AND survivor = ANY(%(keys)s)
        UNION SELECT * FROM merges WHERE workspace_id = %(workspace)s AND other = ANY(%(keys)s)
    ) m LEFT JOIN events e ON e.message_key = m.cause ORDER BY m.id
"""
PAUSES: Final = """
    SELECT failure, failed_at, until_at FROM resting_people
    WHERE profile_id = ANY(%(keys)s) AND workspace_id = %(workspace)s ORDER BY failed_at
"""
