"""Segments that one person is in, and how they came into segments and left them."""

from typing import Final

MEMBERSHIPS: Final = """
    SELECT m.segment_id, s.name, s.description, m.since_at, m.version
    FROM memberships m LEFT JOIN segments s ON s.id = m.segment_id
    WHERE m.profile_id = %(profile)s AND m.workspace_id = %(workspace)s ORDER BY m.segment_id
"""
CHANGES: Final = """
    SELECT c.changed_at, c.segment_id, s.name, c.delta, c.cause, c.version, d.definition
    FROM changes c LEFT JOIN segments s ON s.id = c.segment_id
        LEFT JOIN definition_versions d ON d.kind = 'segment' AND d.definition_id = c.segment_id
            AND d.version = c.version
    WHERE c.profile_id = ANY(%(keys)s) AND c.workspace_id = %(workspace)s
    ORDER BY c.changed_at, c.id
"""
