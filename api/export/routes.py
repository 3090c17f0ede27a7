"""Routes of exports: small ones are streamed, others are written to a file and downloaded."""

import asyncio
from typing import Annotated, Any, Final, cast

from fastapi import APIRouter, Query, Response
from fastapi.responses import FileResponse, StreamingResponse

from api.export.desk import ExportDesk
from api.export.parts import RequestedPartDep
from api.export.schemas import ExportedProfile, ExportRequest, ExportView
from api.segments.rule_checks import checked_rule
from api.web.actors import named, named_page
from api.web.definitions import author_of
from api.web.deps import Caller, Operator, PoolDep, Reader, SettingsDep, state
from api.web.errors import ConflictError, GoneError, NotFoundError, UnprocessableError
from api.web.paging import Page, PagingDep, RowId
from api.web.problems import DESCRIBED
from api.web.texts import ReasonDep
from config.exports import form_kinds, form_purpose
from config.settings import Settings
from domain.export import PLATFORM_FORMS, UNDER_WAY, ExportSpec, ExportStatus, IdentifierForm
from sinks.export.formats import MEDIA_TYPES
from store.export import exports
from store.export.exports import ExportRow
from store.fetch import Pool, transaction
from store.segments import segments

router = APIRouter(prefix="/cdp", tags=["exports"])

Desk = Annotated[ExportDesk, state("exports")]
_BINARY: Final[dict[str, Any]] = {"schema": {"type": "string", "format": "binary"}}
_ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The people, streamed. `X-Export-Id` names the export, whose counts are"
        " there once everything was sent.",
        "model": list[ExportedProfile],
        "content": {
            media.partition(";")[0]: _BINARY
            for form, media in MEDIA_TYPES.items()
            if form != "json"
        },
    },
    202: {"description": "Ordered; it is being written.", "model": ExportView},
}


async def _spec(pool: Pool, settings: Settings, caller: Caller, body: ExportRequest) -> ExportSpec:
    """What is asked for, with what was left open filled in."""
    forms: dict[bool | str, IdentifierForm] = {True: "raw", False: "none"}
    form = forms.get(body.identifiers) or cast("IdentifierForm", body.identifiers)
    purpose = body.purpose or form_purpose(settings, form)
    if body.segment_id is not None:
        segment = await segments.by_id(pool, caller.workspace, body.segment_id)
        if segment is None:
            raise NotFoundError("segment")
        purpose = purpose or segment.purpose
    known = form_kinds(form) or tuple(settings.identity.kinds)
    kinds = (
        form_kinds(form) or None
        if body.identifier_kinds is None
        else tuple(dict.fromkeys(body.identifier_kinds))
    )
    if unknown := [kind for kind in kinds or () if kind not in known]:
        raise UnprocessableError(
            f"identifier_kinds: there is no {unknown[0]} in this form; there are"
            f" {', '.join(known)}."
        )
    return ExportSpec(
        format=body.format,
        purpose=purpose or "",
        reason=body.reason,
        segment=body.segment_id,
        rule=None if body.rule is None else checked_rule(body.rule, settings.definitions),
        traits=_traits(body, form),
        types=body.types,
        computed=None if body.computed is None else tuple(dict.fromkeys(body.computed)),
        events=tuple(dict.fromkeys(body.events))
        if isinstance(body.events, list)
        else None
        if body.events
        else (),
        last_events=tuple(dict.fromkeys(body.last_events)),
        revenue=body.revenue,
        identifiers=form,
        kinds=kinds if form != "none" else None,
        guard_formulas=body.guard_formulas,
    )


def _traits(body: ExportRequest, form: IdentifierForm) -> tuple[str, ...] | None:
    """The requested traits; a platform's form has none unless named, which is refused later."""
    if form in PLATFORM_FORMS and "traits" not in body.model_fields_set:
        return ()
    return None if body.traits is None else tuple(dict.fromkeys(body.traits))


