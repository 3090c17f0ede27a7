"""What of each class is older than an instant, part by part: one condition counts and removes it.

Parts of a class go in order: what refers to another part goes first. Every condition names the
workspace, and its age is answered from an index, so that a look that finds nothing reads nothing.
"""

from collections.abc import Mapping
from typing import Final, LiteralString, NamedTuple

from domain.activation.states import GATED, UNFINISHED, AudienceStatus, PushKind, PushStatus
from domain.activation.states import RequestStatus as Sent
from domain.event import RESTRICTION
from domain.export import ExportStatus
from domain.link import BANNED
from domain.privacy.access import UNDER_WAY, ArchiveStatus
from domain.privacy.erasure import RequestKind
from domain.privacy.retention import RetentionClass
from store.connection import one_of


class Part(NamedTuple):
    """Rows of one table.

    Attributes:
        name: what they are, in the plural.
        rows: ``FROM … WHERE …`` of those that are due; parameters ``workspace``, ``horizon``, and
            ``remembered``: the pushes of an audience that the gate looks back on.
        oldest: query of the oldest one's instant.
        removal: statement that removes at most ``limit`` of them and answers how many; empty where
            that takes more than a statement.
    """

    name: str
    rows: LiteralString
    oldest: LiteralString
    removal: LiteralString = ""


_LETTERS: Final = """
    FROM dead_letters d WHERE d.workspace_id = %(workspace)s AND d.recorded_at < %(horizon)s
"""
_EXPORTS: Final = f"""
    FROM exports d WHERE d.workspace_id = %(workspace)s
      AND coalesce(d.finished_at, d.created_at) < %(horizon)s
      AND d.status NOT IN {one_of((ExportStatus.QUEUED, ExportStatus.RUNNING))}
"""
_ENDED: Final = f"""
    d.workspace_id = %(workspace)s AND d.ended_at < %(horizon)s
    AND d.status NOT IN {one_of(UNFINISHED)}
    AND NOT EXISTS (SELECT FROM push_requests o WHERE o.push_id = d.id
        AND o.status IN {one_of((Sent.ACCEPTED, Sent.UNDONE))})
"""
"""Pushes that have ended, and of which no platform owes an answer."""
_SENT: Final = f"FROM pushes d JOIN push_requests r ON r.push_id = d.id WHERE {_ENDED}"
# What the gate, the planner and alerts look back on: `store.gate.decide`, `store.activation.due`.
_LOOKED_BACK_ON: Final = f"""
    SELECT k.id FROM audiences a CROSS JOIN LATERAL (
        (SELECT p.id FROM pushes p WHERE p.audience_id = a.id AND p.kind <> '{PushKind.URGENT}'
         ORDER BY p.id DESC LIMIT 1)
        UNION (SELECT p.id FROM pushes p WHERE p.audience_id = a.id
         AND p.kind <> '{PushKind.URGENT}' AND p.status = '{PushStatus.DONE}' AND p.adds > 0
         ORDER BY p.id DESC LIMIT 1)
        UNION (SELECT p.id FROM pushes p JOIN decisions m ON m.id = p.decision_id
         WHERE p.audience_id = a.id AND p.status = '{PushStatus.DONE}'
           AND p.kind IN {one_of(GATED)} AND NOT coalesce((m.size->>'first')::boolean, true)
         ORDER BY p.id DESC LIMIT %(remembered)s)
    ) k WHERE a.workspace_id = %(workspace)s AND a.status <> '{AudienceStatus.DELETED}'
"""
_DUE_PUSH: Final = f"""{_ENDED}
    AND d.id NOT IN ({_LOOKED_BACK_ON})
    AND NOT EXISTS (SELECT FROM gate_releases g WHERE g.push_id = d.id AND g.expires_at > now())
"""
_PUSHES: Final = f"FROM pushes d WHERE {_DUE_PUSH}"
_DECISIONS: Final = f"""
    FROM decisions v WHERE v.workspace_id = %(workspace)s AND v.decided_at < %(horizon)s
      AND NOT EXISTS (SELECT FROM pushes s WHERE s.decision_id = v.id
          AND s.id NOT IN (SELECT d.id {_PUSHES}))
"""
_REQUESTS: Final = f"""
    FROM privacy_requests d WHERE d.workspace_id = %(workspace)s AND d.completed_at < %(horizon)s
      AND NOT EXISTS (SELECT FROM access_archives a WHERE a.request = d.id
          AND a.status IN {one_of((*UNDER_WAY, ArchiveStatus.READY))})
      AND NOT EXISTS (SELECT FROM erasures e WHERE e.command = d.command
          AND e.completed_at IS NULL)
"""
_OPENDSR: Final = f"""
    FROM opendsr_requests o WHERE o.workspace_id = %(workspace)s AND o.received_at < %(horizon)s
      AND NOT EXISTS (SELECT FROM opendsr_parts p WHERE p.workspace_id = o.workspace_id
          AND p.id = o.id AND p.request NOT IN (SELECT d.id {_REQUESTS}))
"""
"""What other systems sent, once all that it became goes."""
_KEYS: Final = "ARRAY(SELECT i.key FROM identifiers i WHERE i.profile_id = d.id)"
PEOPLE: Final = f"""
    FROM profiles d WHERE d.workspace_id = %(workspace)s AND d.last_seen_bin < %(horizon)s
      AND greatest(d.last_seen_at, (SELECT max(i.created_at) FROM identifiers i
          WHERE i.profile_id = d.id)) < %(horizon)s
      AND NOT EXISTS (SELECT FROM identifiers i JOIN events e ON e.leaf = i.key
          WHERE i.profile_id = d.id AND e.workspace_id = d.workspace_id
            AND e.type = '{RESTRICTION}')
      AND NOT EXISTS (SELECT FROM identifiers i JOIN links l ON l.a = i.key OR l.b = i.key
          WHERE i.profile_id = d.id AND l.workspace_id = d.workspace_id
            AND l.status = '{BANNED}')
      AND NOT EXISTS (SELECT FROM privacy_requests r WHERE r.workspace_id = d.workspace_id
          AND r.completed_at IS NULL AND r.kind <> '{RequestKind.RETENTION}' AND r.keys && {_KEYS})
      AND NOT EXISTS (SELECT FROM access_archives a WHERE a.workspace_id = d.workspace_id
          AND a.status IN {one_of((*UNDER_WAY, ArchiveStatus.READY))} AND a.keys && {_KEYS})
"""
"""People of whom no event happened, and no identifier became known, since.

Left out: whoever was ever restricted, was parted by an operator – an erasure would void both –, or
has asked for something that is not answered or not fetched yet.
"""


