"""Schema of the receipt of an erasure."""

from uuid import UUID

import msgspec
from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from api.privacy.requests_schemas import (
    AT,
    COMMAND,
    RECIPIENT,
    REMOVED,
    STEP,
    RecipientView,
    RemovedView,
    StepView,
)
from api.profiles.parts_schemas import EXAMPLE_ID
from api.web.values import Instant, View
from domain.privacy.erasure import Afterwards, RequestStatus
from domain.privacy.receipt import FORMAT, VERSION, ErasureReceipt

_DIGEST = "5f0c1f6e7d0b4f6e9a510c9f1f4f8a11"
_ENTRY: JsonDict = {
    "seq": 1204,
    "hash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "id": 1204,
    "at_us": 1772357400000000,
    "actor": "key:1",
    "action": "erase",
    "subject": "profile:" + EXAMPLE_ID,
    "detail": '{"reason": "case 2026-114"}',
}
_RECEIPT: JsonDict = {
    "format": FORMAT,
    "version": VERSION,
    "issued_at": AT,
    "workspace": "default",
    "request": 12,
    "command": COMMAND,
    "command_id": "erase-1204-9f2c4e1a0b7d3c55",
    "profile": EXAMPLE_ID,
    "identifiers": [_DIGEST],
    "afterwards": "new",
    "reason": "asked for by letter, case 2026-114",
    "requested_by": "key:1",
    "requested_at": AT,
    "due_at": "2026-03-31T09:30:00Z",
    "status": "completed",
    "processed_at": AT,
    "completed_at": AT,
    "until_ms": 1772357400000,
    "removed": REMOVED,
    "joined": 0,
    "steps": [STEP],
    "recipients": [RECIPIENT],
    "audit": [_ENTRY],
}


class ReceiptEntry(View):
    """An entry of the audit log as the chain covers it, with its link."""

    seq: int = Field(description="Place in the chain.")
    hash: str
    id: int
    at_us: int = Field(description="When it was recorded, microseconds since 1970 UTC.")
    actor: str
    action: str
    subject: str
    detail: str = Field(description="Its particulars, as the database writes that JSON.")


class ReceiptView(View):
    """The receipt of an erasure: keep it, `stratum privacy verify` checks it.

    It holds keyed digests and no personal data, unless somebody wrote such into the reason.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [_RECEIPT]})

    format: str
    version: int
    issued_at: Instant
    workspace: str
    request: int
    command: UUID
    command_id: str
    profile: UUID
    identifiers: list[str] = Field(description="Digests that the request names, 32 hex digits.")
    afterwards: Afterwards
    reason: str
    requested_by: str
    requested_at: Instant
    due_at: Instant
    status: RequestStatus
    processed_at: Instant
    completed_at: Instant | None
    until_ms: int | None = Field(
        description="Events that happened until then and name an erased identifier are not kept, ms"
        " since 1970; null: no event ever is."
    )
    removed: RemovedView
    joined: int
    steps: list[StepView]
    recipients: list[RecipientView]
    audit: list[ReceiptEntry] = Field(description="The entries that it rests on.")

    @classmethod
    def from_receipt(cls, receipt: ErasureReceipt) -> "ReceiptView":
        """From what was built."""
        return cls.model_validate(msgspec.to_builtins(receipt))
