"""What an unmerge would do, decided by the engine's own code on a snapshot and thrown away."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

from psycopg import Connection

from domain.activation.states import AudienceStatus
from domain.changes import Changes, HistoryEvent, LoadedState
from domain.event import Identifier, Unmerge
from domain.ids import IdentifierKey, ProfileId, SegmentId
from domain.segments.definition import DefinitionStatus
from operators.unify.batch import unify
from operators.unify.definitions import Definitions
from operators.unify.read_set import collect_read_set
from operators.unify.unmerged import Part, unmerged
from store.connection import Keys, adapt, one_of
from store.errors import StoreUnavailable
from store.unify.history import refuse_too_many
from store.unify.loading import Loader
from store.unify.postgres_reads import PostgresReads
from store.unify.reads import PersonRow

PEOPLE_LIMIT: Final = 1_000
"""People whom facts may connect with one who is split; with more, only the engine tells."""

_SNAPSHOT: Final = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"
_IDENTIFIERS: Final = """
    SELECT key, kind, value FROM identifiers WHERE key = ANY(%s) ORDER BY kind, value
"""
_SEGMENTS: Final = f"""
    SELECT id, name, purpose FROM segments
    WHERE workspace_id = %s AND status <> '{DefinitionStatus.DELETED}' ORDER BY id
"""
_AUDIENCES: Final = f"""
    SELECT id, name, platform, segment_id FROM audiences
    WHERE workspace_id = %s AND status IN {one_of((AudienceStatus.ACTIVE, AudienceStatus.PAUSED))}
    ORDER BY id
"""


class TooEntangledError(Exception):
    """Facts connect too many people with the one who is split."""


class NamedSegment(NamedTuple):
    """A segment, and the purpose that its members must consent to for platforms."""

    id: SegmentId
    name: str
    purpose: str


class Follower(NamedTuple):
    """An audience that follows a segment."""

    id: int
    name: str
    platform: str
    segment: SegmentId


class Foretold(NamedTuple):
    """What an unmerge would do.

    Attributes:
        parts: the people whom it leaves.
        identifiers: of theirs, by key.
        segments: all of the workspace, by id.
        audiences: those that are not being deleted, by id.
    """

    parts: list[Part]
    identifiers: dict[IdentifierKey, Identifier]
    segments: list[NamedSegment]
    audiences: list[Follower]

    @property
    def splits(self) -> bool:
        """Whether anybody would have other identifiers than now."""
        return any(
            len(part.before) != 1 or part.person.kinds != part.before[0].kinds
            for part in self.parts
        )


class _SnapshotReads(PostgresReads):
    """Statements that all see the snapshot of the transaction they are in, of so many people."""

    def __init__(self, conn: Connection[Any]) -> None:
        super().__init__(lambda: conn)
        self._seen: set[ProfileId] = set()

    @contextmanager
    def whole(self) -> Iterator[None]:
        """Inside and outside, all statements see one instant."""
        yield

    def people(self, ids: Sequence[ProfileId]) -> list[PersonRow]:
        """People by id, those that exist.

        Raises:
            TooEntangledError: they are too many.
        """
        self._seen.update(ids)
        if len(self._seen) > PEOPLE_LIMIT:
            raise TooEntangledError
        return super().people(ids)

    def events(
        self, ids: Sequence[ProfileId], names: Iterable[tuple[str, str | None]]
    ) -> dict[ProfileId, list[HistoryEvent]]:
        """The stored events of people, of some types and names.

        Raises:
            TooEventfulError: they have too many, whatever their types and names.
        """
        refuse_too_many(self._connect(), ids)
        return super().events(ids, names)


def foretell(
    conn: Connection[Any],
    command: Unmerge,
    concerned: Sequence[IdentifierKey],
    definitions: Definitions,
    now_ms: int,
) -> Foretold:
    """Decide an unmerge as the engine would now.

    Args:
        conn: at the beginning of a transaction, which becomes a read-only snapshot.
        command: the unmerge.
        concerned: identifiers of the person who is split.
        definitions: those in force.
        now_ms: the instant of evaluation.

    Raises:
        TooEntangledError: facts connect more than `PEOPLE_LIMIT` people.
        TooEventfulError: more than `EVENTS_LIMIT` events would have to be read.
        psycopg.OperationalError: the server does not answer, or cancels a statement.
    """
    conn.execute(_SNAPSHOT)
    adapt(conn)
    changes, loaded = _decide(conn, command, definitions, now_ms)
    parts = unmerged(changes, loaded, concerned)
    keys = [key for part in parts for key in part.identifiers]
    cursor = conn.cursor(binary=True)
    return Foretold(
        parts,
        {
            IdentifierKey(key): Identifier(IdentifierKey(key), kind, value)
            for key, kind, value in cursor.execute(_IDENTIFIERS, (Keys(keys),))
        },
        [NamedSegment(*row) for row in conn.execute(_SEGMENTS, (command.workspace,))],
        [Follower(*row) for row in conn.execute(_AUDIENCES, (command.workspace,))],
    )


def _decide(
    conn: Connection[Any], command: Unmerge, definitions: Definitions, now_ms: int
) -> tuple[Changes, LoadedState]:
    loader = Loader(_SnapshotReads(conn), 0, 0)
    loaded = loader.load(collect_read_set([command]))
    names = definitions.program(command.workspace).names(0)
    while True:
        answer = unify([command], loaded, definitions, now_ms)
        if isinstance(answer, Changes):
            return answer, loaded
        whole = (
            loader.components(loaded, answer.people)
            if answer.people
            else loader.histories(loaded, answer.histories, names)
        )
        if not whole:  # pragma: no cover - a snapshot does not change
            raise StoreUnavailable("people changed within a snapshot")
