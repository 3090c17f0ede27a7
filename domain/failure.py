"""Bad input is a value: `Failure` carries the reason code that a person sees on the dead letter.

Reason codes are public (dead letters, observations and the API show them): renaming one is a
migration.
"""

from typing import Final

import msgspec

REASONS: Final = {
    "malformed_json": "The record is not valid JSON.",
    "invalid_type": "A field has the wrong JSON type; the detail names its path.",
    "too_deep": "The record is nested more deeply than the decoder allows.",
    "too_large": "The record is larger than the engine accepts.",
    "unknown_source": "No source is registered for this record's write key or topic.",
    "unknown_type": "`type` is not one of track, identify, page, screen, group, alias.",
    "missing_event": "A track call needs `event`.",
    "missing_group": "A group call needs `groupId`.",
    "missing_previous": "An alias call needs `previousId` and `userId`.",
    "no_identifier": "No usable identifier: none was sent, or all were blocked or malformed.",
    "identifier_too_long": "An identifier is longer than the limit.",
    "too_many_traits": "The event sets more traits than one event may.",
    "bad_timestamp": "A timestamp is not an ISO 8601 instant.",
    "name_too_long": "An event or page name is longer than the engine accepts.",
    "bad_command": "The operator command is not understood.",
    "bad_report": "A platform's report of conversions lacks a platform or a plausible count.",
    "internal_error": (
        "The record broke the engine: a fault of ours. The detail names the exception and its"
        " place."
    ),
}
"""Reason code → the sentence shown to a person."""


class Failure(msgspec.Struct, frozen=True):
    """Why one record could not be processed.

    Args:
        reason: a key of `REASONS`.
        detail: where in the record, never a value of it (values may be personal data).
    """

    reason: str
    detail: str = ""
