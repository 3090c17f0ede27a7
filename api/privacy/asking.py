"""Whom a request means: one answer for the preview of an erasure and for the erasure."""

from api.privacy.erasures_schemas import NamedIdentifier, PersonRequest
from api.profiles.routes import find
from api.web.deps import Caller
from api.web.errors import NotFoundError
from domain.ids import IdentifierKey
from domain.keys import identifier_key
from domain.policies import IdentityRules
from operators.identity.normalise import normalise
from store.fetch import Pool
from store.profiles import profiles
from store.profiles.profiles import StoredProfile


async def meant(
    pool: Pool, caller: Caller, rules: IdentityRules, body: PersonRequest
) -> StoredProfile:
    """The live person whom a request names by any id or identifier they have or had.

    Reads Postgres, never the cache: what is shown is what would be erased.

    Raises:
        NotFoundError: the workspace knows no such person.
    """
    if body.profile_id is not None:
        return await find(pool, caller.workspace, body.profile_id)
    named = body.identifier
    key = None if named is None else _key(caller, rules, named)
    found = None if key is None else await profiles.by_key(pool, caller.workspace, key)
    if found is None:
        raise NotFoundError("profile")
    return found


def _key(caller: Caller, rules: IdentityRules, named: NamedIdentifier) -> IdentifierKey | None:
    spelled = normalise(named.kind, named.value, rules, named.region.upper())
    return None if spelled is None else identifier_key(caller.salt, named.kind, spelled)