@router.post(
    "/audiences/export",
    summary="Export people",
    response_class=StreamingResponse,
    responses=_ANSWERS,
)
async def export_people(
    caller: Operator,
    settings: SettingsDep,
    pool: PoolDep,
    exporting: Desk,
    body: ExportRequest,
    wait: Annotated[
        bool,
        Query(description="Answer with the people; false: order a file, for any number of them."),
    ] = True,
) -> Response:
    """Members of a segment, or everybody for whom a rule holds, who consent to the purpose.

    The audit log has it before the first leaves.

    While they are few, the answer is the people, streamed. With `wait=false` a file is ordered:
    look at `/cdp/exports/{id}` until it is done, then download it, and continue where a download
    broke off.
    """
    spec = await _spec(pool, settings, caller, body)
    author = author_of(settings, caller.workspace, caller.actor)
    if not wait:
        number = await exporting.order(author, spec)
        view = await _view(pool, caller, number)
        return Response(
            view.model_dump_json(), 202, {"location": f"/cdp/exports/{number}"}, "application/json"
        )
    number, chunks = await exporting.answer(author, spec)
    name = f"export-{number}" if spec.segment is None else f"segment-{spec.segment}"
    headers = {
        "content-disposition": f'attachment; filename="{name}.{spec.format}"',
        "x-export-id": str(number),
    }
    return StreamingResponse(chunks, media_type=MEDIA_TYPES[spec.format], headers=headers)


@router.get("/exports", summary="List exports")
async def list_exports(caller: Reader, pool: PoolDep, paging: PagingDep) -> Page[ExportView]:
    """The workspace's exports, newest first, those whose files are gone too."""
    rows = await exports.page(pool, caller.workspace, paging.after_id, paging.limit)
    return await named_page(pool, caller, paging.page(rows, ExportView.from_row))


@router.get("/exports/{id}", summary="Get an export")
async def get_export(caller: Reader, pool: PoolDep, id: RowId) -> ExportView:
    """How far it is, whom it left out and why, and where its file is."""
    return await _view(pool, caller, id)


@router.delete("/exports/{id}", summary="Cancel or delete an export")
async def delete_export(
    caller: Operator, pool: PoolDep, exporting: Desk, id: RowId, reason: ReasonDep
) -> ExportView:
    """Cancels it where it is not finished, else deletes its file.

    What is over already stays as it is; a direct answer cannot be ended.
    """
    row = await _row(pool, caller, id)
    if row.kind == "stream":
        raise ConflictError("It was answered directly: there is nothing to delete.")
    async with transaction(pool) as conn:
        await exports.end(conn, caller.workspace, caller.actor, row, reason)
    await asyncio.to_thread(exporting.path(row).unlink, missing_ok=True)
    return await _view(pool, caller, id)


@router.get(
    "/exports/{id}/download",
    summary="Download an export",
    response_class=FileResponse,
    responses={
        200: {
            "description": "The file.",
            "content": {media.partition(";")[0]: _BINARY for media in MEDIA_TYPES.values()},
        },
        206: {
            "description": "A part of the file.",
            "content": {"application/octet-stream": _BINARY},
        },
        304: {"description": "The client has it already."},
        410: DESCRIBED[404] | {"description": "The file is no more."},
        416: DESCRIBED[404] | {"description": "The file has no such part."},
    },
)
async def download_export(
    caller: Operator,
    pool: PoolDep,
    exporting: Desk,
    id: RowId,
    wanted: RequestedPartDep,
) -> Response:
    """The file, or a part of it. Every download is in the audit log."""
    row = await _row(pool, caller, id)
    if not row.downloadable or row.sha256 is None:
        raise _not_there(row)
    etag = f'"{row.sha256.hex()}"'
    headers = {"etag": etag, "cache-control": "private, no-store"}
    if wanted.has(etag):
        return Response(status_code=304, headers=headers)
    path = exporting.path(row)
    try:
        found = await asyncio.to_thread(path.stat)
    except FileNotFoundError:
        raise ConflictError(
            "This process does not see the file: give every API and upkeep process the"
            " same exports.directory."
        ) from None
    told = wanted.range(etag, found.st_size)
    async with transaction(pool) as conn:
        await exports.note_download(conn, caller.workspace, caller.actor, row, told)
    name = f"export-{row.id}.{row.spec.format}"
    return FileResponse(
        path,
        headers=headers,
        media_type=MEDIA_TYPES[row.spec.format],
        filename=name,
        stat_result=found,
    )


def _not_there(row: ExportRow) -> ConflictError | GoneError:
    if row.kind == "stream":
        return ConflictError("It was answered directly: there is no file.")
    if row.status in UNDER_WAY:
        return ConflictError(f"It is not written yet: it is {row.status}.")
    if row.status == ExportStatus.FAILED:
        return ConflictError("It failed: there is no file.")
    return GoneError(f"The file is no more: it is {row.status}.")


async def _view(pool: Pool, caller: Caller, export: int) -> ExportView:
    (view,) = await named(pool, caller, [ExportView.from_row(await _row(pool, caller, export))])
    return view


async def _row(pool: Pool, caller: Caller, export: int) -> ExportRow:
    found = await exports.by_id(pool, caller.workspace, export)
    if found is None:
        raise NotFoundError("export")
    return found