def _by_id(table: LiteralString, rows: LiteralString, age: LiteralString) -> LiteralString:
    """Remove rows of a table `d` by their ids, the oldest first."""
    return f"""
        WITH due AS MATERIALIZED (
            SELECT d.id {rows} ORDER BY {age} LIMIT %(limit)s FOR UPDATE OF d SKIP LOCKED
        ), gone AS (DELETE FROM {table} t USING due WHERE t.id = due.id RETURNING 1)
        SELECT count(*) FROM gone
    """


_REMOVE_SENT: Final = f"""
    WITH due AS MATERIALIZED (
        SELECT r.push_id, r.seq {_SENT} ORDER BY d.ended_at LIMIT %(limit)s
        FOR UPDATE OF r SKIP LOCKED
    ), gone AS (
        DELETE FROM push_requests t USING due WHERE (t.push_id, t.seq) = (due.push_id, due.seq)
        RETURNING 1)
    SELECT count(*) FROM gone
"""
_REMOVE_PUSHES: Final = _by_id(
    "pushes",
    f"{_PUSHES} AND NOT EXISTS (SELECT FROM push_requests o WHERE o.push_id = d.id)",
    "d.ended_at",
)
_REMOVE_DECISIONS: Final = """
    WITH due AS MATERIALIZED (
        SELECT v.id FROM decisions v WHERE v.workspace_id = %(workspace)s
          AND v.decided_at < %(horizon)s
          AND NOT EXISTS (SELECT FROM pushes s WHERE s.decision_id = v.id)
        ORDER BY v.decided_at LIMIT %(limit)s FOR UPDATE OF v SKIP LOCKED
    ), gone AS (DELETE FROM decisions t USING due WHERE t.id = due.id RETURNING 1)
    SELECT count(*) FROM gone
"""
_REMOVE_REQUESTS: Final = f"""
    WITH due AS MATERIALIZED (
        SELECT d.id, d.command {_REQUESTS} ORDER BY d.completed_at LIMIT %(limit)s
        FOR UPDATE OF d SKIP LOCKED
    ), links AS (DELETE FROM access_links t USING due WHERE t.request = due.id
    ), archives AS (DELETE FROM access_archives t USING due WHERE t.request = due.id
    ), parts AS (DELETE FROM opendsr_parts t USING due WHERE t.request = due.id
    ), recipients AS (DELETE FROM erasure_recipients t USING due WHERE t.command = due.command
    ), gone AS (DELETE FROM privacy_requests t USING due WHERE t.id = due.id RETURNING 1)
    SELECT count(*) FROM gone
"""
_REMOVE_OPENDSR: Final = """
    WITH due AS MATERIALIZED (
        SELECT o.workspace_id, o.id FROM opendsr_requests o
        WHERE o.workspace_id = %(workspace)s AND o.received_at < %(horizon)s
          AND NOT EXISTS (SELECT FROM opendsr_parts p
              WHERE p.workspace_id = o.workspace_id AND p.id = o.id)
        ORDER BY o.received_at LIMIT %(limit)s FOR UPDATE OF o SKIP LOCKED
    ), told AS (DELETE FROM opendsr_callbacks t USING due
        WHERE (t.workspace_id, t.request) = (due.workspace_id, due.id)
    ), gone AS (DELETE FROM opendsr_requests t USING due
        WHERE (t.workspace_id, t.id) = (due.workspace_id, due.id) RETURNING 1)
    SELECT count(*) FROM gone
"""

