"""Which identifier a request means."""

from api.identity.commands_schemas import IdentifierRef
from api.web.deps import Caller
from domain.ids import IdentifierKey
from domain.keys import identifier_key
from domain.policies import IdentityRules
from operators.identity.normalise import normalise


def key_of(caller: Caller, rules: IdentityRules, reference: IdentifierRef) -> IdentifierKey:
    """The key of an identifier that is named by key, or by kind and value.

    Args:
        caller: whose identifiers they are.
        rules: how values are normalised.
        reference: as the request names it; there need not be such an identifier.
    """
    if reference.key is not None:
        return IdentifierKey(reference.key.bytes)
    kind = reference.kind or ""
    return identifier_key(caller.salt, kind, normalise(kind, reference.value or "", rules) or "")
