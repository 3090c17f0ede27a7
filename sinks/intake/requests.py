"""The command of a request as the event log holds it, from the register alone.

So it is the same one each time that it is sent, and the engine processes it once.
"""

from typing import Any

import msgspec

from domain.event import CONSENT, RESTRICTION
from domain.instants import to_ms
from domain.intake.envelope import encode_sealed
from domain.privacy.erasure import RequestKind
from store.privacy.register import NamedIdentifier, PrivacyRequest


def record_of(
    workspace: int, salt: bytes, request: PrivacyRequest, of: NamedIdentifier | None = None
) -> bytes:
    """The command of a request as the event log holds it; it arrives when the audit log says.

    Args:
        workspace: tenant.
        salt: of the workspace.
        request: none of access.
        of: the identifier that a statement is of; None for an erasure, which names digests.
    """
    ordered = _erasing(request) if of is None else _stating(request, of)
    command = ordered | {
        "workspace": workspace,
        "id": request.command_id,
        "author": request.requested_by,
        "reason": request.reason,
    }
    at_ms = to_ms(request.requested_at)
    return encode_sealed(salt, at_ms, msgspec.json.encode(command))


def _erasing(request: PrivacyRequest) -> dict[str, Any]:
    ordered: dict[str, Any] = {
        "kind": "erase",
        "identifiers": [key.hex for key in request.keys],
        "afterwards": request.afterwards,
    }
    if request.kind == RequestKind.RETENTION:
        ordered["until"] = request.until_ms
    return ordered


def _stating(request: PrivacyRequest, of: NamedIdentifier) -> dict[str, Any]:
    first, *others = request.told["purposes"]
    return {
        "kind": CONSENT if request.kind == RequestKind.OBJECTION else RESTRICTION,
        "identifier": [of.kind, of.value],
        "purpose": first,
        "purposes": others,
        "state": "granted" if request.kind == RequestKind.RELEASE else "refused",
        "stated": to_ms(request.requested_at),
        "evidence": request.told.get("evidence", ""),
    }
