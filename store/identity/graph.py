"""Reads the identity graph: identifiers, link facts, refused facts, merges."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from domain.link import Pair
from store.fetch import Pool, fetch


@dataclass(frozen=True)
class Node:
    """One identifier of the graph.

    Attributes:
        cause: message key of the earliest event that names it, as far as links and its own leaf
            tell; `cause_*` are its fields.
    """

    key: UUID
    kind: str
    value: str
    profile_id: UUID
    cause: UUID | None
    cause_type: str | None
    cause_name: str | None
    cause_at: datetime | None


@dataclass(frozen=True)
class LinkRow:
    """One link fact, with both ends and its cause.

    Attributes:
        a: one end; `b` the other. An end whose identifier is not stored has no kind, value or
            profile.
        status: linked, refused or banned; those that were lifted and that no event states are not
            read.
        reason: ``limit:<kind>`` where refused; the operator's words where banned.
        first_ms: event time of the earliest event that states it.
        cause: message key of that event; the `cause_*` fields are None where it is not stored.
    """

    a: UUID
    a_kind: str | None
    a_value: str | None
    a_profile: UUID | None
    b: UUID
    b_kind: str | None
    b_value: str | None
    b_profile: UUID | None
    status: str
    reason: str
    first_ms: int
    cause: UUID | None
    cause_type: str | None
    cause_name: str | None
    cause_at: datetime | None


_NODES: Final = """
    SELECT i.key, i.kind, i.value, i.profile_id, f.message_key, f.type, f.name, f.occurred_at
    FROM (SELECT key, kind, value, profile_id FROM identifiers
          WHERE profile_id = %(profile)s AND workspace_id = %(workspace)s ORDER BY kind, value
              LIMIT %(limit)s) i
    LEFT JOIN LATERAL (
        SELECT * FROM (
            (SELECT message_key, type, name, occurred_at FROM events
             WHERE leaf = i.key ORDER BY occurred_at LIMIT 1)
            UNION ALL
            (SELECT e.message_key, e.type, e.name, e.occurred_at FROM links l
                JOIN events e ON e.message_key = l.cause
             WHERE l.a = i.key ORDER BY l.first_ms LIMIT 1)
            UNION ALL
            (SELECT e.message_key, e.type, e.name, e.occurred_at FROM links l
                JOIN events e ON e.message_key = l.cause
             WHERE l.b = i.key ORDER BY l.first_ms LIMIT 1)
        ) named ORDER BY occurred_at LIMIT 1
    ) f ON true
    ORDER BY i.kind, i.value
"""

_LINK_COLUMNS: Final = """
    SELECT l.a, ia.kind, ia.value, ia.profile_id, l.b, ib.kind, ib.value, ib.profile_id,
           l.status, l.reason, l.first_ms, l.cause, e.type, e.name, e.occurred_at
"""
_LINK_JOINS: Final = """
    LEFT JOIN identifiers ia ON ia.key = l.a
    LEFT JOIN identifiers ib ON ib.key = l.b
    LEFT JOIN events e ON e.message_key = l.cause
"""

_LINKS: Final = (
    _LINK_COLUMNS
    + """
    FROM (
        SELECT l.* FROM identifiers i JOIN links l ON l.a = i.key
        WHERE i.profile_id = %(profile)s AND i.workspace_id = %(workspace)s
            AND l.status <> 'lifted'
        UNION
        SELECT l.* FROM identifiers i JOIN links l ON l.b = i.key
        WHERE i.profile_id = %(profile)s AND i.workspace_id = %(workspace)s
            AND l.status <> 'lifted'
        ORDER BY first_ms, tie, a, b LIMIT %(limit)s
    ) l
"""
    + _LINK_JOINS
    + "ORDER BY l.first_ms, l.tie, l.a, l.b"
)

_LINKS_BETWEEN: Final = (
    _LINK_COLUMNS
    + """
    FROM (
        SELECT links.* FROM unnest(%(a)s::uuid[], %(b)s::uuid[]) AS wanted(a, b)
        JOIN links USING (a, b)
        WHERE workspace_id = %(workspace)s AND status <> 'lifted'
    ) l
