"""Reads the audit log with its chain."""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from psycopg import Connection

from operators.audit import Anchor, Entry, Linked

_ROWS_AT_A_TIME: Final = 5_000
_ENTRY: Final = """a.id, a.workspace_id, (extract(epoch FROM a.at) * 1000000)::bigint, a.actor,
    a.action, a.subject, a.detail::text"""
# Two statements: each gives its first row at once, whatever the length of the chain.
_LINKED: Final = (
    "SELECT c.seq, c.hash, "
    + _ENTRY
    + """
FROM audit_chain c LEFT JOIN audit a ON a.id = c.audit_id
WHERE c.workspace_id = %(workspace)s ORDER BY c.seq
"""
)
_UNLINKED: Final = (
    "SELECT NULL, NULL, "
    + _ENTRY
    + """
FROM audit a WHERE a.workspace_id = %(workspace)s AND NOT EXISTS (SELECT FROM audit_chain c
    WHERE c.audit_id = a.id)
ORDER BY a.id
"""
)
_CHAINS: Final = """
SELECT w.id, w.name, coalesce((SELECT max(seq) FROM audit_chain c WHERE c.workspace_id = w.id), 0)
    FROM (SELECT id, name FROM workspaces
        UNION ALL SELECT workspace_id, name || ' (deleted, ' || workspace_id || ')'
        FROM workspace_deletions d
        WHERE NOT EXISTS (SELECT FROM workspaces WHERE id = d.workspace_id)) w
    ORDER BY w.id
"""
_HEAD: Final = "SELECT seq, hash FROM audit_chain WHERE workspace_id = %s ORDER BY seq DESC LIMIT 1"


class Chain(NamedTuple):
    """One workspace's chain.

    Attributes:
        workspace: id.
        name: of the workspace; ``acme (deleted, 2)`` with the id where it is no more.
        length: links.
    """

    workspace: int
    name: str
    length: int


def chains(conn: Connection[Any]) -> list[Chain]:
    """The chains of all workspaces, in id order; those of deleted ones stay."""
    return [Chain(*row) for row in conn.execute(_CHAINS)]


def is_named(chain: str, workspace: str) -> bool:
    """Whether the chain of this name may be that of a workspace of that name, deleted or not."""
    return chain == workspace or chain.startswith(f"{workspace} (deleted, ")


def head(conn: Connection[Any], workspace: int) -> Anchor | None:
    """The newest link: what to write down elsewhere; None where there is none."""
    row = conn.execute(_HEAD, (workspace,)).fetchone()
    return None if row is None else Anchor(row[0], bytes(row[1]))


def linked(conn: Connection[Any], workspace: int) -> Iterator[Linked]:
    """Every link of a workspace with its entry, in order, then entries without a link.

    Call it inside a transaction.

    Raises:
        psycopg.OperationalError: the server does not answer.
    """
    for name, statement in (("audit_linked", _LINKED), ("audit_unlinked", _UNLINKED)):
        with conn.cursor(name) as cursor:
            cursor.itersize = _ROWS_AT_A_TIME
            for seq, told, number, *entry in cursor.execute(statement, {"workspace": workspace}):
                link = None if seq is None else Anchor(seq, bytes(told))
                yield Linked(link, None if number is None else Entry(number, *entry))
