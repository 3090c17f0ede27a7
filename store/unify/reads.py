"""The statements with which UNIFY loads, on PostgreSQL: `store.unify.loading.Reads`."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

import psycopg

from domain.changes import Told
from domain.ids import IdentifierKey, MessageKey, ProfileId, WorkspaceId
from domain.link import Link, Pair
from domain.profiles.profile import FactKey
from store.connection import Keys
from store.unify import sql as unify_sql
from store.unify.history import read_events
from store.unify.loading import MemberRow, Named, Owned, PersonRow


class PostgresReads:
    """`store.unify.loading.Reads` on one connection.

    Every method raises what psycopg raises where the server does not answer.

    Args:
        connect: answers the connection of the worker.
    """

    def __init__(self, connect: Callable[[], psycopg.Connection]) -> None:
        self._connect = connect

    def _query(self, sql: str, parameters: list[object]) -> psycopg.Cursor:
        return self._connect().cursor(binary=True).execute(sql.encode(), parameters)

    @contextmanager
    def whole(self) -> Iterator[None]:
        """Inside, all statements see one instant."""
        connection = self._connect()
        with connection.transaction():
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield

    def named(
        self, pairs: Sequence[Pair], keys: Sequence[IdentifierKey], messages: Sequence[MessageKey]
    ) -> Named:
        """Links, identifiers and messages in one round trip.

        Each statement sees later than the one before.
        """
        with self._connect().pipeline():
            links = (
                self._query(
                    unify_sql.LOAD_LINKS, [Keys([a for a, _ in pairs]), Keys([b for _, b in pairs])]
                )
                if pairs
                else None
            )
            owned = self._query(unify_sql.LOAD_IDENTIFIERS, [Keys(keys)]) if keys else None
            stored = self._query(unify_sql.LOAD_MESSAGES, [Keys(messages)]) if messages else None
        return Named(
            [_link(row) for row in links or ()],
            _owned(owned or ()),
            {key for (key,) in stored or ()},
        )

    def owned(self, keys: Sequence[IdentifierKey]) -> Owned:
        """Identifiers with their people."""
        return _owned(self._query(unify_sql.LOAD_IDENTIFIERS, [Keys(keys)]))

    def people(self, ids: Sequence[ProfileId]) -> list[PersonRow]:
        """People by id, those that exist."""
        return [PersonRow(*row) for row in self._query(unify_sql.LOAD_PEOPLE, [Keys(ids)])]

    def members(self, ids: Sequence[ProfileId]) -> list[MemberRow]:
        """All identifiers of people."""
        return [MemberRow(*row) for row in self._query(unify_sql.LOAD_MEMBERS, [Keys(ids)])]

    def links_of(self, ids: Sequence[ProfileId]) -> list[Link]:
        """All links that touch an identifier of people."""
        return [_link(row) for row in self._query(unify_sql.LOAD_LINKS_OF, [Keys(ids), Keys(ids)])]

    def events(
        self, ids: Sequence[ProfileId], names: Iterable[tuple[str, str | None]]
    ) -> dict[ProfileId, list[Told]]:
        """The stored events of people, of some types and names."""
        return read_events(self._connect(), ids, names)


def _owned(
    rows: Iterable[tuple[bytes | None, bytes, bytes | None, int | None, bytes | None]],
) -> Owned:
    found = Owned({}, [])
    for key, owner, leaf, version, doc in rows:
        if key is not None:
            found.leaves.setdefault(ProfileId(owner), {})[IdentifierKey(key)] = leaf
        elif version is not None and doc is not None:
            found.people.append(PersonRow(ProfileId(owner), version, doc))
    return found


def _link(row: tuple[bytes, bytes, int, int, int, bytes, int, str, str]) -> Link:
    a, b, workspace, at, tie, cause, rank, status, reason = row
    return Link(
        WorkspaceId(workspace),
        IdentifierKey(a),
        IdentifierKey(b),
        FactKey(at, tie),
        MessageKey(cause),
        rank,
        status,
        reason,
    )
