"""Turns a dead letter's payload back into a record for the log. Pure; state: none.

The source and the arrival of the first attempt are kept, so that the event is dated and attributed
as if it had been understood at once.
"""

from typing import Final

import msgspec

from domain.intake.envelope import PREFIX, decode, encode_command, encode_event

HOPELESS: Final = (
    "The record is not valid JSON: nothing can make sense of it, however often it is driven again."
)


def redrive(payload: bytes, dead_letter: int, source: int, received_ms: int) -> bytes | None:
    """Wrap a rejected record again.

    Args:
        payload: the record as it lay in the log: an envelope, or one bare event of a producer that
            writes to the log itself.
        dead_letter: the dead letter's id; processing the record resolves that letter.
        source: source id of a bare record; an envelope keeps its own.
        received_ms: arrival of a bare record; an envelope keeps its own.

    Returns:
        The record to append, or None where the payload is no valid JSON.

    >>> redrive(b'{"type":"track"}', 7, 3, 5)
    b'{"stratum":1,"source":3,"received":5,"retry_of":7,"event":{"type":"track"}}'
    """
    try:
        if payload.startswith(PREFIX):
            envelope = decode(payload)
            if envelope.command:
                return encode_command(
                    envelope.received,
                    bytes(envelope.command),
                    retry_of=dead_letter,
                    seal=envelope.seal,
                )
            event = bytes(envelope.event)
            if not event:
                return None
            return encode_event(
                envelope.source,
                envelope.received,
                envelope.sent,
                event,
                envelope.message_id,
                retry_of=dead_letter,
            )
        msgspec.json.decode(payload, type=msgspec.Raw)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None
    return encode_event(source, received_ms, 0, payload, retry_of=dead_letter)
