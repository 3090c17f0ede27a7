"""Tells failures of the database from failures of what was asked of it.

Source of the codes: PostgreSQL documentation, appendix A, "PostgreSQL Error Codes".
"""

from typing import Final

import psycopg

_AWAY_CLASSES: Final = frozenset({"08", "25", "28", "3D", "53", "55", "57", "58"})
"""No connection; a server that only reads; refused access; no such database; out of resources.

Locks; shut down or cancelled; its disk.
"""
_AWAY: Final = frozenset({"42501", "42P01", "42703"})
"""No permission, no such table, no such column: schema or role are wrong for any write."""


class StoreUnavailable(Exception):  # noqa: N818 - a state of the world rather than a mistake
    """The database does not answer; nothing was decided about the transaction in flight."""


def is_away(error: BaseException) -> bool:
    """Whether the database or the way to it failed, so that the statement may succeed later.

    What else it refuses lies in the values: a text with NUL, a number out of range, a row too large
    for an index.

    >>> is_away(psycopg.errors.NumericValueOutOfRange()), is_away(ValueError())
    (False, False)
    >>> is_away(psycopg.errors.AdminShutdown()), is_away(psycopg.OperationalError())
    (True, True)
    >>> is_away(psycopg.errors.ReadOnlySqlTransaction())
    True
    """
    if not isinstance(error, psycopg.Error):
        return False
    code = error.sqlstate
    if code is None:
        return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
    return code[:2] in _AWAY_CLASSES or code in _AWAY
