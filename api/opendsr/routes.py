"""OpenDSR, version 3: discovery, and requests of people that controllers send."""

from base64 import b64encode
from http import HTTPStatus
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import BaseModel

from api.opendsr.receiving import kinds_of, receive
from api.opendsr.schemas import (
    Discovery,
    DsrCancelled,
    DsrReceived,
    DsrRefusal,
    DsrRequest,
    DsrStatus,
    SubjectRequestId,
    SupportedIdentity,
)
from api.privacy.archives import link_to
from api.privacy.entering import request_of
from api.web.deps import (
    Admin,
    Caller,
    LogDep,
    PoolDep,
    Reader,
    SettingsDep,
    api_key_of,
    state,
)
from api.web.errors import ApiError, ConflictError, GoneError, NotFoundError
from config.settings import Settings
from domain.privacy.erasure import RequestKind, RequestStatus
from domain.privacy.opendsr import (
    API_VERSION,
    PREFIX,
    RAW,
    SubjectRequestStatus,
    SubjectRequestType,
)
from sinks.opendsr.signing import Signer
from store.audit.trail import append_async
from store.fetch import Pool, transaction
from store.privacy import opendsr
from store.privacy.opendsr import SentRequest

_NO_KEY: Final[dict[str, Any]] = {"security": [{}]}
_PEM: Final = "application/x-pem-file"
_ERRORS: Final[dict[int | str, dict[str, Any]]] = {
    400: {"description": "Something does not hold.", "model": DsrRefusal},
    401: {"description": "No API key, or one that is unknown or revoked.", "model": DsrRefusal},
    403: {"description": "The API key lacks the scope.", "model": DsrRefusal},
    404: {"description": "The workspace has no such request.", "model": DsrRefusal},
    409: {"description": "The state of things does not allow it.", "model": DsrRefusal},
    413: {"description": "The body is too large.", "model": DsrRefusal},
    429: {"description": "Too many requests; see `Retry-After`.", "model": DsrRefusal},
    503: {"description": "Not configured, or a server is away.", "model": DsrRefusal},
}

router = APIRouter(prefix=PREFIX, tags=["opendsr"], responses=_ERRORS)


class NotConfiguredError(ApiError):
    """OpenDSR is not configured here: answers could not be signed, as it wants them."""

    status, code = HTTPStatus.SERVICE_UNAVAILABLE, "not_configured"

    def __init__(self) -> None:
        super().__init__(
            "OpenDSR is not configured here: set opendsr.processor_domain, opendsr.key_file and"
            " opendsr.certificate_file."
        )


async def signer(found: Annotated[Signer | None, state("signer")]) -> Signer:
    """What answers are signed with.

    Raises:
        NotConfiguredError: nothing is configured.
    """
    if found is None:
        raise NotConfiguredError
    return found


SignerDep = Annotated[Signer, Depends(signer)]
PathId = Annotated[SubjectRequestId, Path()]


@router.get(
    "/discovery",
    summary="Discover what is supported",
    response_model=Discovery,
    openapi_extra=_NO_KEY,
)
async def discover_opendsr(settings: SettingsDep, hand: SignerDep) -> Response:
    """Identity types and formats, kinds of requests, and where the certificate is. Takes no key."""
    kinds = kinds_of(settings.opendsr, settings.identity)
    return _signed(
        hand,
        Discovery(
            api_version=API_VERSION,
            supported_identities=[
                SupportedIdentity(identity_type=name, identity_format=RAW) for name in sorted(kinds)
            ],
            supported_subject_request_types=[*SubjectRequestType],
            supported_regulations=[*settings.privacy.regulations],
            processor_certificate=f"{settings.opendsr.base_url}{PREFIX}/certificate",
        ),
    )


@router.get(
    "/certificate",
    summary="Download the certificate",
    response_class=Response,
    responses={200: {"content": {_PEM: {"schema": {"type": "string"}}}}},
    openapi_extra=_NO_KEY,
)
async def download_opendsr_certificate(hand: SignerDep) -> Response:
    """What signatures are verified with, PEM. Takes no key."""
    return Response(hand.certificate, media_type=_PEM)


