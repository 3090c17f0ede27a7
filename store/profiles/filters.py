"""Which people a listing wants, in which order, and the statements that look at some of them.

A statement looks at so many rows of one index, from a place in it, and says of each whether it is
wanted; so its cost does not depend on how many are.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from domain.profiles.profile import decode_consent
from operators.profiles.consent import grants, statement_among

Order = Literal["last_seen", "first_seen"]
"""Newest first; who was never seen comes last."""
ConsentState = Literal["granted", "refused", "unstated"]


@dataclass(frozen=True)
class ConsentFilter:
    """People of whom a consent is known to be so.

    Attributes:
        purpose: in its normal form (`domain.profiles.consent.purpose_of`).
        state: granted or refused by the statement that counts, or never stated; whoever is
            restricted refuses what they stated.
    """

    purpose: str
    state: ConsentState

    def holds(self, doc: bytes) -> bool:
        """Whether it is so of a person.

        Args:
            doc: packed `domain.profiles.profile.Person`.
        """
        statements = decode_consent(doc)
        if statement_among(statements, self.purpose) is None:
            return self.state == "unstated"
        return self.state == ("granted" if grants(statements, self.purpose) else "refused")


@dataclass(frozen=True)
class ProfileFilter:
    """Which people are wanted; None means any.

    Attributes:
        stage: lifecycle stage.
        seen_since: last event at or after this instant.
        search: prefix of an identifier's value, tried as written and in lower case.
        segment: of which they are members, as stored.
        consent: what they said to a purpose.
        order: None: by id or, when searching, by the first matching identifier.
    """

    stage: str | None = None
    seen_since: datetime | None = None
    search: str | None = None
    segment: int | None = None
    consent: ConsentFilter | None = None
    order: Order | None = None

    @property
    def statement(self) -> str:
        """The statement that looks at some people; each of them once."""
        if self.search is not None:
            return _SEARCH
        if self.order is not None:
            return _BY_TIME[self.order]
        return _BY_ID if self.segment is None else _BY_MEMBERSHIP


WANTED: Final = """
    p.id IS NOT NULL AND (%(stage)s::text IS NULL OR p.stage = %(stage)s)
    AND (%(since)s::timestamptz IS NULL OR p.last_seen_at >= %(since)s)
    AND (%(segment)s::integer IS NULL OR EXISTS (
        SELECT FROM memberships m WHERE m.segment_id = %(segment)s AND m.profile_id = p.id
            AND m.workspace_id = %(workspace)s))
"""
"""Whether a person ``p`` is wanted, as far as tables tell."""

_LOOKED_AT: Final = "id, stage, first_seen_at, last_seen_at, doc"
_JUDGED: Final = "WHERE matches OR n = %(size)s ORDER BY n"
_BY_ID: Final = f"""
    SELECT id, '', NULL, id, matches, n = %(size)s, CASE WHEN %(reads)s THEN doc END FROM (
        SELECT p.id, p.doc, row_number() OVER (ORDER BY p.id) AS n, {WANTED} AS matches
        FROM (SELECT {_LOOKED_AT} FROM profiles
              WHERE workspace_id = %(workspace)s AND id > %(after)s ORDER BY id
              LIMIT %(size)s) p
    ) judged {_JUDGED}
"""
_BY_MEMBERSHIP: Final = f"""
    SELECT key, '', NULL, key, matches, n = %(size)s, CASE WHEN %(reads)s THEN doc END FROM (
        SELECT l.profile_id AS key, p.doc, row_number() OVER (ORDER BY l.profile_id) AS n,
               {WANTED} AS matches
        FROM (SELECT profile_id FROM memberships
              WHERE segment_id = %(segment)s AND workspace_id = %(workspace)s
                AND profile_id > %(after)s
              ORDER BY profile_id LIMIT %(size)s) l
        LEFT JOIN profiles p ON p.id = l.profile_id AND p.workspace_id = %(workspace)s
    ) judged {_JUDGED}
"""
# Only the first of a person's matching identifiers counts, so that nobody appears twice.
_SEARCH: Final = f"""
    SELECT key, value, NULL, profile_id, matches, n = %(size)s, CASE WHEN %(reads)s THEN doc END
    FROM (
        SELECT i.key, i.value, i.profile_id, p.doc,
               row_number() OVER (ORDER BY i.value USING ~<~, i.key) AS n,
               {WANTED} AND NOT EXISTS (
                   SELECT FROM identifiers o
                   WHERE o.profile_id = i.profile_id
                     AND (starts_with(o.value, %(typed)s) OR starts_with(o.value, %(lowered)s))
                     AND (o.value ~<~ i.value OR (o.value = i.value AND o.key < i.key))) AS matches
        FROM (SELECT key, value, profile_id FROM identifiers
              WHERE workspace_id = %(workspace)s AND value ~>=~ %(low)s AND value ~<~ %(high)s
                AND (value <> %(low)s OR key > %(after)s)
              ORDER BY value USING ~<~, key LIMIT %(size)s) i
        LEFT JOIN profiles p ON p.id = i.profile_id AND p.workspace_id = %(workspace)s
    ) judged {_JUDGED}
"""


def _by_time(column: str, order: str, border: str) -> str:
    """Look at people in the order of an instant, backwards in its index.

    Args:
        column: the instant.
        order: what its index sorts by, where that is coarser than the instant.
        border: which entries of the index come into question.
    """
    seen = f"coalesce({column}, '-infinity'::timestamptz)"
    return f"""
        SELECT id, '', at, id, matches, n = %(size)s, CASE WHEN %(reads)s THEN doc END FROM (
            SELECT p.id, p.doc, p.{column} AS at,
                   row_number() OVER (ORDER BY p.seen DESC, p.id DESC) AS n, {WANTED} AS matches
            FROM (SELECT {_LOOKED_AT}, {seen} AS seen FROM profiles
                  WHERE workspace_id = %(workspace)s {border}
                    AND (%(first)s OR ({seen}, id)
                        < (coalesce(%(at)s::timestamptz, '-infinity'), %(after)s::uuid))
                  ORDER BY {order} {seen} DESC, id DESC LIMIT %(size)s) p
        ) judged {_JUDGED}
    """


def _bin(instant: str) -> str:
    """The ten minutes of an instant, as the index of those last seen has them."""
    return f"date_bin('10 min', {instant}::timestamptz, timestamptz '2000-01-01 00:00:00+00')"


_SINCE: Final = f"""
    AND (%(since)s::timestamptz IS NULL
        OR (last_seen_bin >= {_bin("%(since)s")} AND last_seen_at >= %(since)s))
    AND (%(first)s OR last_seen_bin <= coalesce({_bin("%(at)s")}, '-infinity'))
"""
"""Of those who were last seen before the instant that is asked for none is looked at."""

_BY_TIME: Final[dict[Order, str]] = {
    "last_seen": _by_time("last_seen_at", "last_seen_bin DESC,", _SINCE),
    "first_seen": _by_time("first_seen_at", "", ""),
}
