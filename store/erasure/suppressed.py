"""Which identifiers and messages were erased: nothing of them stays, or returns."""

from collections.abc import Collection
from typing import Any, Final

from psycopg import Connection

from domain.ids import IdentifierKey, MessageKey
from store.connection import Keys, adapt

_IDENTIFIERS: Final = "SELECT key, until_ms FROM erased_identifiers WHERE key = ANY(%s)"
_MESSAGES: Final = "SELECT message_key FROM erased_messages WHERE message_key = ANY(%s)"


def identifiers(conn: Connection[Any], keys: Collection[IdentifierKey]) -> dict[IdentifierKey, int]:
    """Find which identifiers were erased.

    Returns:
        Identifier → until when no event says anything of it, ms since 1970.

    Raises:
        psycopg.OperationalError: the server does not answer.
    """
    with conn.cursor(binary=True) as cursor:
        adapt(cursor)
        found = cursor.execute(_IDENTIFIERS, (Keys(list(keys)),)).fetchall()
    return {IdentifierKey(key): until_ms for key, until_ms in found}


def messages(conn: Connection[Any], keys: Collection[MessageKey]) -> set[MessageKey]:
    """Find which messages were erased.

    Raises:
        psycopg.OperationalError: the server does not answer.
    """
    with conn.cursor(binary=True) as cursor:
        adapt(cursor)
        return {MessageKey(key) for (key,) in cursor.execute(_MESSAGES, (Keys(list(keys)),))}
