"""What the gate's routes share: who acts on it, and one override or release as it is now."""

from typing import Literal

from api.gate.schemas import SaidView
from api.web.deps import Caller
from api.web.errors import NotFoundError
from api.web.transaction import Transactions
from config.settings import Settings
from store.gate import controls
from store.gate.commands import Actor

Kind = Literal["override", "release"]


def actor_of(caller: Caller, settings: Settings) -> Actor:
    """The caller as the actor whom the gate's commands take."""
    return Actor(caller.workspace, caller.actor, settings.gate.longest_override)


async def intervention(
    transactions: Transactions, caller: Caller, kind: Kind, number: int
) -> SaidView:
    """One override or release as it is now.

    Raises:
        NotFoundError: the workspace has none of this kind and id.
    """
    found = await transactions.run(
        lambda conn: controls.intervention(conn, caller.workspace, kind, number)
    )
    if found is None:
        raise NotFoundError(kind)
    return SaidView.from_row(found)
