"""Reads stored events again as the engine reads records, also without some of their identifiers.

Instants and message keys are the stored ones; everything else comes from the JSON, by the rules of
today.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from msgspec.structs import replace

from domain.event import OPERATOR, Batch, Event, Identifier, Record
from domain.ids import WorkspaceId
from domain.intake.envelope import encode_event
from domain.policies import IdentityRules, ProfileRules
from domain.stored import EventRow
from operators.erasure.redact import redacted
from operators.identity.normalise import normalise
from sources.intake.decode import Decoder
from sources.intake.message import BadRecordError
from sources.intake.operator_consent import operator_event
from store.definitions.load import SourceRow

_NOWHERE: Final = "stored"


class UnreadableEventError(Exception):
    """A stored event that the rules of today do not read."""


class StoredEventReader:
    """Reads stored events by one set of rules.

    Args:
        sources: source id → source; one that is no more has no region.
        salts: workspace id → salt.
        identity: identifier rules.
        profile: profile rules.
    """

    def __init__(
        self,
        sources: Mapping[int, SourceRow],
        salts: Mapping[int, bytes],
        identity: IdentityRules,
        profile: ProfileRules,
    ) -> None:
        self._sources = dict(sources)
        self._salts = salts
        self._identity = identity
        self._profile = profile
        self._decode = self._decoder()

    def _decoder(self) -> Decoder:
        return Decoder(self._sources, self._salts, self._identity, self._profile, stored=True)

    def __call__(self, workspace: WorkspaceId, row: EventRow) -> Event:
        """Read one event.

        Args:
            workspace: whose.
            row: as stored.

        Raises:
            UnreadableEventError: it is none by the rules of today.
        """
        if row.source == OPERATOR:
            return self._operators(workspace, row)
        if row.source not in self._sources:
            self._sources[row.source] = SourceRow(row.source, workspace, self._salts[workspace], "")
            self._decode = self._decoder()
        value = encode_event(row.source, row.received_ms, 0, row.payload, row.message_key.hex())
        (item,) = self._decode(Batch(_NOWHERE, 0, 0, 1, (Record(0, 0, value),)))
        if not isinstance(item, Event):
            raise UnreadableEventError(
                f"its event {row.message_key.hex()} is unreadable by the rules of today"
            )
        return replace(
            item,
            message_key=row.message_key,
            occurred_ms=row.occurred_ms,
            received_ms=row.received_ms,
        )

    def _operators(self, workspace: WorkspaceId, row: EventRow) -> Event:
        """A statement of an operator; its proof was asked for before it was stored."""
        try:
            event = operator_event(
                row.payload,
                self._salts[workspace],
                self._identity,
                row.message_key,
                row.received_ms,
            )
        except (BadRecordError, msgspec.DecodeError) as error:
            raise UnreadableEventError(
                f"its event {row.message_key.hex()} is unreadable by the rules of today"
            ) from error
        return replace(event, occurred_ms=row.occurred_ms)

    def without(self, event: Event, erased: Sequence[Identifier]) -> Event | None:
        """Read an event again as if it had never named some identifiers.

        Args:
            event: as read.
            erased: identifiers that it names, none of them its strongest.

        Returns:
            The event with its JSON rewritten; None where that does not name exactly the others.
        """
        source = self._sources.get(event.source)
        region = source.default_region if source is not None else ""

        def normal(kind: str, text: str) -> str | None:
            return normalise(kind, text, self._identity, region)

        kept = tuple(one for one in event.identifiers if one not in erased)
        payload = redacted(event.payload, erased, normal, kept)
        row = EventRow(
            event.message_key, event.source, event.occurred_ms, event.received_ms, payload
        )
        try:
            again = self(event.workspace, row)
        except UnreadableEventError:
            return None
        if again.identifiers != kept:
            return None
        return replace(
            again,
            message_id=event.message_id,
            future=event.future,
            retry_of=event.retry_of,
            invalid=event.invalid,
            odd=event.odd,
        )
