"""Reads one person's document, brought up to date, with the compiled definitions. No writes."""

from typing import Any, Final, NamedTuple
from uuid import UUID

from psycopg import Connection

from domain.changes import HistoryEvent
from domain.ids import SegmentId
from domain.profiles.profile import Person, decode_person
from domain.segments.definition import DefinitionStatus
from operators.segments.program import Program
from operators.unify.backfill import backfill, backfilled_to, lacks_history
from store.connection import adapt
from store.unify.history import read_events, refuse_too_many

_SNAPSHOT: Final = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"
_PERSON: Final = """
    SELECT p.doc FROM identifiers i JOIN profiles p ON p.id = i.profile_id WHERE i.key = %s
        AND i.workspace_id = %s
"""
_NAMES: Final = (
    "SELECT id, name FROM segments WHERE workspace_id = %s "
    f"AND status <> '{DefinitionStatus.DELETED}'"
)


class ProfileSnapshot(NamedTuple):
    """A person as of one snapshot.

    Attributes:
        person: with every aggregate that definitions ask for.
        events: stored ones of the types and names that were asked for.
        names: segment → name.
    """

    person: Person
    events: list[HistoryEvent]
    names: dict[SegmentId, str]


def load_snapshot(
    conn: Connection[Any], program: Program, profile: UUID, names: set[tuple[str, str | None]]
) -> ProfileSnapshot | None:
    """Read a person with every aggregate that definitions need.

    Args:
        conn: at the beginning of a transaction, which becomes a read-only snapshot.
        program: compiled definitions of the workspace.
        profile: the person's id, or one that was merged into theirs.
        names: types and names of events that are wanted; a name None is any.

    Returns:
        None where the workspace knows no such person.

    Raises:
        TooEventfulError: the person has too many events.
        psycopg.OperationalError: the server does not answer.
    """
    open_snapshot(conn)
    return read_snapshot(conn, program, profile, names)


def open_snapshot(conn: Connection[Any]) -> None:
    """Make a transaction that has just begun a read-only snapshot, for `read_snapshot`."""
    conn.execute(_SNAPSHOT)
    adapt(conn)


def read_snapshot(
    conn: Connection[Any], program: Program, profile: UUID, names: set[tuple[str, str | None]]
) -> ProfileSnapshot | None:
    """Like `load_snapshot`, in a snapshot in which something was read already."""
    workspace = program.definitions.workspace
    row = conn.cursor(binary=True).execute(_PERSON, (profile, workspace)).fetchone()
    if row is None:
        return None
    person = decode_person(row[0])
    wanted = names | (
        set(program.names(backfilled_to(person, program)))
        if lacks_history(person, program)
        else set()
    )
    if wanted:
        refuse_too_many(conn, [person.id])
    events = read_events(conn, [person.id], wanted)[person.id]
    if lacks_history(person, program):
        backfill(person, {}, events, program)
    return ProfileSnapshot(
        person,
        events,
        {SegmentId(number): name for number, name in conn.execute(_NAMES, (workspace,))},
    )
