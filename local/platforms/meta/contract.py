"""What Meta accepts at ``/{audience}/users``: the sandbox's rule book.

It is written from the contract and not from our connector.

Sources: Marketing API, Customer File Custom Audiences; Custom Audience Users reference.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

MAX_ROWS: Final = 10_000
MAX_SAMPLES: Final = 100
HASHED: Final = frozenset(
    {
        "EMAIL",
        "PHONE",
        "GEN",
        "DOBY",
        "DOBM",
        "DOBD",
        "LN",
        "FN",
        "FI",
        "CT",
        "ST",
        "ZIP",
        "COUNTRY",
    }
)
PLAIN: Final = frozenset({"EXTERN_ID", "MADID", "PAGEUID", "LOOKALIKE_VALUE"})
OPTIONS: Final = frozenset(
    {"DATA_PROCESSING_OPTIONS", "DATA_PROCESSING_OPTIONS_COUNTRY", "DATA_PROCESSING_OPTIONS_STATE"}
)
SINGLE: Final = frozenset({"EMAIL_SHA256", "PHONE_SHA256", "MOBILE_ADVERTISER_ID"})
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_DEVICE: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_EMPTY_DIGEST: Final = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

StoredRow = frozenset[tuple[str, str]]
"""One stored row: its (key, value) pairs that are not empty."""


class GraphError(Exception):
    """An answer in Graph's error envelope."""

    def __init__(
        self, code: int, message: str, subcode: int = 0, status: int = 400, transient: bool = False
    ) -> None:
        super().__init__(message)
        self.status = status
        self.body: dict[str, Any] = {
            "message": message,
            "type": "OAuthException",
            "code": code,
            "fbtrace_id": "Sandbox",
        }
        if subcode:
            self.body["error_subcode"] = subcode
        if transient:
            self.body["is_transient"] = True


class Session(NamedTuple):
    """The ``session`` object of a request."""

    session_id: int
    batch_seq: int
    last: bool


@dataclass
class Upload:
    """A checked request.

    Attributes:
        schema: the columns.
        rows: valid rows.
        invalid: rows that Meta counts as ``num_invalid_entries``.
        samples: up to 100 of them, by their place.
        session: None where the request had none.
    """

    schema: tuple[str, ...]
    rows: list[StoredRow] = field(default_factory=list)
    invalid: int = 0
    samples: dict[str, str] = field(default_factory=dict)
    session: Session | None = None


def check_upload(body: Mapping[str, Any]) -> Upload:
    """Check a ``{"payload":…,"session":…}`` body.

    Raises:
        GraphError: the whole request is refused. A row with a wrong hash form does not raise; it is
            counted.
    """
    payload = body.get("payload")
    if not isinstance(payload, dict):
        raise GraphError(100, "(#100) The parameter payload is required")
    unknown = set(payload) - {
        "schema",
        "data",
        "is_raw",
        "app_ids",
        "page_ids",
        "ig_account_ids",
        "data_source",
    }
    if unknown:
        raise GraphError(100, f"(#100) Unknown payload keys: {sorted(unknown)}")
    upload = Upload(_schema(payload.get("schema")), session=_session(body.get("session")))
    rows = payload.get("data")
    if not isinstance(rows, list) or not rows:
        raise GraphError(100, "(#100) Data is missing or does not match schema")
    if len(rows) > MAX_ROWS:
        raise GraphError(
            105, "(#105) The number of parameters exceeded the maximum for this operation"
        )
    for place, row in enumerate(rows):
        _take(upload, place, row)
    return upload


def _schema(schema: object) -> tuple[str, ...]:
    if isinstance(schema, str) and schema in SINGLE:
        raise GraphError(
            2650, "(#2650) Single-key schemas cannot be mixed with multi-key audiences"
        )
    if (
        not isinstance(schema, list)
        or not schema
        or not all(isinstance(key, str) for key in schema)
    ):
        raise GraphError(100, "(#100) Schema must be a list of keys")
    unknown = set(schema) - HASHED - PLAIN - OPTIONS
    if unknown or len(set(schema)) != len(schema):
        raise GraphError(100, f"(#100) Unknown or repeated schema keys: {sorted(unknown)}")
    return tuple(schema)


def _session(session: object) -> Session | None:
    if session is None:
        return None
    if not isinstance(session, dict):
        raise GraphError(100, "(#100) session must be an object")
    number = session.get("session_id")
    seq = session.get("batch_seq")
    last = session.get("last_batch_flag", False)
    if not isinstance(number, int) or isinstance(number, bool) or not 0 < number < 1 << 63:
        raise GraphError(100, "(#100) session_id must be a positive 64-bit integer")
    if not isinstance(seq, int) or isinstance(seq, bool) or seq < 1:
        raise GraphError(100, "(#100) batch_seq counts from 1")
    if not isinstance(last, bool):
        raise GraphError(100, "(#100) last_batch_flag must be a boolean")
    return Session(number, seq, last)


def _take(upload: Upload, place: int, row: object) -> None:
    """Store one row or count it as invalid."""
    if not isinstance(row, list) or len(row) != len(upload.schema):
        raise GraphError(100, "(#100) Data is missing or does not match schema")
    stored, fault = set(), ""
    for key, value in zip(upload.schema, row, strict=True):
        if key in OPTIONS:
            continue
        if not isinstance(value, str):
            raise GraphError(
                100, f"(#100) {key} must be a string; an absent value is an empty string"
            )
        if value == _EMPTY_DIGEST:
            raise GraphError(100, f"(#100) {key} is the hash of an empty string")
        if value and not _well_formed(key, value):
            fault = value
        elif value:
            stored.add((key, value))
    if fault or not any(key != "EXTERN_ID" for key, _ in stored):
        upload.invalid += 1
        if len(upload.samples) < MAX_SAMPLES:
            upload.samples[str(place)] = fault
        return
    upload.rows.append(frozenset(stored))


def _well_formed(key: str, value: str) -> bool:
    if key in HASHED:
        return _DIGEST.fullmatch(value) is not None
    return key != "MADID" or _DEVICE.fullmatch(value) is not None
