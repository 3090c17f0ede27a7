"""The statements of a commit that erase people, and that keep the erased from coming back.

They run before the others of the commit: an identifier that was used again after its erasure is
removed and inserted anew in one transaction.
"""

from typing import Final

import psycopg

from domain.changes import Changes, Erasure
from domain.event import COMMANDS, Event
from domain.ids import IdentifierKey, MessageKey
from domain.instants import utc
from domain.privacy.erasure import FOREVER_MS
from store.connection import Keys

MESSAGE: Final = "erased_message"
"""A message of the commit was erased: it is a duplicate."""
IDENTIFIER: Final = "erased_identifier"
"""An identifier of the commit was erased since it was read."""

_REMEMBER: Final = """
INSERT INTO erased_identifiers (key, workspace_id, until_ms, version)
SELECT key, %s, until_ms, version FROM unnest(%s, %s::bigint[], %s::integer[])
    AS erased(key, until_ms, version) ORDER BY key
ON CONFLICT (key) DO UPDATE SET until_ms = greatest(erased_identifiers.until_ms, excluded.until_ms),
    version = greatest(erased_identifiers.version, excluded.version)
"""
_CLAIM: Final = """
INSERT INTO identifiers (key, workspace_id, kind, value, profile_id)
SELECT key, %s, '', '', key FROM unnest(%s) AS absent(key) ORDER BY key
"""
_IDENTIFIERS: Final = "DELETE FROM identifiers WHERE key = ANY(%s)"
_LINKS: Final = "DELETE FROM links WHERE (a = ANY(%s) OR b = ANY(%s)) AND workspace_id = %s"
_EVENTS: Final = """
WITH removed AS (DELETE FROM events WHERE leaf = ANY(%s) AND occurred_at <= %s::timestamptz
    AND workspace_id = %s AND type <> ALL(%s) RETURNING message_key, workspace_id)
INSERT INTO erased_messages (message_key, workspace_id) SELECT message_key, workspace_id
    FROM removed
"""
_MERGES: Final = """
DELETE FROM merges WHERE workspace_id = %s AND (survivor = ANY(%s) OR other = ANY(%s))
"""
_MEMBERSHIPS: Final = "DELETE FROM memberships WHERE profile_id = ANY(%s)"
_RESTING: Final = "DELETE FROM resting_people WHERE profile_id = ANY(%s)"
_RECORD: Final = """
INSERT INTO erasures (command, workspace_id, keys, people, joined, neighbours, until_ms,
    identifiers, events, links, merges, memberships, processed_at)
SELECT command, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s
FROM unnest(%s) AS one(command)
"""
_RECIPIENTS: Final = """
INSERT INTO erasure_recipients (command, audience_id, platform, listed)
SELECT DISTINCT command, a.id, a.platform, true
FROM unnest(%s) AS one(command), audience_members m JOIN audiences a ON a.id = m.audience_id
WHERE m.profile_id = ANY(%s)
"""
_SUPPRESS: Final = """
INSERT INTO erased_messages (message_key, workspace_id)
SELECT message_key, workspace_id FROM unnest(%s, %s::integer[]) AS one(message_key, workspace_id)
    ORDER BY message_key
"""
_STALE: Final = """
SELECT m.message_key, NULL::bigint FROM unnest(%s) AS one(key)
    JOIN erased_messages m ON m.message_key = one.key
UNION ALL
SELECT e.message_key, NULL FROM unnest(%s) AS one(key) JOIN events e ON e.message_key = one.key
UNION ALL
SELECT e.key, e.until_ms FROM unnest(%s) AS one(key) JOIN erased_identifiers e ON e.key = one.key
"""


def write(cursor: psycopg.Cursor, changes: Changes) -> str:
    """Remove what commands erase, and remember the messages of events that are not kept.

    Args:
        cursor: of the commit.
        changes: to be committed.

    Returns:
        What was stale, or the empty string.

    Raises:
        psycopg.errors.UniqueViolation: an identifier that was not stored is stored now, or a
            message that is not kept has a copy that is not kept, either.
    """
    for erasure in changes.erasures:
        if not _erase(cursor, erasure, changes.now_ms):
            return "identifier"
    if changes.suppressed:
        suppressed = sorted(changes.suppressed, key=lambda one: one[1])
        cursor.execute(
            _SUPPRESS,
            (Keys([message for _, message in suppressed]), [work for work, _ in suppressed]),
        )
    return ""


def _erase(cursor: psycopg.Cursor, erasure: Erasure, now_ms: int) -> bool:
    """Remove what one command erases; False where an identifier is stored no more."""
    entries, stored, keys = erasure.entries, set(erasure.stored), Keys(erasure.keys)
    known = sorted(entries)
    cursor.execute(
        _REMEMBER,
        (
            erasure.workspace,
            Keys(known),
            [entries[key].until_ms for key in known],
            [entries[key].version for key in known],
        ),
    )
    # Whoever is about to insert one of these waits for the commit, and then finds it erased.
    absent = [key for key in known if key not in stored]
    if absent:
        cursor.execute(_CLAIM, (erasure.workspace, Keys(absent)))
    if cursor.execute(_IDENTIFIERS, (Keys(known),)).rowcount != len(known):
        return False
    people = Keys(erasure.people)
    links = cursor.execute(_LINKS, (keys, keys, erasure.workspace)).rowcount
    until = "infinity" if erasure.until_ms == FOREVER_MS else utc(erasure.until_ms)
    events = cursor.execute(_EVENTS, (keys, until, erasure.workspace, list(COMMANDS))).rowcount
    merges = cursor.execute(_MERGES, (erasure.workspace, keys, keys)).rowcount
    memberships = 0
    if erasure.people:
        memberships = cursor.execute(_MEMBERSHIPS, (people,)).rowcount
        cursor.execute(_RESTING, (people,))
    command = Keys([erasure.command])
    cursor.execute(
        _RECORD,
        (
            erasure.workspace, keys, people, Keys(erasure.joined), Keys(erasure.neighbours),
            erasure.until_ms, len(erasure.stored), events, links, merges,
            memberships, utc(now_ms), command,
        ),
    )  # fmt: skip
    if erasure.people:
        # They may be listed under an id that was merged away, which is one of the keys.
        cursor.execute(_RECIPIENTS, (command, Keys([*erasure.people, *erasure.keys])))
    return True


def stale(cursor: psycopg.Cursor, changes: Changes) -> str:
    """Whether something of the commit was erased since it was decided, at its end.

    Args:
        cursor: of the commit, everything written.
        changes: what was written.

    Returns:
        `MESSAGE`, `IDENTIFIER`, or the empty string.
    """
    messages = [event.message_key for event in changes.events if isinstance(event, Event)]
    suppressed = [message for _, message in changes.suppressed]
    keys = changes.judged_keys()
    if not (messages or suppressed or keys):
        return ""
    found: dict[IdentifierKey, int] = {}
    parameters = (Keys(messages), Keys(suppressed), Keys(sorted(keys)))
    for key, until_ms in cursor.connection.cursor(binary=True).execute(_STALE.encode(), parameters):
        if until_ms is None:
            return MESSAGE
        found[IdentifierKey(MessageKey(key))] = until_ms
    return "" if found == changes.judged else IDENTIFIER
