"""Keyed digests that name identifiers, persons and messages.

The digest is BLAKE2b (RFC 7693) with the workspace's random salt as its key: the same identifier
gives the same 16 bytes on every worker and at every replay, and nobody without the salt can test
guesses against them.
"""

from functools import lru_cache
from hashlib import blake2b
from hmac import compare_digest
from typing import Final

from domain.ids import IdentifierKey, MessageKey

KEY_BYTES = 16
SALTS_REMEMBERED: Final = 1_024
"""Workspaces whose salted digest state is cached: half of the work of a short message id."""


def identifier_key(salt: bytes, kind: str, value: str) -> IdentifierKey:
    r"""Name one identifier of a workspace.

    Args:
        salt: the workspace's random key, 1 to 64 bytes.
        kind: identifier kind, for example ``user_id``.
        value: the normalised value (`operators.identity.normalise`).

    Returns:
        16 bytes, equal for equal (salt, kind, value).

    >>> identifier_key(b"salt", "user_id", "u1") == identifier_key(b"salt", "user_id", "u1")
    True
    """
    return IdentifierKey(
        blake2b(
            f"{kind}\0{value}".encode(), digest_size=KEY_BYTES, key=salt, person=b"identifier"
        ).digest()
    )


def message_key(salt: bytes, message_id: str) -> MessageKey:
    """Name one message of a workspace: 16 bytes, the unit of de-duplication."""
    digest = _of_messages(salt).copy()
    digest.update(message_id.encode())
    return MessageKey(digest.digest())


@lru_cache(SALTS_REMEMBERED)
def _of_messages(salt: bytes) -> blake2b:
    return blake2b(digest_size=KEY_BYTES, key=salt, person=b"message")


def command_id(salt: bytes, kind: str, audit_row: int) -> str:
    """Name a command after its audit row, with a proof that takes the workspace's salt.

    The proof keeps clients from using up a command's id as their own ``messageId`` before the
    command is processed.

    Args:
        salt: the workspace's random key.
        kind: of the command, for example ``unmerge``.
        audit_row: id of the entry that it rests on.
    """
    proof = blake2b(
        f"{kind}-{audit_row}".encode(), digest_size=8, key=salt, person=b"command"
    ).hexdigest()
    return f"{kind}-{audit_row}-{proof}"


def request_digest(salt: bytes, content: bytes) -> bytes:
    """Name what another system asked for: 32 bytes, equal for equal contents."""
    return blake2b(content, digest_size=32, key=salt, person=b"request").digest()


def seal_of(salt: bytes, received_ms: int, command: bytes) -> str:
    """Seal a command: nobody without the workspace's salt can make one, or change one.

    Args:
        salt: the workspace's random key.
        received_ms: its arrival, ms since 1970.
        command: its JSON as the log holds it.

    Returns:
        32 hexadecimal digits.
    """
    text = b"%d %b" % (received_ms, command)
    return blake2b(text, digest_size=KEY_BYTES, key=salt, person=b"seal").hexdigest()


def is_sealed(salt: bytes, received_ms: int, command: bytes, seal: str) -> bool:
    """Whether a seal is that of a command; see `seal_of`.

    >>> is_sealed(b"salt", 5, b"{}", seal_of(b"salt", 5, b"{}"))
    True
    >>> is_sealed(b"salt", 6, b"{}", seal_of(b"salt", 5, b"{}"))
    False
    """
    mine = seal_of(salt, received_ms, command)
    return compare_digest(mine.encode(), seal.encode(errors="replace"))
