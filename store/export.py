"""Reads a segment's consenting members for an export, page by page: memory does not grow with the segment, nothing is locked."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from domain.profile import Person, decode_person
from operators.consent import consents
from store.fetch import Pool, fetch

PAGE: Final = 500
"""Members read at once."""


@dataclass(frozen=True)
class ExportedPerson:
    """One member who consents.

    Attributes:
        identifiers: kind → values, personal data.
    """

    id: UUID
    person: Person = field(repr=False)
    identifiers: dict[str, list[str]] = field(repr=False)


_PAGE: Final = """
    SELECT m.profile_id, p.doc, known.identifiers
    FROM memberships m
    JOIN profiles p ON p.id = m.profile_id AND p.workspace_id = m.workspace_id
    CROSS JOIN LATERAL (
        SELECT coalesce(jsonb_object_agg(kind, vals), '{}') AS identifiers
        FROM (SELECT kind, jsonb_agg(value ORDER BY value) AS vals FROM identifiers WHERE profile_id = p.id GROUP BY kind) k
    ) known
    WHERE m.workspace_id = %(workspace)s AND m.segment_id = %(segment)s
      AND (%(after)s::uuid IS NULL OR m.profile_id > %(after)s)
    ORDER BY m.profile_id LIMIT %(limit)s
"""


async def consenting_members(pool: Pool, workspace: int, segment: int, purpose: str) -> AsyncIterator[ExportedPerson]:
    """Hand out the members of a segment who consent to the purpose at the moment they are read, by profile id.

    Args:
        pool: open pool; a connection is borrowed per page, not for the whole export.
        workspace: tenant.
        segment: whose members.
        purpose: consent purpose that the export serves.
    """
    after: UUID | None = None
    while True:
        params = {"workspace": workspace, "segment": segment, "after": after, "limit": PAGE}
        rows = await fetch(pool, _row, _PAGE, params)
        for profile_id, doc, identifiers in rows:
            person = decode_person(doc)
            if consents(person.view, purpose):
                yield ExportedPerson(profile_id, person, identifiers)
        if len(rows) < PAGE:
            return
        after = rows[-1][0]


def _row(profile_id: UUID, doc: bytes, identifiers: dict[str, Any]) -> tuple[UUID, bytes, dict[str, list[str]]]:
    return profile_id, doc, identifiers
