"""What Snapchat accepts for customer lists: the sandbox's rule book.

It is written from the contract and not from our connector.

Sources: Snap Marketing API, Customer lists, Errors.
"""

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from local.platforms import digests

SCHEMAS: Final = frozenset({"EMAIL_SHA256", "PHONE_SHA256", "MOBILE_AD_ID_SHA256"})
MAX_IDENTIFIERS: Final = 100_000
NAME_LIMIT: Final = 375
LIFETIME_DAYS: Final = 9_999
ACCOUNT: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SEGMENT_FIELDS: Final = frozenset(
    {"name", "description", "source_type", "retention_in_days", "ad_account_id"}
)


class SnapError(Exception):
    """An answer in Snapchat's error envelope; without a code, a bare text."""

    def __init__(self, status: int, code: str, debug: str) -> None:
        super().__init__(debug)
        self.status = status
        self.code = code
        self.debug = debug


class NewSegment(NamedTuple):
    """A checked segment to create."""

    name: str
    description: str
    retention_days: int


class Upload(NamedTuple):
    """Checked identifiers of one kind."""

    schema: str
    digests: list[str]


def invalid(debug: str) -> SnapError:
    """Refuse the whole request."""
    return SnapError(400, "E1001", debug)


def check_segments(body: Mapping[str, Any], account: str) -> list[NewSegment]:
    """Check a body of ``POST /adaccounts/{id}/segments``.

    Raises:
        SnapError: it is refused.
    """
    segments = body.get("segments")
    if body.keys() != {"segments"} or not isinstance(segments, list) or not segments:
        raise invalid("segments is required, and nothing else")
    return [_segment(segment, account) for segment in segments]


def _segment(segment: object, account: str) -> NewSegment:
    if not isinstance(segment, dict) or segment.keys() - _SEGMENT_FIELDS:
        raise invalid("segment has unknown fields")
    name = segment.get("name")
    description = segment.get("description", "")
    days = segment.get("retention_in_days", LIFETIME_DAYS)
    if not isinstance(name, str) or not 0 < len(name) <= NAME_LIMIT:
        raise invalid(f"name must have 1 to {NAME_LIMIT} characters")
    if not isinstance(description, str):
        raise invalid("description must be a string")
    if segment.get("source_type") != "FIRST_PARTY":
        raise invalid("source_type must be FIRST_PARTY")
    if not isinstance(days, int) or isinstance(days, bool) or not 1 <= days <= LIFETIME_DAYS:
        raise invalid(f"retention_in_days must be between 1 and {LIFETIME_DAYS}")
    if segment.get("ad_account_id") != account:
        raise invalid("ad_account_id must be the ad account of the path")
    return NewSegment(name, description, days)


def check_users(body: Mapping[str, Any], segment_id: str) -> Upload:
    """Check a body of ``/segments/{id}/users``: one kind of identifier per request.

    Raises:
        SnapError: it is refused whole; Snapchat has no answer per row.
    """
    users = body.get("users")
    if (
        body.keys() != {"users"}
        or not isinstance(users, list)
        or len(users) != 1
        or not isinstance(users[0], dict)
    ):
        raise invalid("users must hold one element")
    element = users[0]
    if element.keys() - {"id", "schema", "data"} or element.get("id", segment_id) != segment_id:
        raise invalid("an element holds schema and data, and perhaps the id of its segment")
    schema, data = element.get("schema"), element.get("data")
    if not isinstance(schema, list) or len(schema) != 1 or schema[0] not in SCHEMAS:
        raise invalid(
            f"schema must be one of {sorted(SCHEMAS)}; kinds of identifiers cannot be mixed"
        )
    if not isinstance(data, list) or not data:
        raise invalid("data is required")
    if len(data) > MAX_IDENTIFIERS:
        raise invalid(f"at most {MAX_IDENTIFIERS} identifiers per request")
    return Upload(schema[0], [_identifier(schema[0], row) for row in data])


def _identifier(schema: str, row: object) -> str:
    if not isinstance(row, list) or len(row) != 1 or not isinstance(row[0], str):
        raise invalid("each row of data is a list of one string")
    digest: str = row[0]
    if not digests.well_formed(schema, digest) or digests.is_digest_of_nothing(digest):
        raise invalid(
            f"{schema} holds something that is no such hash,"
            " or the hash of a value that identifies nobody"
        )
    return digest