PARTS: Final[Mapping[RetentionClass, tuple[Part, ...]]] = {
    RetentionClass.PEOPLE: (
        Part(
            "people",
            PEOPLE,
            "SELECT last_seen_at FROM profiles WHERE workspace_id = %(workspace)s"
            " AND last_seen_bin > '-infinity' ORDER BY last_seen_bin LIMIT 1",
        ),
    ),
    RetentionClass.DEAD_LETTERS: (
        Part(
            "dead_letters",
            _LETTERS,
            "SELECT min(recorded_at) FROM dead_letters WHERE workspace_id = %(workspace)s",
            _by_id("dead_letters", _LETTERS, "d.recorded_at"),
        ),
    ),
    RetentionClass.EXPORTS: (
        Part(
            "exports",
            _EXPORTS,
            "SELECT min(coalesce(finished_at, created_at)) FROM exports"
            " WHERE workspace_id = %(workspace)s",
            _by_id("exports", _EXPORTS, "coalesce(d.finished_at, d.created_at)"),
        ),
    ),
    RetentionClass.DECISIONS: (
        Part(
            "push_requests",
            _SENT,
            "SELECT ended_at FROM pushes WHERE workspace_id = %(workspace)s"
            " AND ended_at IS NOT NULL AND EXISTS (SELECT FROM push_requests WHERE push_id = id)"
            " ORDER BY ended_at LIMIT 1",
            _REMOVE_SENT,
        ),
        Part(
            "pushes",
            _PUSHES,
            "SELECT min(ended_at) FROM pushes WHERE workspace_id = %(workspace)s",
            _REMOVE_PUSHES,
        ),
        Part(
            "decisions",
            _DECISIONS,
            "SELECT min(decided_at) FROM decisions WHERE workspace_id = %(workspace)s",
            _REMOVE_DECISIONS,
        ),
    ),
    RetentionClass.REQUESTS: (
        Part(
            "requests",
            _REQUESTS,
            "SELECT min(completed_at) FROM privacy_requests WHERE workspace_id = %(workspace)s",
            _REMOVE_REQUESTS,
        ),
        Part(
            "opendsr_requests",
            _OPENDSR,
            "SELECT min(received_at) FROM opendsr_requests WHERE workspace_id = %(workspace)s",
            _REMOVE_OPENDSR,
        ),
    ),
    RetentionClass.ARCHIVES: (
        Part(
            "archives",
            "FROM access_archives WHERE workspace_id = %(workspace)s"
            f" AND status = '{ArchiveStatus.READY}' AND finished_at <= %(horizon)s"
            " AND expires_at > now()",
            "SELECT min(finished_at) FROM access_archives WHERE workspace_id = %(workspace)s"
            f" AND status = '{ArchiveStatus.READY}'",
        ),
    ),
    RetentionClass.LOGINS: (
        Part(
            "logins",
            "FROM logins l JOIN api_keys k ON k.id = l.key_id"
            " WHERE k.workspace_id = %(workspace)s AND l.created_at <= %(horizon)s"
            " AND l.expires_at > now()",
            "SELECT min(l.created_at) FROM logins l JOIN api_keys k ON k.id = l.key_id"
            " WHERE k.workspace_id = %(workspace)s",
        ),
    ),
}
"""Class → what of it goes, in this order."""
