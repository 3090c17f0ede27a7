"""Who is on an audience's list, and why the members who are not on it are not.

What decides is read as a push reads it, so that both say the same.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from psycopg import Connection

from domain.activation.states import AudienceStatus
from domain.ids import ProfileId, canonical
from operators.activation import ListingInputs, ListingReason, reason_of
from sinks.ads.platform import Matchable, Platform
from store.activation.audience_people import ListedPerson, People, end_of_page, read_listed
from store.activation.concerned import identifiers_of, refusing
from store.activation.due import Audience
from store.activation.person_audiences import PersonAudience, of_person
from store.connection import adapt

MOST: Final = 5_000
"""People that one page passes by at most, whatever its filter leaves out."""
_CHUNK: Final = 1_000
"""People read at once at most."""
_ALSO_INACTIVE: Final = frozenset[ListingReason]({"not_a_member", "held_out", "audience_inactive"})
"""What decides in an audience that is not pushed."""
_NEVER_MISSING: Final = frozenset[ListingReason]({"not_a_member", "member", "refused_by_platform"})
"""What never decides for a member who is not on the list."""
_NEVER_LISTED: Final = frozenset[ListingReason]({"next_push"})
"""What never decides for somebody who is on the list."""


@dataclass(frozen=True)
class Wanted:
    """Which people of an audience.

    Attributes:
        states: of rows on the list.
        missing: also members who have no row there.
        reason: only people for whom this decides; None for all.
    """

    states: Sequence[str]
    missing: bool
    reason: ListingReason | None = None


@dataclass(frozen=True)
class AudiencePeople:
    """A page of people.

    Attributes:
        people: each with what decides, in id order.
        next: the last person looked at; None at the end.
    """

    people: list[tuple[ListedPerson, ListingReason]]
    next: UUID | None


def people_of(
    conn: Connection[Any],
    audience: Audience,
    platform: Platform,
    wanted: Wanted,
    after: UUID | None,
    limit: int,
    most: int = MOST,
) -> AudiencePeople:
    """Read a page of an audience's people.

    As many rows are read as the page needs: the database leaves out those for whom something else
    decides, as far as it can tell, and the rest comes in chunks that grow.

    Args:
        conn: in a transaction; nothing is changed.
        audience: whose list.
        platform: what decides who can be matched.
        wanted: which people.
        after: the last person looked at for the page before; None for the first page.
        limit: people on the page.
        most: people passed by; a page with a reason may therefore be short and have a successor.

    Returns:
        At most `limit` people in id order.

    Raises:
        psycopg.OperationalError: the server does not answer.
    """
    adapt(conn)
    active = audience.status == AudienceStatus.ACTIVE
    wanted = _possible(wanted, active)
    if not wanted.states and not wanted.missing:
        return AudiencePeople([], None)
    among = People(audience, wanted.states, wanted.missing, wanted.reason)
    end = end_of_page(conn, among, after, most)
    found: list[tuple[ListedPerson, ListingReason]] = []
    chunk = limit
    while True:
        people = read_listed(conn, among, after, end, chunk)
        for person, reason in _reasons(conn, audience, platform, people):
            if wanted.reason in (None, reason):
                found.append((person, reason))
                if len(found) == limit:
                    return AudiencePeople(found, person.profile_id)
        if len(people) < chunk:
            return AudiencePeople(found, end)
        after, chunk = people[-1].profile_id, min(2 * chunk, max(limit, _CHUNK))


def audiences_of(
    conn: Connection[Any], workspace: int, person: ProfileId, platforms: Mapping[str, Platform]
) -> list[tuple[PersonAudience, ListingReason]]:
    """Read every audience of a workspace, with what decides about one person there.

    Args:
        conn: in a transaction; nothing is changed.
        workspace: tenant.
        person: who.
        platforms: those that are built in, by name.

    Returns:
        By audience id; deleted audiences only while the person has a row there.

    Raises:
        psycopg.OperationalError: the server does not answer.
    """
    adapt(conn)
    rows = of_person(conn, workspace, person)
    purposes = {platforms[row.platform].purpose for row in rows}
    refuses = {purpose: refusing(conn, workspace, [person], purpose) for purpose in purposes}
    kinds = sorted({kind for row in rows for kind in platforms[row.platform].kinds})
    identifiers = identifiers_of(conn, workspace, [person], kinds)
    return [
        (
            row,
            _reason(
                row,
                person,
                platforms[row.platform],
                refuses[platforms[row.platform].purpose],
                identifiers,
                active=row.status == AudienceStatus.ACTIVE,
            ),
        )
        for row in rows
    ]


def _possible(wanted: Wanted, active: bool) -> Wanted:
    """Those of the wanted for whom the reason can decide at all."""
    reason = wanted.reason
    if reason is None:
        return wanted
    decides = reason != "audience_inactive" if active else reason in _ALSO_INACTIVE
    if not decides:
        return Wanted((), False, reason)
    return Wanted(
        () if reason in _NEVER_LISTED else wanted.states,
        wanted.missing and reason not in _NEVER_MISSING,
        reason,
    )


def _reasons(
    conn: Connection[Any], audience: Audience, platform: Platform, people: Sequence[ListedPerson]
) -> list[tuple[ListedPerson, ListingReason]]:
    keys = [ProfileId(person.profile_id.bytes) for person in people]
    refuses = refusing(conn, audience.workspace_id, keys, platform.purpose, audience.id)
    identifiers = identifiers_of(conn, audience.workspace_id, keys, platform.kinds)
    active = audience.status == AudienceStatus.ACTIVE
    return [
        (person, _reason(person, key, platform, refuses, identifiers, active=active))
        for person, key in zip(people, keys, strict=True)
    ]


def _reason(
    listed: ListedPerson | PersonAudience,
    key: ProfileId,
    platform: Platform,
    refuses: Collection[ProfileId],
    identifiers: Mapping[ProfileId, Mapping[str, tuple[str, ...]]],
    *,
    active: bool,
) -> ListingReason:
    """What decides about one person and one audience: the one place that says so."""
    own = identifiers.get(key, {})
    matched = {kind: values for kind, values in own.items() if kind in platform.kinds}
    return reason_of(
        ListingInputs(
            member=listed.member_since is not None,
            held_out=listed.held_out,
            too_long=listed.too_long,
            active=active,
            consents=key not in refuses,
            matchable=platform.row(Matchable(canonical(key), matched)) is not None,
            state=listed.state,
        )
    )
