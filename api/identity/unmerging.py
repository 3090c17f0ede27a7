"""Which links an unmerge bans: one answer for the command and for its preview."""

from typing import NamedTuple
from uuid import UUID

from api.identity.commands_schemas import IdentifierRef, UnmergeRequest
from api.identity.references import key_of
from api.identity.schemas import End
from api.profiles.routes import find
from api.web.deps import Caller
from api.web.errors import ConflictError, UnprocessableError
from domain.event import Identifier
from domain.ids import IdentifierKey
from domain.link import Pair, pair_of
from domain.policies import IdentityRules
from operators.identity.cut import cut
from store.fetch import Pool
from store.identity import graph
from store.profiles.profiles import StoredProfile


class Unmerging(NamedTuple):
    """A person who is to be split, and the links that are to be banned, at least one."""

    profile: StoredProfile
    pairs: list[Pair]

    @property
    def keys(self) -> list[IdentifierKey]:
        """All identifiers of the person."""
        return [identifier.key for identifier in self.profile.identifiers]

    def ends(self) -> list[tuple[End, End]]:
        """The links as clients see them."""
        known = {identifier.key: identifier for identifier in self.profile.identifiers}
        owner = UUID(bytes=self.profile.person.id)
        return [(_end(known[one], owner), _end(known[other], owner)) for one, other in self.pairs]


async def unmerging(
    pool: Pool, caller: Caller, rules: IdentityRules, profile: UUID, body: UnmergeRequest
) -> Unmerging:
    """Find the links that a request means.

    Raises:
        NotFoundError: there is no such person.
        UnprocessableError: an identifier or link that is not this person's.
        ConflictError: nothing would be split.
    """
    found = await find(pool, caller.workspace, profile)
    facts = {
        pair_of(IdentifierKey(fact.a), IdentifierKey(fact.b))
        for fact in await graph.facts_within(pool, caller.workspace, found.person.id)
    }
    return Unmerging(found, _pairs(caller, rules, found, facts, body))


def _pairs(
    caller: Caller,
    rules: IdentityRules,
    profile: StoredProfile,
    facts: set[Pair],
    body: UnmergeRequest,
) -> list[Pair]:
    """The link facts to ban: at least one.

    Raises:
        UnprocessableError: an identifier or link that is not this person's.
        ConflictError: nothing would be split.
    """
    members = {identifier.key for identifier in profile.identifiers}
    if body.identifiers:
        apart = {_key(caller, rules, reference, members) for reference in body.identifiers}
        if apart == members:
            raise ConflictError(
                "These are all identifiers of the person: nothing would remain to be split from."
            )
        pairs = cut(facts, apart)
        if not pairs:
            raise ConflictError("No link holds these identifiers to the rest of the person.")
        return pairs
    wanted = {
        pair_of(_key(caller, rules, one, members), _key(caller, rules, other, members))
        for one, other in body.links
    }
    if not wanted <= facts:
        raise UnprocessableError("A pair is not a link of this person; the graph lists its links.")
    return sorted(wanted)


def _key(
    caller: Caller, rules: IdentityRules, reference: IdentifierRef, members: set[IdentifierKey]
) -> IdentifierKey:
    key = key_of(caller, rules, reference)
    if key not in members:
        raise UnprocessableError("An identifier is not one of this person's.")
    return key


def _end(identifier: Identifier, profile: UUID) -> End:
    return End(
        key=UUID(bytes=identifier.key),
        kind=identifier.kind,
        value=identifier.value,
        profile_id=profile,
    )
