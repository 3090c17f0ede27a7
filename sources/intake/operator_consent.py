"""What an operator states of somebody's consent: a command that UNIFY takes in as an event.

    {"kind": "consent", "workspace": 1, "id": …, "identifier": ["email", "mary@example.com"],
     "purpose": "advertising", "state": "refused", "stated": 1700000000000, "reason": …,
     "evidence": …, "version": …, "author": …}

The event has the one identifier that it names, and is stored with the command's JSON. Pure.
"""

from typing import Final, Literal

import msgspec

from domain.event import CONSENT, OPERATOR, Event, Identifier
from domain.ids import MessageKey, WorkspaceId
from domain.instants import EARLIEST_MS
from domain.keys import identifier_key
from domain.policies import IdentityRules
from domain.profiles.consent import EVERY_PURPOSE, purpose_of
from domain.statement import OPERATOR_FORM, Statement, StatementState, verdicts
from operators.identity.normalise import normalise
from sources.intake.message import BadRecordError


class OperatorConsent(msgspec.Struct, frozen=True, kw_only=True):
    """One statement as the log and stored events hold it.

    Attributes:
        id: of the command, with its proof.
        identifier: kind and normalised value.
        purpose: normal form; `EVERY_PURPOSE` in a refusal.
        stated: when the person said so, ms since 1970.
        evidence: what shows it: a reference, or words.
        version: of the text that the person was shown.
        author: who entered it.
        reason: why, in their words.
    """

    kind: Literal["consent"] = CONSENT
    workspace: int
    id: str
    identifier: tuple[str, str]
    purpose: str
    state: Literal["granted", "refused"]
    stated: int
    evidence: str = ""
    version: str = ""
    author: str = ""
    reason: str = ""

    @property
    def statement(self) -> Statement:
        """What it says."""
        return Statement(self.purpose, StatementState(self.state), OPERATOR_FORM, self.version)


_CONSENT: Final = msgspec.json.Decoder(OperatorConsent)


def read_operator_consent(payload: bytes) -> OperatorConsent:
    """Read the JSON of a statement.

    Raises:
        BadRecordError: it states nothing that can be stated.
        msgspec.DecodeError: it is no statement.
    """
    told = _CONSENT.decode(payload)
    is_purpose = told.purpose and purpose_of(told.purpose) == told.purpose
    if not is_purpose or (told.purpose == EVERY_PURPOSE and told.state == "granted"):
        raise BadRecordError("bad_command", "$.command.purpose")
    return told


def operator_event(
    payload: bytes,
    salt: bytes,
    identity: IdentityRules,
    message: MessageKey,
    received_ms: int,
    retry_of: int = 0,
) -> Event:
    """Return the event that a statement is.

    Args:
        payload: its JSON, which the event keeps.
        salt: of its workspace.
        identity: identifier rules.
        message: key of its id.
        received_ms: arrival.
        retry_of: the dead letter that it re-drives, or 0.

    Raises:
        BadRecordError: it states nothing that can be stated, or its identifier identifies nobody.
        msgspec.DecodeError: it is no statement.
    """
    told = read_operator_consent(payload)
    kind, value = told.identifier
    if normalise(kind, value, identity) != value:
        raise BadRecordError("bad_command", "$.command.identifier")
    return Event(
        workspace=WorkspaceId(told.workspace),
        source=OPERATOR,
        type=CONSENT,
        name="",
        message_key=message,
        message_id=told.id,
        identifiers=(Identifier(identifier_key(salt, kind, value), kind, value),),
        occurred_ms=max(EARLIEST_MS, min(told.stated, received_ms)),
        received_ms=received_ms,
        payload=payload,
        consent=verdicts([told.statement]),
        statements=(told.statement,),
        retry_of=retry_of,
    )
