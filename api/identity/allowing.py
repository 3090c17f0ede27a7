"""Of which links a request lifts the ban."""

from typing import NamedTuple

from api.identity.commands_schemas import AllowRequest
from api.identity.references import key_of
from api.identity.schemas import End
from api.web.deps import Caller
from api.web.errors import ConflictError, UnprocessableError
from domain.ids import IdentifierKey
from domain.link import BANNED, Pair, pair_of
from domain.policies import IdentityRules
from store.fetch import Pool
from store.identity import graph
from store.identity.graph import LinkRow


class Allowing(NamedTuple):
    """Banned links, at least one, in the order of their keys."""

    links: list[LinkRow]

    @property
    def pairs(self) -> list[Pair]:
        """Their ends."""
        return [_pair(link) for link in self.links]

    @property
    def subject(self) -> str:
        """What the audit log calls whom they are about: a person at an end of the first."""
        first = self.links[0]
        profile = first.a_profile or first.b_profile
        return f"profile:{profile}" if profile is not None else f"link:{first.a}"

    def ends(self) -> list[tuple[End, End]]:
        """The links as clients see them."""
        return [End.of_link(link) for link in self.links]


async def allowing(
    pool: Pool, caller: Caller, rules: IdentityRules, body: AllowRequest
) -> Allowing:
    """Find the links that a request means.

    Args:
        pool: open pool.
        caller: whose workspace.
        rules: normalise the identifiers of the request.
        body: pairs of identifiers.

    Returns:
        The links, all of them banned.

    Raises:
        UnprocessableError: a pair is no link of the workspace.
        ConflictError: a link is not banned.
    """
    wanted = {
        pair_of(key_of(caller, rules, one), key_of(caller, rules, other))
        for one, other in body.links
    }
    found = await graph.links_between(pool, caller.workspace, sorted(wanted))
    if len(found) < len(wanted):
        raise UnprocessableError("A pair is not a link; the graph lists links and their status.")
    if any(link.status != BANNED for link in found):
        raise ConflictError("A link is not banned: there is nothing to lift.")
    return Allowing(found)


def _pair(link: LinkRow) -> Pair:
    return IdentifierKey(link.a.bytes), IdentifierKey(link.b.bytes)
