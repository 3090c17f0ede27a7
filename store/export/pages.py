"""Reads the people of an export page by page in id order: constant memory, no locks.

A page is one instant of the store; pages follow one another in time, so that consent counts as it
is when a person is read. Somebody who is merged meanwhile may appear twice or, where the page with
the survivor's id is past, once under the old id.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

from psycopg import Connection

from domain.export import NO_PURPOSE, ExportSpec, event_key
from domain.ids import ProfileId
from domain.policies import ProfileRules
from domain.profiles.profile import Person, decode_person
from domain.segments.definition import DefinitionStatus
from operators.profiles.consent import consents, restricted
from operators.segments.draft import draft_program, tester
from operators.segments.program import Program
from store.connection import Keys, adapt
from store.definitions.checks import check_segment
from store.definitions.drafts import Author
from store.definitions.errors import MissingDefinitionError
from store.definitions.load import load_definitions
from store.unify.history import backfill_people

_SNAPSHOT: Final = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"
_MEMBERS: Final = """
    SELECT p.id, p.doc FROM (
        SELECT profile_id FROM memberships WHERE segment_id = %(segment)s
            AND workspace_id = %(workspace)s AND profile_id > %(after)s
        ORDER BY profile_id LIMIT %(limit)s
    ) m JOIN profiles p ON p.id = m.profile_id AND p.workspace_id = %(workspace)s ORDER BY p.id
"""
_EVERYBODY: Final = (
    "SELECT id, doc FROM profiles WHERE workspace_id = %(workspace)s "
    "AND id > %(after)s ORDER BY id LIMIT %(limit)s"
)
_IDENTIFIERS: Final = """
    SELECT i.profile_id, i.kind, i.value FROM unnest(%s) AS wanted(id)
    JOIN identifiers i ON i.profile_id = wanted.id
    ORDER BY i.kind, i.value
"""
_LAST: Final = """
    SELECT i.profile_id, e.type || ':' || e.name, round(extract(epoch
    FROM max(e.occurred_at)) * 1000)::bigint
    FROM unnest(%s) AS wanted(id) JOIN identifiers i ON i.profile_id = wanted.id
    JOIN events e ON e.leaf = i.key
    WHERE e.type || ':' || e.name = ANY(%s) GROUP BY 1, 2
"""
FIRST: Final = UUID(int=0)
"""Before everybody."""


class ExportPage(NamedTuple):
    """Some people.

    Attributes:
        evaluated: looked at.
        refused: requested people without consent, or who are restricted.
        people: the others.
        identifiers: of those people, kind → values; personal data.
        last_ms: of those people, event key → newest instant.
        after: where the next page begins; None at the end.
    """

    evaluated: int
    refused: int
    people: Sequence[Person]
    identifiers: Mapping[ProfileId, Mapping[str, Sequence[str]]]
    last_ms: Mapping[ProfileId, Mapping[str, int]]
    after: UUID | None


def count_candidates(
    conn: Connection[Any], workspace: int, segment: int | None, cap: int | None = None
) -> int:
    """How many people an export examines: a segment's members, or everyone.

    Counted no further than `cap`.

    Raises:
        MissingDefinitionError: there is no such segment.
    """
    if segment is not None:
        sql = (
            "SELECT 1 FROM segments WHERE workspace_id = %s AND id = %s "
            f"AND status <> '{DefinitionStatus.DELETED}'"
        )
        if conn.execute(sql, (workspace, segment)).fetchone() is None:
            raise MissingDefinitionError("segment")
    people = (
        "memberships WHERE segment_id = %(segment)s AND"
        if segment is not None
        else "profiles WHERE"
    )
    sql = (
        "SELECT count(*) FROM (SELECT 1 "
        f"FROM {people} workspace_id = %(workspace)s LIMIT %(cap)s) counted"
    )
    row = conn.execute(
        sql.encode(), {"segment": segment, "workspace": workspace, "cap": cap}
    ).fetchone()
    return int(row[0]) if row else 0


class ExportReader:
    """Reads one export.

    Args:
        conn: in autocommit mode; used for this alone.
        author: workspace, known identifier kinds.
        spec: what was asked for.
        rules: lifecycle.
        now_ms: the instant that answers to a rule are of.
        limit: people per page.

    Raises:
        InvalidDefinitionError: the rule refers to what is not there, or in a circle.
    """

    def __init__(
        self,
        conn: Connection[Any],
        author: Author,
        spec: ExportSpec,
        rules: ProfileRules,
        now_ms: int,
        limit: int,
    ) -> None:
        adapt(conn)
        self._conn = conn
        self._spec = spec
        self._params = {"workspace": author.workspace, "segment": spec.segment, "limit": limit}
        self._last = [event_key(name) for name in spec.last_events]
        with conn.transaction():
            conn.execute(_SNAPSHOT)
            self.definitions = load_definitions(conn, author.workspace)
            self._program: Program | None = None
            if spec.rule is not None:
                check_segment(conn, author, None, spec.rule)
                self._program = draft_program(self.definitions, spec.rule)
        self._holds: Callable[[Person], bool] = lambda _: True
        if self._program is not None:
            self._holds = tester(self._program, rules, now_ms)

    def page(self, after: UUID) -> ExportPage:
        """The next people.

        Args:
            after: `FIRST`, then where the page before says.

        Raises:
            psycopg.OperationalError: the server does not answer.
        """
        with self._conn.transaction():
            self._conn.execute(_SNAPSHOT)
            sql = _MEMBERS if self._spec.segment is not None else _EVERYBODY
            rows = (
                self._conn.cursor(binary=True)
                .execute(sql, {**self._params, "after": after})
                .fetchall()
            )
            wanted = self._wanted([decode_person(doc) for _, doc in rows], dict(rows))
            people = [person for person in wanted if not restricted(person.view)]
            if self._spec.purpose != NO_PURPOSE:
                people = [person for person in people if consents(person.view, self._spec.purpose)]
            ids = Keys([person.id for person in people])
            return ExportPage(
                len(rows),
                len(wanted) - len(people),
                people,
                self._identifiers(ids) if people and self._spec.identifiers != "none" else {},
                self._last_ms(ids) if people and self._last else {},
                UUID(bytes=rows[-1][0]) if rows else None,
            )

    def _wanted(self, people: list[Person], docs: Mapping[bytes, bytes]) -> list[Person]:
        """Keep the people for whom the rule holds, as stored.

        What was built for the rule alone is dropped.
        """
        if self._program is None:
            return people
        built = {person.id for person in backfill_people(self._conn, people, self._program)}
        found = filter(self._holds, people)
        return [
            decode_person(docs[person.id]) if person.id in built else person for person in found
        ]

    def _identifiers(self, people: Keys) -> dict[ProfileId, dict[str, list[str]]]:
        found: dict[ProfileId, dict[str, list[str]]] = {}
        for person, kind, value in self._conn.cursor(binary=True).execute(_IDENTIFIERS, (people,)):
            found.setdefault(ProfileId(person), {}).setdefault(kind, []).append(value)
        return found

    def _last_ms(self, people: Keys) -> dict[ProfileId, dict[str, int]]:
        found: dict[ProfileId, dict[str, int]] = {}
        for person, event, at_ms in self._conn.cursor(binary=True).execute(
            _LAST, (people, self._last)
        ):
            found.setdefault(ProfileId(person), {})[event] = at_ms
        return found