"""
    + _LINK_JOINS
    + "ORDER BY l.a, l.b"
)

_CONFLICTS: Final = (
    _LINK_COLUMNS
    + """
    FROM (
        SELECT * FROM links
        WHERE workspace_id = %(workspace)s AND status = 'refused'
          AND (%(first)s::bigint IS NULL OR (first_ms, a, b) < (%(first)s, %(a)s::uuid,
              %(b)s::uuid))
        ORDER BY first_ms DESC, a DESC, b DESC LIMIT %(limit)s
    ) l
"""
    + _LINK_JOINS
    + "ORDER BY l.first_ms DESC, l.a DESC, l.b DESC"
)


async def nodes(pool: Pool, workspace: int, profile: bytes, limit: int) -> list[Node]:
    """A person's identifiers by kind and value, at most `limit`.

    Args:
        pool: open pool.
        workspace: tenant.
        profile: id of a live profile, 16 bytes.
        limit: how many at most.
    """
    params = {"workspace": workspace, "profile": UUID(bytes=profile), "limit": limit}
    return await fetch(pool, Node, _NODES, params)


async def links(pool: Pool, workspace: int, profile: bytes, limit: int) -> list[LinkRow]:
    """Link facts that touch a person, of any status, oldest first, at most `limit`.

    Args:
        pool: open pool.
        workspace: tenant.
        profile: id of a live profile, 16 bytes.
        limit: how many at most.
    """
    params = {"workspace": workspace, "profile": UUID(bytes=profile), "limit": limit}
    return await fetch(pool, LinkRow, _LINKS, params)


async def links_between(pool: Pool, workspace: int, pairs: Sequence[Pair]) -> list[LinkRow]:
    """The links of these pairs, of any status that clients see; pairs without one are left out.

    Args:
        pool: open pool.
        workspace: tenant.
        pairs: keys of identifiers, the smaller first.
    """
    params = {
        "workspace": workspace,
        "a": [UUID(bytes=a) for a, _ in pairs],
        "b": [UUID(bytes=b) for _, b in pairs],
    }
    return await fetch(pool, LinkRow, _LINKS_BETWEEN, params)


async def conflicts(
    pool: Pool, workspace: int, after: tuple[int, UUID, UUID] | None, limit: int
) -> list[LinkRow]:
    """Refused link facts of a workspace, newest first.

    Args:
        pool: open pool.
        workspace: tenant.
        after: `first_ms`, `a` and `b` of the last one of the page before.
        limit: facts per page.
    """
    first, a, b = after or (None, None, None)
    params = {"workspace": workspace, "first": first, "a": a, "b": b, "limit": limit}
    return await fetch(pool, LinkRow, _CONFLICTS, params)


@dataclass(frozen=True)
class Fact:
    """A link fact within one person: two keys of 16 bytes, the smaller first, and its status."""

    a: bytes
    b: bytes
    status: str


async def facts_within(pool: Pool, workspace: int, profile: bytes) -> list[Fact]:
    """Every link fact, linked or refused, whose two ends both belong to a person."""
    sql = """
        SELECT l.a, l.b, l.status FROM identifiers ia
        JOIN links l ON l.a = ia.key
        JOIN identifiers ib ON ib.key = l.b AND ib.profile_id = ia.profile_id
        WHERE ia.profile_id = %(profile)s AND ia.workspace_id = %(workspace)s
            AND l.status IN ('linked', 'refused')
        ORDER BY l.a, l.b
    """
    return await fetch(pool, _fact, sql, {"workspace": workspace, "profile": UUID(bytes=profile)})


def _fact(a: UUID, b: UUID, status: str) -> Fact:
    return Fact(a.bytes, b.bytes, status)
