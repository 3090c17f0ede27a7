"""The command of an erasure as the event log holds it, from the register alone.

So it is the same one each time that it is sent, and the engine processes it once.
"""

from typing import Any

import msgspec

from domain.instants import to_ms
from domain.intake.envelope import encode_sealed
from domain.privacy.erasure import RequestKind
from store.privacy.register import PrivacyRequest


def record_of(workspace: int, salt: bytes, request: PrivacyRequest) -> bytes:
    """The command of a request as the event log holds it; it arrives when the audit log says."""
    command: dict[str, Any] = {
        "kind": "erase",
        "workspace": workspace,
        "id": request.command_id,
        "identifiers": [key.hex for key in request.keys],
        "afterwards": request.afterwards,
        "author": request.requested_by,
        "reason": request.reason,
    }
    if request.kind == RequestKind.RETENTION:
        command["until"] = request.until_ms
    at_ms = to_ms(request.requested_at)
    return encode_sealed(salt, at_ms, msgspec.json.encode(command))
