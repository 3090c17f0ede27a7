"""Lists and pushes of platforms that carry one person, and exports that may have held them."""

from typing import Final

AUDIENCES: Final = """
    SELECT a.id, a.platform, a.name, a.segment_id, s.name, m.state, m.pushed_at, m.row
    FROM audience_members m JOIN audiences a ON a.id = m.audience_id
        LEFT JOIN segments s ON s.id = a.segment_id
    WHERE m.profile_id = ANY(%(keys)s) AND a.workspace_id = %(workspace)s
    ORDER BY a.id, m.profile_id
"""
PUSHES: Final = """
    SELECT p.id, q.seq, a.platform, a.name, p.kind, q.operation, q.status, q.recorded_at,
        q.ended_at, pair->1
    FROM push_requests q JOIN pushes p ON p.id = q.push_id JOIN audiences a ON a.id = p.audience_id
        CROSS JOIN LATERAL jsonb_array_elements(q.rows) AS pair
    WHERE people_of(q.rows) && %(keys)s AND p.workspace_id = %(workspace)s
        AND (pair->>0)::uuid = ANY(%(keys)s)
    ORDER BY p.id, q.seq
"""
# Of a segment's members those who were in it while the export ran, by how they came and went. Whom
# an export by a rule held is not kept.
EXPORTS: Final = """
    SELECT x.id, x.kind, x.started_at, x.finished_at, x.status, x.spec->>'format',
        x.spec->>'purpose', x.segment, s.name, x.spec->'traits', x.spec->>'identifiers'
    FROM (
        SELECT *, (spec->>'segment')::integer AS segment FROM exports
        WHERE workspace_id = %(workspace)s AND started_at IS NOT NULL
            AND coalesce(finished_at, now()) >= %(since)s
    ) x LEFT JOIN segments s ON s.id = x.segment
    WHERE x.segment IS NULL
        OR EXISTS (
            SELECT FROM changes c WHERE c.profile_id = ANY(%(keys)s) AND c.segment_id = x.segment
                AND c.changed_at <= x.started_at GROUP BY c.profile_id HAVING sum(c.delta) > 0)
        OR EXISTS (
            SELECT FROM changes c WHERE c.profile_id = ANY(%(keys)s) AND c.segment_id = x.segment
                AND c.delta > 0 AND c.changed_at > x.started_at
                AND c.changed_at <= coalesce(x.finished_at, now()))
        OR EXISTS (
            SELECT FROM memberships m WHERE m.profile_id = ANY(%(keys)s)
                AND m.segment_id = x.segment AND m.since_at <= coalesce(x.finished_at, now()))
    ORDER BY x.id
"""
"""Those that ended at or after an instant (`since`)."""
