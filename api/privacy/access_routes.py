"""Access: ask for everything that is held of a person, link to it, download it."""

import asyncio
import re
from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Path, Request
from fastapi.responses import FileResponse

from api.access.attempts import Attempts, address_of
from api.edge.crowd import prove
from api.privacy.access_schemas import AccessRequest, ArchiveLinkView
from api.privacy.archives import link_to, linked, record_download
from api.privacy.asking import meant
from api.privacy.entering import enter_access, request_of
from api.privacy.laws import law_of
from api.privacy.requests_schemas import RequestView
from api.web.actors import named
from api.web.deps import Admin, PoolDep, SettingsDep, state
from api.web.errors import NotFoundError
from api.web.paging import RowId
from api.web.values import now
from config.exports import archive_files
from store.privacy import archives

router = APIRouter(prefix="/cdp/privacy", tags=["privacy"])

_NO_KEY: Final[dict[str, Any]] = {"security": [{}]}
_PART: Final = re.compile(r"bytes=[0-9, -]{1,60}")
_ZIP: Final = "application/zip"
_ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The archive.",
        "content": {_ZIP: {"schema": {"type": "string", "format": "binary"}}},
    },
    206: {
        "description": "A part of it.",
        "content": {_ZIP: {"schema": {"type": "string", "format": "binary"}}},
    },
}


@router.post("/access", summary="Gather what is held of a person", status_code=202)
async def request_access(
    caller: Admin, settings: SettingsDep, pool: PoolDep, body: AccessRequest
) -> RequestView:
    """Asks for an archive of everything that is held of a person: JSON and CSV, with a page.

    A person is found by any id, one that was merged away too, and by any identifier in any
    spelling. Check that whoever asks is this person before you send the request.

    The audit log and the register have the request before anything happens; a job of its own writes
    the archive. `GET /cdp/privacy/requests/{id}` tells how far it is. Refused while the
    archive of an earlier request of the person is under way.
    """
    law = law_of(settings.privacy, body.regulation)
    found = await meant(pool, caller, settings.identity, body)
    entered = await enter_access(pool, caller, found, body.reason, law)
    ordered = await archives.of_requests(pool, caller.workspace, [entered.id])
    view = RequestView.from_row(entered, now(), ordered.get(entered.id))
    return (await named(pool, caller, [view]))[0]


@router.post("/requests/{id}/link", summary="Make a link to an archive", status_code=201)
async def link_archive(
    caller: Admin, settings: SettingsDep, pool: PoolDep, id: RowId
) -> ArchiveLinkView:
    """Makes a link under which whoever has it downloads the archive, without an API key.

    It leads there for `privacy.link_lifetime`, and no longer than the archive is kept. It is told
    once: only a digest of it is kept. Making it, and every download, is in the audit log.
    """
    return await link_to(pool, caller, settings, await request_of(pool, caller, id))


@router.get(
    "/download/{token}",
    summary="Download an archive",
    response_class=FileResponse,
    responses=_ANSWERS,
    openapi_extra=_NO_KEY,
)
async def download_archive(
    request: Request,
    settings: SettingsDep,
    pool: PoolDep,
    attempts: Annotated[Attempts, state("attempts")],
    token: Annotated[str, Path(description="Of the link.")],
    part: Annotated[
        str | None,
        Header(alias="range", max_length=100, description="`bytes=1000-`: from there on."),
    ] = None,
    condition: Annotated[
        str | None, Header(alias="if-range", description="The `etag` that a part is asked for.")
    ] = None,
) -> FileResponse:
    """The archive that a link leads to, or a part of it. It takes no API key.

    404 for a link that never was, is over, or whose archive is gone. Addresses that fail too often
    are told to wait.
    """
    with attempts.counted(address_of(request)):
        found = await linked(pool, token)
    prove(request.scope)
    path = archive_files(settings).path(found.request, found.attempt)
    try:
        stat = await asyncio.to_thread(path.stat)
    except FileNotFoundError:
        raise NotFoundError("download") from None
    is_part = part is not None and _PART.fullmatch(part) and condition is None
    await record_download(pool, found, part if is_part else None)
    return FileResponse(
        path,
        headers={
            "etag": f'"{found.sha256.hex()}"',
            "cache-control": "no-store",
            "referrer-policy": "no-referrer",
        },
        media_type=_ZIP,
        filename=f"access-{found.request}.zip",
        stat_result=stat,
    )
