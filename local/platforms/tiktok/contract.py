"""What TikTok accepts at ``/segment/audience/`` and ``/segment/mapping/``: its rule book.

Sources: Marketing API v1.3, Segment; the code list of TikTok's business SDK.
"""

import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Final

from local.platforms import digests

COLUMNS: Final = frozenset(
    {"IDFA_MD5", "AAID_MD5", "IDFA_SHA256", "AAID_SHA256", "EMAIL_SHA256", "PHONE_SHA256"}
)
NAME_LIMIT: Final = 70
PARAMETER: Final = 40002
_TOO_MANY_IDS: Final = 40011
_NOT_HASHED: Final = 40062
_ID: Final = re.compile(r"\d{5,20}")


class ApiError(Exception):
    """An answer with a code other than success, in TikTok's envelope."""

    def __init__(self, code: int, message: str, status: int = 200) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


def refuse_unknown(body: Mapping[str, Any], known: AbstractSet[str]) -> None:
    """Refuse a body with keys that the endpoint does not have.

    Raises:
        ApiError: it has some.
    """
    if body.keys() - known:
        raise ApiError(PARAMETER, f"Parameter error: unknown fields {sorted(body.keys() - known)}")


def advertiser(value: object) -> str:
    """Check an advertiser id: a string of digits.

    Raises:
        ApiError: it is not.
    """
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise ApiError(PARAMETER, "advertiser_id: must be a string of digits")
    return value


def kept_name(value: object) -> str:
    """Check an audience's name and cut it as TikTok does: over 70 characters, 67 and an ellipsis.

    Raises:
        ApiError: there is none.
    """
    if not isinstance(value, str) or not value.strip():
        raise ApiError(PARAMETER, "custom_audience_name: Missing data for required field.")
    return value if len(value) <= NAME_LIMIT else f"{value[: NAME_LIMIT - 3]}..."


@dataclass(frozen=True)
class Mapped:
    """A checked request.

    Attributes:
        verb: ``add`` or ``remove``.
        advertisers: whose audiences they are.
        rows: one per person: (audience, column, digest) of each id.
    """

    verb: str
    advertisers: tuple[str, ...]
    rows: tuple[tuple[tuple[str, str, str], ...], ...]


def check_mapping(body: Mapping[str, Any], max_rows: int) -> Mapped:
    """Check a body of ``/segment/mapping/``.

    Raises:
        ApiError: the whole request is refused; TikTok has no answer per row.
    """
    refuse_unknown(body, {"advertiser_ids", "action", "id_schema", "batch_data"})
    advertisers, action = body.get("advertiser_ids"), body.get("action", "add")
    if not isinstance(advertisers, list) or not advertisers:
        raise ApiError(PARAMETER, "advertiser_ids: Missing data for required field.")
    if action not in {"add", "delete"}:
        raise ApiError(PARAMETER, "action: Must be one of: add, delete.")
    schema, rows = _schema(body.get("id_schema")), body.get("batch_data")
    if not isinstance(rows, list) or not rows:
        raise ApiError(PARAMETER, "batch_data: Missing data for required field.")
    if len(rows) > max_rows:
        raise ApiError(_TOO_MANY_IDS, "Too many IDs")
    verb = "add" if action == "add" else "remove"
    return Mapped(
        verb, tuple(map(advertiser, advertisers)), tuple(_row(schema, row) for row in rows)
    )


def _schema(value: object) -> tuple[str, ...]:
    if (
        not isinstance(value, list)
        or not value
        or not all(isinstance(column, str) for column in value)
    ):
        raise ApiError(PARAMETER, "id_schema: must be a list of columns")
    schema = tuple(column.upper() for column in value)
    if set(schema) - COLUMNS or len(set(schema)) != len(schema):
        raise ApiError(PARAMETER, f"id_schema: must be distinct and among {sorted(COLUMNS)}")
    return schema


def _row(schema: tuple[str, ...], row: object) -> tuple[tuple[str, str, str], ...]:
    if not isinstance(row, list) or len(row) != len(schema):
        raise ApiError(
            PARAMETER, "batch_data: each row must have one entry per column of id_schema"
        )
    entries = tuple(
        entry for column, value in zip(schema, row, strict=True) for entry in _entry(column, value)
    )
    if not entries:
        raise ApiError(PARAMETER, "batch_data: a row holds no id")
    return entries


def _entry(column: str, entry: object) -> list[tuple[str, str, str]]:
    """Check one id: ``{}``, or a digest with the audiences that it maps to."""
    if not isinstance(entry, dict):
        raise ApiError(PARAMETER, "batch_data: a missing id is an empty object")
    if not entry:
        return []
    digest, audiences = entry.get("id"), entry.get("audience_ids")
    if entry.keys() != {"id", "audience_ids"} or not isinstance(audiences, list) or not audiences:
        raise ApiError(PARAMETER, "batch_data: an id needs id and audience_ids, and nothing else")
    if not isinstance(digest, str) or not digests.well_formed(column, digest):
        raise ApiError(_NOT_HASHED, f"{column}: the id is not hashed as the column says")
    if digests.is_digest_of_nothing(digest):
        raise ApiError(PARAMETER, f"{column}: the hash of a value that identifies nobody")
    if not all(isinstance(audience, str) for audience in audiences):
        raise ApiError(PARAMETER, "audience_ids: must be strings")
    return [(audience, column, digest) for audience in audiences]
