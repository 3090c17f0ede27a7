"""What an operator states of somebody: commands that UNIFY takes in as events.

Consent to a purpose, or to several (an objection):

    {"kind": "consent", "workspace": 1, "id": …, "identifier": ["email", "mary@example.com"],
     "purpose": "advertising", "state": "refused", "stated": 1700000000000, "reason": …,
     "evidence": …, "version": …, "author": …}

A restriction of the person, or its release (``granted``):

    {"kind": "restriction", …, "purpose": "ANY_USE", "state": "refused", …}

The event has the one identifier that it names, and is stored with the command's JSON. Pure.
"""

from typing import Final, Literal

import msgspec

from domain.event import CONSENT, OPERATOR, RESTRICTION, Event, Identifier
from domain.ids import MessageKey, WorkspaceId
from domain.instants import EARLIEST_MS
from domain.keys import identifier_key
from domain.policies import IdentityRules
from domain.profiles.consent import ANY_USE, EVERY_PURPOSE, purpose_of
from domain.statement import OPERATOR_FORM, Statement, StatementState, verdicts
from operators.identity.normalise import normalise
from sources.intake.message import BadRecordError


class OperatorConsent(msgspec.Struct, frozen=True, kw_only=True):
    """One statement as the log and stored events hold it.

    Attributes:
        id: of the command, with its proof.
        identifier: kind and normalised value.
        purpose: normal form; `EVERY_PURPOSE` in a refusal; `ANY_USE` of a restriction alone.
        purposes: further ones, of which the same is stated.
        stated: when the person said so, ms since 1970.
        evidence: what shows it: a reference, or words.
        version: of the text that the person was shown.
        author: who entered it.
        reason: why, in their words.
    """

    kind: Literal["consent", "restriction"] = CONSENT
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
    purposes: tuple[str, ...] = ()

    @property
    def statements(self) -> tuple[Statement, ...]:
        """What it says, of each purpose once."""
        state = StatementState(self.state)
        named = dict.fromkeys((self.purpose, *self.purposes))
        return tuple(Statement(each, state, OPERATOR_FORM, self.version) for each in named)


_CONSENT: Final = msgspec.json.Decoder(OperatorConsent)


def read_operator_consent(payload: bytes) -> OperatorConsent:
    """Read the JSON of a statement.

    Raises:
        BadRecordError: it states nothing that can be stated.
        msgspec.DecodeError: it is no statement.
    """
    told = _CONSENT.decode(payload)
    if not _is_statable(told):
        raise BadRecordError("bad_command", "$.command.purpose")
    return told


def _is_statable(told: OperatorConsent) -> bool:
    """Whether a restriction is of any use, and everything else of purposes that can be stated."""
    named = (told.purpose, *told.purposes)
    if told.kind == RESTRICTION:
        return named == (ANY_USE,)
    if told.state == "granted" and EVERY_PURPOSE in named:
        return False
    return all(each and purpose_of(each) == each for each in named)


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
        type=told.kind,
        name="",
        message_key=message,
        message_id=told.id,
        identifiers=(Identifier(identifier_key(salt, kind, value), kind, value),),
        occurred_ms=max(EARLIEST_MS, min(told.stated, received_ms)),
        received_ms=received_ms,
        payload=payload,
        consent=verdicts(told.statements),
        statements=told.statements,
        retry_of=retry_of,
    )
