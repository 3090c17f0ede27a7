"""An operator's restriction of a person, and its release, as the event log holds them."""

import json
from zlib import crc32

from domain.intake.envelope import encode_sealed
from domain.keys import command_id


def restriction(
    workspace: int,
    salt: bytes,
    user: str,
    at_ms: int,
    *,
    released: bool = False,
    kind: str = "user_id",
) -> bytes:
    """A statement of one identifier that arrives at an instant.

    Args:
        workspace: tenant.
        salt: its key.
        user: the identifier's value.
        at_ms: ms since 1970.
        released: whether it is the release.
        kind: of the identifier.
    """
    body = {
        "kind": "restriction",
        "workspace": workspace,
        "id": command_id(salt, "restriction", crc32(f"{kind} {user} {at_ms} {released}".encode())),
        "identifier": [kind, user],
        "purpose": "ANY_USE",
        "state": "granted" if released else "refused",
        "stated": at_ms,
        "author": "officer",
        "reason": "case 116",
    }
    return encode_sealed(salt, at_ms, json.dumps(body).encode())
