"""Requests of one person, what is suppressed of them, audit entries and dead letters about them."""

from typing import Final

from domain.event import CONSENT, ORDERS, RESTRICTION
from domain.privacy.erasure import ERASING, RequestKind
from store.connection import one_of
from store.privacy import archives

REQUESTS: Final = f"""
    SELECT r.id, r.kind, r.requested_at, r.due_at, r.completed_at,
        CASE WHEN r.keys <@ %(keys)s THEN r.reason END, r.afterwards, e.processed_at,
        {archives.STATUS}, a.finished_at, a.expires_at, r.regulation, r.first_due_at,
        CASE WHEN r.keys <@ %(keys)s THEN r.extension_reason END
    FROM privacy_requests r LEFT JOIN erasures e ON e.command = r.command
        LEFT JOIN access_archives a ON a.request = r.id
    WHERE r.workspace_id = %(workspace)s
        AND (r.keys && %(keys)s OR a.keys && %(keys)s OR r.profile = ANY(%(keys)s))
    ORDER BY r.id
"""
SUPPRESSED: Final = """
    SELECT key, until_ms FROM erased_identifiers
    WHERE key = ANY(%(keys)s) AND workspace_id = %(workspace)s AND until_ms > %(never)s
    ORDER BY until_ms, key
"""
"""Of which more is remembered than a version; `never` is that of the others."""
# Commands name identifiers in their particulars; everything else says in its subject whom it is
# about. A statement of consent goes with its identifier, whoever had it then.
AUDIT: Final = f"""
    SELECT id, at, actor, action, subject, detail FROM audit
    WHERE workspace_id = %(workspace)s AND subject = ANY(
        SELECT 'profile:' || key FROM unnest(%(keys)s) AS key
        UNION ALL SELECT CASE WHEN kind IN {one_of(ERASING)} THEN '{RequestKind.ERASURE}'
            ELSE kind END || ':' || command FROM privacy_requests
            WHERE workspace_id = %(workspace)s AND keys <@ %(keys)s)
        AND (action NOT IN {one_of((CONSENT, RESTRICTION))}
            OR detail->>'identifier' = ANY(%(hexes)s))
    UNION
    SELECT id, at, actor, action, subject, detail FROM audit
    WHERE workspace_id = %(workspace)s AND action IN {one_of(ORDERS)} AND EXISTS (
        SELECT FROM jsonb_path_query(detail, 'strict $.**') AS part
        WHERE jsonb_typeof(part) = 'string' AND part #>> '{{}}' = ANY(%(hexes)s))
    ORDER BY id
"""
LETTERS: Final = """
    SELECT id, workspace_id IS NULL, source_id, log, partition, position, index, reason, detail,
        received_at, recorded_at, status, payload
    FROM dead_letters WHERE id = ANY(%(ids)s)
        AND (workspace_id = %(workspace)s OR workspace_id IS NULL) ORDER BY id
"""
"""Some letters (`ids`)."""
OTHERS: Final = """
    SELECT key FROM identifiers WHERE key = ANY(%(named)s) AND workspace_id = %(workspace)s
        AND profile_id <> %(profile)s
    UNION ALL
    SELECT e.key FROM erased_identifiers e
    WHERE e.key = ANY(%(named)s) AND e.workspace_id = %(workspace)s AND e.key <> ALL(%(keys)s)
"""
"""Which of some identifiers (`named`) are those of other people, who may be erased."""
MESSAGES: Final = """
    SELECT message_key FROM events WHERE message_key = ANY(%(named)s)
        AND leaf = ANY(%(keys)s) AND workspace_id = %(workspace)s
"""
"""Which of some messages (`named`) are the person's."""
