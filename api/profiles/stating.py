"""What an operator's statement needs: purposes that are known, an identifier that it is of."""

from collections.abc import Iterable

from api.web.deps import Caller
from api.web.errors import UnprocessableError
from api.web.purposes import known_purposes
from config.settings import Settings
from domain.event import Identifier
from domain.policies import IdentityRules
from domain.profiles.consent import ANY_USE, EVERY_PURPOSE
from operators.identity.normalise import normalise
from store.fetch import Pool
from store.profiles.profiles import StoredProfile


async def refuse_unknown(
    pool: Pool,
    settings: Settings,
    caller: Caller,
    found: StoredProfile,
    purposes: Iterable[str],
) -> None:
    """Refuse purposes that neither the workspace knows nor the person has ever named.

    Raises:
        UnprocessableError: it says which are known.
    """
    known = (await known_purposes(pool, settings, caller.workspace)).names
    statable = {EVERY_PURPOSE, *known, *found.person.view.consent} - {ANY_USE}
    if not statable.issuperset(purposes):
        names = ", ".join(sorted(known)) or "none"
        raise UnprocessableError(f"The workspace knows no such purpose; it knows: {names}.")


def strongest(found: StoredProfile, rules: IdentityRules) -> Identifier:
    """The identifier that a statement is of: one that the rules of today still name.

    Raises:
        UnprocessableError: there is none.
    """
    usable = [
        (rules.kinds[one.kind].priority, one.kind, one.value, one)
        for one in found.identifiers
        if normalise(one.kind, one.value, rules) == one.value
    ]
    if not usable:
        raise UnprocessableError("By the rules of today no identifier names this person.")
    return min(usable, key=lambda one: one[:3])[3]
