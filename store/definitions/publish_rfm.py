"""Makes RFM live: its definition and the bounds that score people.

Each save is live at once; `store.definitions.publish` explains the rest.
"""

from dataclasses import dataclass
from typing import Any

import msgspec
from psycopg import Connection
from psycopg.types.json import Jsonb

from domain.segments.definition import RfmBreaks, RfmRule
from domain.values import Json
from operators.rules.references import uses_rfm
from store.definitions import versions
from store.definitions.checks import live_rules
from store.definitions.drafts import Author
from store.definitions.effects import Change, Published, apply_effects, next_revision
from store.definitions.errors import DefinitionConflictError, MissingDefinitionError
from store.definitions.publish import lock_definitions


@dataclass(frozen=True)
class LiveRfm:
    """The workspace's RFM definition: its version, 0 where there is none."""

    version: int
    rule: RfmRule | None


def publish_rfm(
    conn: Connection[Any], author: Author, rule: RfmRule, expected: int | None = None
) -> Published:
    """Save and publish how RFM is taken. Nobody has scores until bounds have been taken for it.

    Args:
        conn: in a transaction.
        author: who, where.
        rule: the definition, checked by the caller.
        expected: version that the author has seen, 0 for none; None: whichever it is.

    Returns:
        Nothing new where this is live already.

    Raises:
        DefinitionConflictError: somebody else has published another version.
    """
    lock_definitions(conn)
    live = _live(conn, author.workspace)
    versions.expect(expected, live.version)
    if live.rule == rule:
        return Published()
    revision = next_revision(conn)
    version = versions.add_version(conn, author, "rfm", author.workspace, rule, "")
    versions.mark_published(conn, author, "rfm", author.workspace, version)
    sql = """
        INSERT INTO rfm (workspace_id, version, definition, revision) VALUES (%s, %s, %s, %s)
        ON CONFLICT (workspace_id) DO UPDATE
            SET version = excluded.version, definition = excluded.definition, breaks = NULL,
            distribution = NULL, revision = excluded.revision, updated_at = now()
    """
    conn.execute(sql, (author.workspace, version, versions.jsonb(rule), revision))
    return apply_effects(
        conn, author, _change(author, "rfm.publish", sweeps=True), revision, {"version": version}
    )


def delete_rfm(conn: Connection[Any], author: Author) -> Published:
    """Take RFM away.

    Raises:
        MissingDefinitionError: there is none.
        DefinitionConflictError: a segment uses it.
    """
    lock_definitions(conn)
    live = _live(conn, author.workspace)
    if live.rule is None:
        raise MissingDefinitionError("RFM definition")
    users = [name for name, tree in live_rules(conn, author.workspace).values() if uses_rfm(tree)]
    if users:
        raise DefinitionConflictError(f"Segments use it: {', '.join(users)}.")
    revision = next_revision(conn)
    conn.execute("DELETE FROM rfm WHERE workspace_id = %s", (author.workspace,))
    return apply_effects(
        conn, author, _change(author, "rfm.delete"), revision, {"version": live.version}
    )


def set_rfm_breaks(
    conn: Connection[Any], author: Author, version: int, breaks: RfmBreaks, distribution: Json
) -> Published:
    """Score everybody by new bounds; live segments that use RFM are looked at again.

    Args:
        conn: in a transaction.
        author: who, where.
        version: of the definition that they were taken for; nothing changes where another one is
            live.
        breaks: the bounds.
        distribution: people by segment and grid, JSON as the table ``rfm`` describes it.
    """
    lock_definitions(conn)
    if _live(conn, author.workspace).version != version:
        return Published()
    revision = next_revision(conn)
    sql = (
        "UPDATE rfm SET breaks = %s, distribution = %s, revision = %s, updated_at = now() WHERE"
        " workspace_id = %s"
    )
    conn.execute(
        sql, (Jsonb(msgspec.to_builtins(breaks)), Jsonb(distribution), revision, author.workspace)
    )
    detail = {"version": version, "population": breaks.population}
    return apply_effects(conn, author, _change(author, "rfm.breaks"), revision, detail)


def _live(conn: Connection[Any], workspace: int) -> LiveRfm:
    row = conn.execute(
        "SELECT version, definition FROM rfm WHERE workspace_id = %s FOR UPDATE", (workspace,)
    ).fetchone()
    return LiveRfm(0, None) if row is None else LiveRfm(row[0], msgspec.convert(row[1], RfmRule))


def _change(author: Author, action: str, *, sweeps: bool = False) -> Change:
    return Change(action, f"rfm:{author.workspace}", "", rfm=True, sweeps=sweeps)
