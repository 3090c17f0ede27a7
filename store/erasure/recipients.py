"""Audiences that have to forget an erased person, and whether their platforms have said so.

    audience has a row of them, or a request that carried them ──▶ recipient
    no row, and no request whose end is unknown                ──▶ confirmed
    the audience itself is deleted                             ──▶ confirmed

A plan that began before the person was removed may still add a row of theirs: recipients are looked
for until every transaction of that time has ended. Somebody new who has the person's id by now is
sent nowhere before that, and to a recipient not before it has confirmed
(`store.activation.concerned.refusing`); then they are planned again.
"""

from typing import Any, Final

from psycopg import Connection

from domain.activation.states import AudienceStatus, RequestStatus
from domain.privacy.erasure import RecipientOutcome, Step
from store.connection import one_of

UNSETTLED: Final = (RequestStatus.RECORDED, RequestStatus.ACCEPTED, RequestStatus.UNDONE)
"""Requests of which it is not known whether their rows are on the list."""
AGAIN: Final = "erasure"
"""Why somebody new who has the id is looked at again by audiences."""
_SETTLED: Final = """
    SELECT command FROM erasure_progress WHERE NOT discovered
      AND tx < pg_snapshot_xmin(pg_current_snapshot())
    ORDER BY seen_at LIMIT %s
"""
_LISTED: Final = """
    INSERT INTO erasure_recipients (command, audience_id, platform, listed)
    SELECT DISTINCT e.command, a.id, a.platform, true
    FROM erasures e JOIN audience_members m ON m.profile_id = ANY(e.ids)
    JOIN audiences a ON a.id = m.audience_id
    WHERE e.command = ANY(%s)
    ON CONFLICT DO NOTHING
"""
_CARRIED: Final = """
    INSERT INTO erasure_recipients (command, audience_id, platform, listed)
    SELECT DISTINCT e.command, a.id, a.platform, false
    FROM erasures e JOIN push_requests r ON people_of(r.rows) && e.ids
    JOIN pushes p ON p.id = r.push_id JOIN audiences a ON a.id = p.audience_id
    WHERE e.command = ANY(%s)
    ON CONFLICT DO NOTHING
"""
_CONFIRM: Final = f"""
    UPDATE erasure_recipients r SET confirmed_at = clock_timestamp(),
        outcome = CASE WHEN a.status = '{AudienceStatus.DELETED}' AND r.listed
                           THEN '{RecipientOutcome.LIST_DELETED}'
                       WHEN r.listed THEN '{RecipientOutcome.REMOVED}'
                       ELSE '{RecipientOutcome.LEFT_BEFORE}' END
    FROM erasures e, erasure_progress p, audiences a
    WHERE r.confirmed_at IS NULL AND e.command = r.command AND p.command = r.command
      AND p.discovered AND a.id = r.audience_id
      AND (a.status = '{AudienceStatus.DELETED}' OR NOT EXISTS (
              SELECT FROM audience_members m
              WHERE m.audience_id = r.audience_id AND m.profile_id = ANY(e.ids))
          AND NOT EXISTS (
              SELECT FROM push_requests q JOIN pushes u ON u.id = q.push_id
              WHERE people_of(q.rows) && e.ids AND u.audience_id = r.audience_id
                AND q.status IN {one_of(UNSETTLED)}))
    RETURNING r.command, r.audience_id
"""
_LOOK_AGAIN: Final = f"""
    INSERT INTO changes (workspace_id, segment_id, profile_id, delta, version, cause, changed_at)
    SELECT DISTINCT m.workspace_id, m.segment_id, m.profile_id, 0, m.version, '{AGAIN}', now()
    FROM erasures e JOIN memberships m ON m.profile_id = ANY(e.ids) WHERE e.command = ANY(%s)
"""
_DONE: Final = f"""
    UPDATE erasures e SET steps = e.steps || jsonb_build_object('{Step.PLATFORMS}',
        jsonb_build_object('at', clock_timestamp(), 'recipients',
            (SELECT count(*) FROM erasure_recipients r WHERE r.command = e.command)))
    FROM erasure_progress p
    WHERE e.completed_at IS NULL AND NOT e.steps ? '{Step.PLATFORMS}' AND p.command = e.command
      AND p.discovered AND NOT EXISTS (
          SELECT FROM erasure_recipients r WHERE r.command = e.command AND r.confirmed_at IS NULL)
"""


def discover(conn: Connection[Any], limit: int) -> int:
    """Add the recipients of erasures that nobody can add rows of any more.

    Args:
        conn: in autocommit mode.
        limit: how many erasures at most.

    Returns:
        How many erasures these were; the others wait for transactions that are under way.
    """
    with conn.transaction():
        # The statement sees whatever had ended by then, so what follows sees all of that.
        found = [row[0] for row in conn.execute(_SETTLED, (limit,))]
        if found:
            conn.execute(_LISTED, (found,))
            conn.execute(_CARRIED, (found,))
            conn.execute(
                "UPDATE erasure_progress SET discovered = true WHERE command = ANY(%s)", (found,)
            )
            conn.execute(_LOOK_AGAIN, (found,))
    return len(found)


def confirm(conn: Connection[Any]) -> int:
    """Note which recipients have forgotten, and the step of erasures of which all have.

    Args:
        conn: in autocommit mode.

    Returns:
        How many recipients have.
    """
    with conn.transaction():
        found = conn.execute(_CONFIRM).fetchall()
        if found:
            conn.execute(_LOOK_AGAIN, (sorted({command for command, _ in found}),))
        conn.execute(_DONE)
    return len(found)
