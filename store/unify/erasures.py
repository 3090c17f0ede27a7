"""The statements of a commit that erase people, and that keep the erased from coming back.

They run before the others of the commit: an identifier that was used again after its erasure is
removed and inserted anew in one transaction.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Final
from uuid import UUID

import psycopg

from domain.changes import Changes, Erasure
from domain.event import COMMANDS, Event
from domain.ids import IdentifierKey, MessageKey, ProfileId, WorkspaceId
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
_LINKS: Final = """
DELETE FROM links WHERE (a = ANY(%s) OR b = ANY(%s)) AND workspace_id = %s RETURNING a, b
"""
_EVENTS: Final = """
WITH removed AS (
    DELETE FROM events e USING unnest(%s, %s::timestamptz[]) AS erased(key, until)
    WHERE e.leaf = erased.key AND e.occurred_at <= erased.until AND e.workspace_id = %s
        AND e.type <> ALL(%s)
    RETURNING e.leaf, e.message_key, e.workspace_id
), remembered AS (
    INSERT INTO erased_messages (message_key, workspace_id)
    SELECT message_key, workspace_id FROM removed
)
SELECT leaf, count(*) FROM removed GROUP BY leaf
"""
_MERGES: Final = """
DELETE FROM merges WHERE workspace_id = %s AND (survivor = ANY(%s) OR other = ANY(%s))
RETURNING survivor, other
"""
_MEMBERSHIPS: Final = "DELETE FROM memberships WHERE profile_id = ANY(%s) RETURNING profile_id"
_RESTING: Final = "DELETE FROM resting_people WHERE profile_id = ANY(%s)"
_RECORD: Final = """
INSERT INTO erasures (command, workspace_id, keys, people, joined, neighbours, until_ms,
    identifiers, events, links, merges, memberships, processed_at)
SELECT command, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s
FROM unnest(%s) AS one(command)
"""
_RECIPIENTS: Final = """
INSERT INTO erasure_recipients (command, audience_id, platform, listed)
SELECT DISTINCT one.command, a.id, a.platform, true
FROM unnest(%s, %s) AS one(command, person)
    JOIN audience_members m ON m.profile_id = one.person JOIN audiences a ON a.id = m.audience_id
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
    for workspace in sorted({erasure.workspace for erasure in changes.erasures}):
        own = [erasure for erasure in changes.erasures if erasure.workspace == workspace]
        if not _Erasing(cursor, workspace, own).write(changes.now_ms):
            return "identifier"
    if changes.suppressed:
        suppressed = sorted(changes.suppressed, key=lambda one: one[1])
        cursor.execute(
            _SUPPRESS,
            (Keys([message for _, message in suppressed]), [work for work, _ in suppressed]),
        )
    return ""


class _Erasing:
    """The erasures of one workspace in one commit, each statement for all of them.

    A row that several of them remove counts for the first one that names it.

    Args:
        cursor: of the commit.
        workspace: tenant.
        erasures: at least one.
    """

    def __init__(
        self, cursor: psycopg.Cursor, workspace: WorkspaceId, erasures: Sequence[Erasure]
    ) -> None:
        self._cursor = cursor
        self._workspace = workspace
        self._erasures = erasures
        self._first: dict[bytes, int] = {}
        self._until: dict[IdentifierKey, int] = {}
        for place, erasure in enumerate(erasures):
            for key in erasure.keys:
                self._first.setdefault(key, place)
                self._until[key] = max(self._until.get(key, erasure.until_ms), erasure.until_ms)
        self._keys = sorted(self._until)
        self._people = sorted({person for erasure in erasures for person in erasure.people})

    def write(self, now_ms: int) -> bool:
        """Remove what the commands erase; False where an identifier is stored no more."""
        if not self._identifiers():
            return False
        events, links, merges = self._events(), self._links(), self._merges()
        memberships = self._memberships()
        self._cursor.executemany(
            _RECORD,
            [
                (
                    self._workspace, Keys(one.keys), Keys(one.people), Keys(one.joined),
                    Keys(one.neighbours), one.until_ms, len(one.stored), events[place],
                    links[place], merges[place], memberships[place], utc(now_ms),
                    Keys([one.command]),
                )
                for place, one in enumerate(self._erasures)
            ],
        )  # fmt: skip
        self._recipients()
        return True

    def _identifiers(self) -> bool:
        entries = {key: one for erasure in self._erasures for key, one in erasure.entries.items()}
        stored = {key for erasure in self._erasures for key in erasure.stored}
        known = sorted(entries)
        self._cursor.execute(
            _REMEMBER,
            (
                self._workspace,
                Keys(known),
                [entries[key].until_ms for key in known],
                [entries[key].version for key in known],
            ),
        )
        # Whoever is about to insert one of these waits for the commit, and then finds it erased.
        absent = [key for key in known if key not in stored]
        if absent:
            self._cursor.execute(_CLAIM, (self._workspace, Keys(absent)))
        return self._cursor.execute(_IDENTIFIERS, (Keys(known),)).rowcount == len(known)

    def _events(self) -> Counter[int]:
        untils = [
            "infinity" if self._until[key] == FOREVER_MS else utc(self._until[key])
            for key in self._keys
        ]
        parameters = (Keys(self._keys), untils, self._workspace, list(COMMANDS))
        found: Counter[int] = Counter()
        for leaf, count in self._cursor.execute(_EVENTS, parameters):
            found[self._first[leaf.bytes]] += count
        return found

    def _links(self) -> Counter[int]:
        keys = Keys(self._keys)
        rows = self._cursor.execute(_LINKS, (keys, keys, self._workspace))
        return Counter(self._first_of(ends) for ends in rows)

    def _merges(self) -> Counter[int]:
        keys = Keys(self._keys)
        rows = self._cursor.execute(_MERGES, (self._workspace, keys, keys))
        return Counter(self._first_of(ends) for ends in rows)

    def _memberships(self) -> Counter[int]:
        if not self._people:
            return Counter()
        people = Keys(self._people)
        self._cursor.execute(_RESTING, (people,))
        owners = {
            person: place
            for place, erasure in reversed([*enumerate(self._erasures)])
            for person in erasure.people
        }
        rows = self._cursor.execute(_MEMBERSHIPS, (people,))
        return Counter(owners[ProfileId(person.bytes)] for (person,) in rows)

    def _recipients(self) -> None:
        # They may be listed under an id that was merged away, which is one of the keys.
        pairs = [
            (erasure.command, person)
            for erasure in self._erasures
            if erasure.people
            for person in {*erasure.people, *erasure.keys}
        ]
        if pairs:
            commands, people = zip(*pairs, strict=True)
            self._cursor.execute(_RECIPIENTS, (Keys(commands), Keys(people)))

    def _first_of(self, ends: tuple[UUID, ...]) -> int:
        """Which command is the first to name an end."""
        return min(self._first[end.bytes] for end in ends if end.bytes in self._first)


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