@router.post(
    "/requests",
    summary="Send a request of a person",
    status_code=201,
    response_model=DsrReceived,
)
async def send_opendsr_request(
    request: Request,
    caller: Admin,
    settings: SettingsDep,
    pool: PoolDep,
    log: LogDep,
    hand: SignerDep,
    body: DsrRequest,
) -> Response:
    """Takes in a request of access, portability or erasure; whoever sends it has checked who asks.

    Each person whom an identity names gets a request of the register; identifiers that nobody has
    are suppressed by an erasure, and access to nothing is completed at once. An erasure cannot be
    taken back.

    The same request is answered again as before. Another one with the same id is refused.
    """
    raw = await request.body()
    found = await receive(pool, log, caller, settings, body)
    answer = DsrReceived(
        controller_id=str(caller.workspace),
        subject_request_id=str(found.id),
        expected_completion_time=found.told_due_at,
        received_time=found.received_at,
        encoded_request=b64encode(raw).decode(),
    )
    return _signed(hand, answer, HTTPStatus.CREATED)


@router.get("/requests/{id}", summary="Read the status of a request", response_model=DsrStatus)
async def get_opendsr_request(
    request: Request,
    caller: Reader,
    settings: SettingsDep,
    pool: PoolDep,
    hand: SignerDep,
    id: PathId,
) -> Response:
    """How far it is; of a completed access with a link to the archive, which ends soon."""
    found = await _request(pool, caller, id)
    status = found.status
    # A link is a change: with the cookie of a login, other sites may make a browser ask.
    may_link = "admin" in caller.scopes and bool(api_key_of(request))
    links = (
        await _links(pool, caller, settings, found)
        if status == SubjectRequestStatus.COMPLETED and may_link
        else []
    )
    answer = DsrStatus(
        controller_id=str(caller.workspace),
        subject_request_id=str(found.id),
        expected_completion_time=None if status == SubjectRequestStatus.CANCELLED else found.due_at,
        group_id=found.group_id,
        request_status=status,
        api_version=API_VERSION,
        results_url=links[0] if links else None,
        results_count=found.results if status == SubjectRequestStatus.COMPLETED else None,
        extensions={hand.domain: {"results_urls": links}} if len(links) > 1 else None,
    )
    return _signed(hand, answer)


@router.delete(
    "/requests/{id}",
    summary="Cancel a request",
    status_code=202,
    response_model=DsrCancelled,
)
async def cancel_opendsr_request(
    caller: Admin, pool: PoolDep, hand: SignerDep, id: PathId
) -> Response:
    """Cancels a request of access while none of its archives was begun.

    An erasure is a command in the event log as soon as it is answered, and nobody takes back what
    is there: 409. So is a request that was begun or completed.
    """
    found = await _request(pool, caller, id)
    if found.cancelled_at is None:
        if SubjectRequestType(found.kind).kind == RequestKind.ERASURE:
            raise ConflictError("An erasure cannot be taken back.")
        async with transaction(pool) as conn:
            if not await opendsr.cancel(conn, caller.workspace, found.id):
                raise ConflictError("The request is begun, or completed.")
            detail = {"requests": found.requests}
            await append_async(
                conn, caller.workspace, caller.actor, "opendsr.cancel", f"opendsr:{id}", detail
            )
        found = await _request(pool, caller, id)
    answer = DsrCancelled(
        controller_id=str(caller.workspace),
        subject_request_id=str(found.id),
        received_time=found.cancelled_at,
    )
    return _signed(hand, answer, HTTPStatus.ACCEPTED)


async def _request(pool: Pool, caller: Caller, id: str) -> SentRequest:
    found = await opendsr.by_id(pool, caller.workspace, UUID(id))
    if found is None:
        raise NotFoundError("request")
    return found


async def _links(pool: Pool, caller: Caller, settings: Settings, found: SentRequest) -> list[str]:
    """New links to the archives of a request that are there."""
    links: list[str] = []
    for number, (status, *_) in zip(found.requests, found.parts, strict=True):
        if status == RequestStatus.READY:
            try:
                made = await link_to(pool, caller, settings, await request_of(pool, caller, number))
            except (ConflictError, GoneError):  # it has ended meanwhile
                continue
            links.append(settings.opendsr.base_url + made.path)
    return links


def _signed(hand: Signer, answer: BaseModel, status: HTTPStatus = HTTPStatus.OK) -> Response:
    body = answer.model_dump_json().encode()
    return Response(body, status, hand.headers(body), "application/json")
