"""Archives of access as routes see them: ordered again, linked to, handed out."""

import asyncio
import secrets
from hashlib import sha256
from hmac import compare_digest
from typing import Final

from api.privacy.access_schemas import ArchiveLinkView
from api.web.deps import Caller
from api.web.errors import ConflictError, GoneError, NotFoundError
from config.exports import archive_files
from config.settings import Settings
from domain.privacy.access import ArchiveStatus, subject_of
from domain.privacy.erasure import RequestKind
from store.audit.trail import append_async
from store.fetch import Pool, transaction
from store.privacy import archives
from store.privacy.archives import LinkedArchive
from store.privacy.register import PrivacyRequest

_TOKEN_BYTES: Final = 32
_DOWNLOAD: Final = "/cdp/privacy/download/"


def _digest(token: str) -> bytes:
    return sha256(token.encode(errors="replace")).digest()


async def order_again(pool: Pool, caller: Caller, request: PrivacyRequest) -> None:
    """Order the archive of a failed request again, on record.

    Raises:
        ConflictError: it has not failed, or the person was erased.
    """
    async with transaction(pool) as conn:
        if not await archives.again(conn, request.id):
            raise ConflictError(f"Request {request.id} is {request.status}: it stays so.")
        subject, detail = subject_of(request.command), {"request": request.id}
        await append_async(conn, caller.workspace, caller.actor, "access.retry", subject, detail)


async def link_to(
    pool: Pool, caller: Caller, settings: Settings, request: PrivacyRequest
) -> ArchiveLinkView:
    """Make a link to the archive of a request, on record.

    Raises:
        ConflictError: it is none of access, nothing is held, or there is no archive yet.
        GoneError: the archive is gone, or somebody deleted its file.
    """
    if request.kind != RequestKind.ACCESS:
        raise ConflictError(f"Only access has an archive; this is a request of {request.kind}.")
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    lifetime = settings.privacy.link_lifetime
    found = (await archives.of_requests(pool, caller.workspace, [request.id])).get(request.id)
    if found is None:
        raise ConflictError("There is no archive: nothing is held.")
    path = archive_files(settings).path(found.request, found.attempt)
    if request.status == ArchiveStatus.READY and not await asyncio.to_thread(path.is_file):
        raise GoneError("The archive's file is not there any more: ask for it again.")
    async with transaction(pool) as conn:
        made = await archives.link(conn, request.id, _digest(token), caller.actor, lifetime)
        if made is None or found.size_bytes is None:
            raise _not_there(request)
        detail = {"request": request.id, "link": made.id, "until": made.expires_at.isoformat()}
        subject = subject_of(request.command)
        await append_async(conn, caller.workspace, caller.actor, "access.link", subject, detail)
    return ArchiveLinkView(
        path=_DOWNLOAD + token, expires_at=made.expires_at, size_bytes=found.size_bytes
    )


def _not_there(request: PrivacyRequest) -> ConflictError | GoneError:
    if request.status == ArchiveStatus.EXPIRED:
        return GoneError("The archive is gone: ask for it again.")
    return ConflictError(f"There is no archive: the request is {request.status}.")


async def linked(pool: Pool, token: str) -> LinkedArchive:
    """The archive that a link leads to now.

    Raises:
        NotFoundError: nowhere, for whatever reason.
    """
    digest = _digest(token)
    found = await archives.by_token(pool, digest)
    if found is None or not compare_digest(found.token_hash, digest):
        raise NotFoundError("download")
    return found


async def record_download(pool: Pool, found: LinkedArchive, part: str | None) -> None:
    """Note that an archive is being handed out.

    Args:
        pool: open pool.
        found: which.
        part: the part that is asked for, as the request has it; None: all.
    """
    detail = {"request": found.request, "size_bytes": found.size_bytes, "part": part or "all"}
    async with transaction(pool) as conn:
        await append_async(
            conn,
            found.workspace,
            f"link:{found.link}",
            "access.download",
            subject_of(found.command),
            detail,
        )
