"""The preview of an unmerge: both people, before anything is banned."""

from fastapi import APIRouter

from api.identity.commands_schemas import UnmergeRequest
from api.identity.unmerge_preview_schemas import UnmergedPerson, UnmergePreview
from api.identity.unmerging import Unmerging, unmerging
from api.profiles.programs import ProgramsDep
from api.profiles.routes import ProfileIdPath
from api.web.concurrency import HeavyReadsDep
from api.web.deps import Admin, Caller, PoolDep, SettingsDep
from api.web.errors import ConflictError
from api.web.transaction import TransactionsDep
from api.web.values import now
from domain.event import Unmerge
from domain.instants import to_ms
from domain.keys import message_key
from operators.unify.definitions import Definitions
from store.unify.foretell import TooEntangledError, foretell
from store.unify.history import TooEventfulError

router = APIRouter(prefix="/cdp", tags=["identity"])


@router.post("/profiles/{id}/unmerge/preview", summary="Preview an unmerge")
async def preview_unmerge(
    caller: Admin,
    settings: SettingsDep,
    pool: PoolDep,
    transactions: TransactionsDep,
    programs: ProgramsDep,
    heavy: HeavyReadsDep,
    id: ProfileIdPath,
    body: UnmergeRequest,
) -> UnmergePreview:
    """The people whom the same request to `…/unmerge` would leave now.

    Decided by the engine's own code; nothing is stored. Besides the parts of this person it shows
    whoever else would have other identifiers: a link that a limit refuses may hold once there is
    room for it.

    Refused where nobody would be split.
    """
    wanted = await unmerging(pool, caller, settings.identity, id, body)
    program = (await programs.for_workspace(caller.workspace)).program
    definitions = Definitions(
        settings.identity, settings.profile, {caller.workspace: program}, program.revision
    )
    now_ms = to_ms(now())
    command, keys = _command(caller, wanted, body.reason, now_ms), wanted.keys
    try:
        async with heavy.unmerge_previews.slot(caller.workspace):
            found = await transactions.read(
                lambda conn: foretell(conn, command, keys, definitions, now_ms)
            )
    except TooEventfulError:
        raise ConflictError(
            "These people have too many events for a preview; the unmerge itself has no such limit."
        ) from None
    except TooEntangledError:
        raise ConflictError(
            "Links connect this person with too many others for a preview."
        ) from None
    if not found.splits:
        raise ConflictError(
            "Nobody would be split: other links still hold these identifiers together. An unmerge"
            " would ban these links and leave the person whole."
        )
    return UnmergePreview(
        bans=wanted.ends(), people=[UnmergedPerson.from_part(part, found) for part in found.parts]
    )


def _command(caller: Caller, wanted: Unmerging, reason: str, now_ms: int) -> Unmerge:
    """The command as the engine would read it, under a name that no stored message has."""
    return Unmerge(
        workspace=caller.workspace,
        message_key=message_key(caller.salt, "preview of an unmerge"),
        message_id="",
        links=tuple(wanted.pairs),
        author=caller.actor,
        reason=reason,
        received_ms=now_ms,
        payload=b"",
    )
