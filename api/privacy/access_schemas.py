"""Schemas of access: whose data, how far the archive is, the link to it."""

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from api.privacy.erasures_schemas import PersonRequest
from api.privacy.laws import RegulationName
from api.web.texts import ReasonText
from api.web.values import Instant, View
from domain.privacy.access import ArchiveReason, ArchiveStatus
from store.privacy.archives import ArchiveRow

_AT = "2026-03-01T09:30:00Z"
_ARCHIVE: JsonDict = {
    "reason": None,
    "sections": {"identifiers": 3, "events": 42},
    "rows": 45,
    "size_bytes": 18_211,
    "started_at": _AT,
    "finished_at": _AT,
    "expires_at": "2026-03-08T09:30:00Z",
}


class AccessRequest(PersonRequest):
    """Whose data are asked for, and why."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "identifier": {"kind": "email", "value": "mary@example.com"},
                    "reason": "asked for by letter, case 2026-115",
                }
            ]
        }
    )

    reason: ReasonText = Field(
        description="Kept in the audit log for ever. No personal data: name the case, not the"
        " person."
    )
    regulation: RegulationName


class ArchiveView(View):
    """How far an archive is."""

    model_config = ConfigDict(json_schema_extra={"examples": [_ARCHIVE]})

    reason: ArchiveReason | None = Field(
        description="Why there is no file: `kept` long enough; `erased`: somebody in it was;"
        " `gone`: nobody has these identifiers any more; `parted`: several people have them, ask"
        " for each; `disk`: it could not be written; `error`: the log has the place;"
        " `writer_died`: several times;"
        " `cancelled`: before it was begun."
    )
    sections: dict[str, int] = Field(description="Rows written so far, by section.")
    rows: int = Field(description="Of all sections.")
    size_bytes: int | None = Field(description="Of the whole file.")
    started_at: Instant | None
    finished_at: Instant | None
    expires_at: Instant | None = Field(description="The file is deleted then.")

    @classmethod
    def from_row(cls, row: ArchiveRow) -> "ArchiveView":
        """From the register."""
        return cls(
            reason=ArchiveReason(row.reason) if row.reason else None,
            sections=row.sections,
            rows=sum(row.sections.values()),
            size_bytes=row.size_bytes,
            started_at=row.started_at,
            finished_at=row.finished_at,
            expires_at=row.expires_at,
        )


def advice(row: ArchiveRow) -> str | None:
    """What is to be done by hand; None where nothing is."""
    if row.status == ArchiveStatus.READY:
        return f"Make a link: POST /cdp/privacy/requests/{row.request}/link."
    if row.status == ArchiveStatus.FAILED:
        if row.reason == ArchiveReason.ERASED:
            return "Somebody in it was erased meanwhile: ask again for whoever is left."
        if row.reason == ArchiveReason.CANCELLED:
            return None
        return f"There is no archive: POST /cdp/privacy/requests/{row.request}/retry."
    return None


class ArchiveLinkView(View):
    """A link to an archive; it takes no API key, so give it to nobody but the person."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "path": "/cdp/privacy/download/2r6cS0…",
                    "expires_at": "2026-03-01T10:30:00Z",
                    "size_bytes": 18_211,
                }
            ]
        }
    )

    path: str = Field(description="Below this server's address. It is told once and not kept.")
    expires_at: Instant
    size_bytes: int = Field(description="Of the archive.")
