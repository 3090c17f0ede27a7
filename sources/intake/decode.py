"""Turns log records into events, commands and dead letters.

Pure: the same record gives the same values at every replay.

Bad data is a value: whatever a record holds, the answer is an event, a command, or a dead letter
with a reason code; nothing is raised.
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Final, NoReturn

import msgspec

from domain.event import Batch, Command, DeadLetter, Event, Record
from domain.failure import Failure
from domain.instants import EARLIEST_MS, LATEST_MS
from domain.intake.envelope import PREFIX, Envelope, decode
from domain.policies import IdentityRules, ProfileRules
from sources.intake.commands import addressed, read_command
from sources.intake.event import EventReader
from sources.intake.mend import DEPTH_READ, shallow, too_deep
from sources.intake.message import MESSAGE, BadRecordError, bare, path_of
from store.definitions.load import Deleted, SourceRow

RECORD_LIMIT_BYTES: Final = 4 * 1024 * 1024
"""Largest record that is decoded; the collector's default body limit."""
_HEAD: Final = re.compile(rb'\{"stratum":1,"source":(\d{1,20})[,}]')
_NOTHING: Final = Deleted()
ROW_ID_LIMIT: Final = 2**63 - 1
"""Greatest id of a row."""


class Decoder:
    """Decodes batches with one workspace registry and one set of rules.

    Args:
        sources: source id → source.
        salts: workspace id → salt, for commands.
        identity: identifier rules.
        profile: profile rules.
        stored: the records are events that are stored already: what rules have come since leave out
            of them is left out, and nothing else.
        deleted: workspaces whose records are dropped: nothing of them is kept.
    """

    def __init__(
        self,
        sources: Mapping[int, SourceRow],
        salts: Mapping[int, bytes],
        identity: IdentityRules,
        profile: ProfileRules,
        *,
        stored: bool = False,
        deleted: Deleted = _NOTHING,
    ) -> None:
        self._sources = sources
        self._deleted = deleted
        self._salts = salts
        self._identity = identity
        self._event = EventReader(identity, profile, stored=stored).read

    def __call__(self, batch: Batch) -> list[Event | Command | DeadLetter]:
        """Decode every record of a batch, in order: a value for each that is not dropped."""
        decoded = map(self._record, batch.records)
        return [item for item in decoded if item is not None]

    def _record(self, record: Record) -> Event | Command | DeadLetter | None:
        value, wrapped, envelope = record.value, record.value.startswith(PREFIX), None
        if self._deleted.sources and _sender(record) in self._deleted.sources:
            return None
        try:
            if len(value) > RECORD_LIMIT_BYTES:
                return self._dead(record, bare(record, record.value), Failure("too_large"))
            # Counted so because ``bytes.count`` looks at every byte by itself, which took a twelfth
            # of decoding.
            brackets = (
                2 * len(value) - len(value.replace(b"{", b"")) - len(value.replace(b"[", b""))
            )
            if brackets > DEPTH_READ and too_deep(value):
                value = shallow(value, around=1 if wrapped else 0)
            envelope = decode(value) if wrapped else bare(record, value)
            if self._deleted.workspaces and self._is_dropped(envelope):
                return None
            if not EARLIEST_MS <= envelope.received < LATEST_MS:
                # Anybody may write such a record.
                _refuse("bad_timestamp", "received")
            if not 0 <= envelope.retry_of <= ROW_ID_LIMIT:
                # No column holds such a number.
                _refuse("invalid_type", "retry_of")
            if envelope.command:
                return read_command(envelope, self._salts, self._identity)
            source = self._sources.get(envelope.source)
            if source is None:
                _refuse_stranger(envelope)
            return self._event(envelope, source, brackets)
        except BadRecordError as bad:
            failure = bad.failure
        except RecursionError:
            failure = Failure("too_deep")
        except msgspec.ValidationError as error:
            failure = Failure("invalid_type", path_of(error))
        except (msgspec.DecodeError, UnicodeDecodeError):
            failure = Failure("malformed_json")
        return self._dead(record, envelope or bare(record, record.value), failure)

    def _is_dropped(self, envelope: Envelope) -> bool:
        if envelope.command:
            return addressed(envelope)[0] in self._deleted.workspaces
        return envelope.source in self._deleted.sources

    def _dead(self, record: Record, envelope: Envelope, failure: Failure) -> DeadLetter:
        source = self._sources.get(envelope.source)
        workspace, kind = source.workspace if source else None, ""
        if envelope.command:
            workspace, kind = addressed(envelope)
            workspace = workspace if workspace in self._salts else None
        arrivals = (
            at_ms
            for at_ms in (envelope.received, record.received_ms)
            if at_ms and EARLIEST_MS <= at_ms < LATEST_MS
        )
        return DeadLetter(
            workspace,
            source.id if source else None,
            record.position,
            record.index,
            failure,
            record.value,
            next(arrivals, 0),
            envelope.retry_of if 0 <= envelope.retry_of <= ROW_ID_LIMIT else 0,
            kind,
        )

    def refuse(self, record: Record, failure: Failure) -> DeadLetter | None:
        """Return the dead letter of a record at fault, as far as it is readable; never raises.

        None where it is dropped.
        """
        if self._deleted.sources and _sender(record) in self._deleted.sources:
            return None
        envelope = Envelope(received=record.received_ms, source=record.source_hint)
        if record.value.startswith(PREFIX):
            with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                envelope = decode(record.value)
        return self._dead(record, envelope, failure)


def _sender(record: Record) -> int:
    """The source that a record names in its head; where it has none, that of its topic."""
    head = _HEAD.match(record.value)
    return record.source_hint if head is None else int(head[1])


def _refuse(code: str, member: str) -> NoReturn:
    """Refuse a record for a member of its envelope."""
    raise BadRecordError(code, member)


def _refuse_stranger(envelope: Envelope) -> NoReturn:
    """Refuse an event of an unknown source, for its shape where that is wrong, too."""
    MESSAGE.decode(envelope.event)
    raise BadRecordError("unknown_source")
