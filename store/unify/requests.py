"""Settles what people asked for, in the commit that does it."""

from typing import Final

import psycopg

from domain.changes import Changes
from domain.privacy.erasure import STATED
from store.connection import Keys, one_of

# Evidence stays with the statement alone, which an erasure removes.
_SETTLE: Final = """
UPDATE privacy_requests SET completed_at = coalesce(completed_at, now()), told = told - 'evidence'
WHERE command = ANY(%s)
"""
_MOOT: Final = f"""
UPDATE privacy_requests SET completed_at = now(), told = told - 'evidence'
WHERE workspace_id = %s AND keys && %s AND kind IN {one_of(STATED)} AND completed_at IS NULL
"""


def settle(cursor: psycopg.Cursor, changes: Changes) -> None:
    """Complete the requests whose statements a commit takes in, or that an erasure leaves moot.

    Args:
        cursor: of the commit.
        changes: to be committed.
    """
    done = [*changes.stated, *(message for _, message in changes.suppressed)]
    if done:
        cursor.execute(_SETTLE, (Keys(done),))
    for erasure in changes.erasures:
        cursor.execute(_MOOT, (erasure.workspace, Keys(erasure.keys)))
