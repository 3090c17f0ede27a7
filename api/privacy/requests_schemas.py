"""Schemas of the register: requests, how far they are, who still has to forget."""

from datetime import datetime
from uuid import UUID

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from api.privacy.access_schemas import ArchiveView, advice
from api.profiles.parts_schemas import EXAMPLE_ID
from api.web.actors import ActorName
from api.web.texts import ReasonText
from api.web.values import Instant, Request, View
from domain.privacy.erasure import (
    ERASING,
    Afterwards,
    RecipientOutcome,
    RequestKind,
    RequestStatus,
    Step,
)
from domain.privacy.opendsr import SubjectRequestStatus, SubjectRequestType
from domain.privacy.receipt import StepDone, steps_of
from sinks.opendsr.callbacks import host_of
from store.privacy.archives import ArchiveRow
from store.privacy.months import Month, OpenRequests
from store.privacy.opendsr import CallbackRow, SentRequest
from store.privacy.register import PrivacyRequest, RecipientRow

AT = "2026-03-01T09:30:00Z"
COMMAND = "0b0e9b0c-54a1-4c52-8a52-4c4f0f3f1a77"
REMOVED: JsonDict = {"identifiers": 2, "events": 42, "links": 1, "merges": 1, "memberships": 1}
RECIPIENT: JsonDict = {
    "audience_id": 3,
    "platform": "meta",
    "audience": "Customers",
    "listed": True,
    "confirmed_at": AT,
    "outcome": "removed",
}
STEP: JsonDict = {"step": "dead_letters", "at": AT, "removed": {"letters": 1}}
_REQUEST: JsonDict = {
    "id": 12,
    "kind": "erasure",
    "command_id": "erase-1204-9f2c4e1a0b7d3c55",
    "profile_id": EXAMPLE_ID,
    "identifiers": 2,
    "afterwards": "new",
    "purposes": None,
    "reason": "asked for by letter, case 2026-114",
    "requested_by": "key:1",
    "requested_by_name": "ada",
    "requested_at": AT,
    "regulation": "gdpr",
    "due_at": "2026-03-31T09:30:00Z",
    "extension": None,
    "overdue": False,
    "status": "processing",
    "processed_at": AT,
    "completed_at": None,
    "removed": REMOVED,
    "joined": 0,
    "archive": None,
    "advice": None,
}


class RemovedView(View):
    """How much the engine removed, by what it is."""

    identifiers: int
    events: int
    links: int
    merges: int
    memberships: int


class StepView(View):
    """A step that follows once the engine has removed the person."""

    step: Step
    at: Instant | None = Field(description="When it was done; null while it is not.")
    removed: dict[str, int] = Field(description="What it removed, by what it is.")

    @classmethod
    def from_step(cls, step: StepDone) -> "StepView":
        """From what the register keeps."""
        return cls(step=step.step, at=step.at, removed=step.removed)


class RecipientView(View):
    """An audience that had the person, and whether its platform has confirmed the removal."""

    audience_id: int
    platform: str
    audience: str
    listed: bool = Field(description="On the platform's list when they were erased.")
    confirmed_at: Instant | None
    outcome: RecipientOutcome | None = Field(description="Null until the platform has confirmed.")

    @classmethod
    def from_row(cls, row: RecipientRow) -> "RecipientView":
        """From the register."""
        return cls.model_validate(vars(row) | {"outcome": row.outcome or None})


class ExtensionView(View):
    """That an answer may take longer, which is said once."""

    at: Instant
    by: str
    reason: str
    first_due_at: Instant = Field(description="When it was due before.")


class ExtendRequest(Request):
    """Why an answer takes longer."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"reason": "several archives have to be searched"}]}
    )

    reason: ReasonText = Field(
        description="The person must be told it, too. Kept in the audit log for ever. No personal"
        " data."
    )


class RequestView(View):
    """A request and how far it is."""

    model_config = ConfigDict(json_schema_extra={"examples": [_REQUEST]})

    id: int
    kind: RequestKind
    command_id: str = Field(description="Names it; an access request is no command of the log.")
    profile_id: UUID
    identifiers: int = Field(description="How many the request names.")
    afterwards: Afterwards | None = Field(description="Of an erasure; else null.")
    purposes: list[str] | None = Field(
        description="Of an objection, what it refuses, `*` being every purpose; else null."
    )
    reason: str
    requested_by: str
    requested_by_name: ActorName = None
    requested_at: Instant
    regulation: str = Field(description="The law that it is under: of `privacy.regulations`.")
    due_at: Instant = Field(description="By that law, and by its extension.")
    extension: ExtensionView | None = Field(description="Null while its time is not extended.")
    overdue: bool = Field(description="Not completed, and past its time.")
    status: RequestStatus = Field(
        description="`not_sent`: the event log has not confirmed the command, retry it;"
        " `requested`: it waits in the log; `processing`: the person is removed, steps are left;"
        " `completed`: every step is done. Of access, `requested`: it waits for its writer;"
        " `processing`: it is being written; `ready`: it can be downloaded; `expired`: its file is"
        " gone; `completed`: nothing is held; `failed`: there is none, see `archive.reason`. A"
        " restriction, its release and an objection are `completed` when the engine has taken them"
        " in."
    )
    processed_at: Instant | None
    completed_at: Instant | None
    removed: RemovedView | None = Field(
        description="Of an erasure; null until it was processed, and else."
    )
    joined: int = Field(
        description="Identifiers that joined the person between request and processing. They were"
        " kept."
    )
    archive: ArchiveView | None = Field(description="Of access; else null.")
    advice: str | None = Field(description="What is to be done by hand; null where nothing is.")

    @classmethod
    def from_row(
        cls, row: PrivacyRequest, at: datetime, archive: ArchiveRow | None = None
    ) -> "RequestView":
        """From the register.

        Args:
            row: the request.
            at: now.
            archive: its archive, if it is one of access.
        """
        return cls.model_validate(_fields(row, at, archive))


class CallbackView(View):
    """What the sender of a request is told of a change of its status."""

    host: str = Field(description="Of the address that it goes to.")
    status: SubjectRequestStatus
    attempts: int
    created_at: Instant
    sent_at: Instant | None
    given_up_at: Instant | None
    error: str | None = Field(description="Of the last attempt that failed.")

    @classmethod
    def from_row(cls, row: CallbackRow) -> "CallbackView":
        """From the store."""
        return cls(
            host=host_of(row.url),
            status=SubjectRequestStatus(row.status),
            attempts=row.attempts,
            created_at=row.created_at,
            sent_at=row.sent_at,
            given_up_at=row.dead_at,
            error=row.error or None,
        )


class OpenDsrView(View):
    """That another system sent a request, and what it is told."""

    subject_request_id: UUID
    type: SubjectRequestType
    status: SubjectRequestStatus
    group_id: str | None
    submitted_at: Instant
    requests: list[int] = Field(description="All that it became, one for each person.")
    callbacks: list[CallbackView]

    @classmethod
    def from_rows(cls, sent: SentRequest, callbacks: list[CallbackRow]) -> "OpenDsrView":
        """From the store."""
        return cls(
            subject_request_id=sent.id,
            type=SubjectRequestType(sent.kind),
            status=sent.status,
            group_id=sent.group_id,
            submitted_at=sent.submitted_at,
            requests=sent.requests,
            callbacks=[CallbackView.from_row(row) for row in callbacks],
        )


class RequestDetailView(RequestView):
    """A request with its steps and its recipients."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                _REQUEST
                | {
                    "steps": [STEP],
                    "recipients": [RECIPIENT],
                    "command": COMMAND,
                    "recorded": True,
                    "opendsr": None,
                }
            ]
        }
    )

    command: UUID = Field(
        description="Digest of the command's id: `<kind>:<command>` is the audit log's subject."
    )
    steps: list[StepView] = Field(description="Of an erasure, all of them, in order; else none.")
    recipients: list[RecipientView]
    recorded: bool = Field(
        description="Whether the audit log has what an erasure removed: then there is a receipt."
    )
    opendsr: OpenDsrView | None = Field(
        description="Where another system sent it (`/opendsr/v3/requests`); else null."
    )

    @classmethod
    def from_rows(
        cls,
        row: PrivacyRequest,
        recipients: list[RecipientRow],
        at: datetime,
        archive: ArchiveRow | None = None,
        opendsr: OpenDsrView | None = None,
        *,
        recorded: bool = False,
    ) -> "RequestDetailView":
        """From the register and the audit log."""
        steps = steps_of(row.steps) if row.kind in ERASING else ()
        return cls.model_validate(
            _fields(row, at, archive)
            | {
                "command": row.command,
                "steps": [StepView.from_step(step) for step in steps],
                "recipients": [RecipientView.from_row(each) for each in recipients],
                "recorded": recorded,
                "opendsr": opendsr,
            }
        )


def _fields(row: PrivacyRequest, at: datetime, archive: ArchiveRow | None) -> dict[str, object]:
    counts = {name: getattr(row, name) for name in RemovedView.model_fields}
    return {
        "id": row.id,
        "kind": row.kind,
        "command_id": row.command_id,
        "profile_id": row.profile,
        "identifiers": len(row.keys),
        "afterwards": row.afterwards or None,
        "purposes": row.told["purposes"] if row.kind == RequestKind.OBJECTION else None,
        "reason": row.reason,
        "requested_by": row.requested_by,
        "requested_at": row.requested_at,
        "regulation": row.regulation,
        "due_at": row.due_at,
        "extension": _extension(row),
        "overdue": row.completed_at is None and row.due_at < at,
        "status": row.status,
        "processed_at": row.processed_at,
        "completed_at": row.completed_at,
        "removed": None if row.identifiers is None else counts,
        "joined": row.joined,
        "archive": None if archive is None else ArchiveView.from_row(archive),
        "advice": _advice(row, archive),
    }


def _extension(row: PrivacyRequest) -> dict[str, object] | None:
    if row.first_due_at is None:
        return None
    return {
        "at": row.extended_at,
        "by": row.extended_by,
        "reason": row.extension_reason,
        "first_due_at": row.first_due_at,
    }


def _advice(row: PrivacyRequest, archive: ArchiveRow | None) -> str | None:
    if archive is not None:
        return advice(archive)
    if row.status == RequestStatus.NOT_SENT:
        return f"The event log has not confirmed it: POST /cdp/privacy/requests/{row.id}/retry."
    if row.joined:
        return (
            f"{row.joined} identifiers joined the person after the request and were kept: preview"
            " whoever has them, and erase again."
        )
    return None


class MonthView(View):
    """Requests of one month of the workspace's calendar."""

    month: str = Field(description="YYYY-MM.")
    received: int = Field(description="Asked for in it.")
    kinds: dict[RequestKind, int] = Field(description="Those, by what was asked for.")
    regulations: dict[str, int] = Field(description="Those, by the law that they are under.")
    completed: int = Field(description="Completed in it, whenever they were asked for.")
    late: int = Field(description="Of those, after they were due; the others were in time.")
    overdue: int = Field(description="Due in it, and not completed by then.")
    median_days: float | None = Field(
        description="From request to completion, of those completed in it; null where none was."
    )

    @classmethod
    def from_month(cls, month: Month) -> "MonthView":
        """From the store's count."""
        return cls.model_validate(vars(month))


class RequestStatisticsView(View):
    """How requests are kept up with."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "open": 2,
                    "overdue": 0,
                    "months": [
                        {
                            "month": "2026-03",
                            "received": 14,
                            "kinds": {"erasure": 11, "access": 3},
                            "regulations": {"gdpr": 12, "ccpa": 2},
                            "completed": 12,
                            "late": 0,
                            "overdue": 0,
                            "median_days": 1.25,
                        }
                    ],
                }
            ]
        }
    )

    open: int = Field(description="Not completed now.")
    overdue: int = Field(description="Of those, past their time.")
    months: list[MonthView] = Field(description="Newest first, at most 120.")

    @classmethod
    def from_counts(cls, now: OpenRequests, months: list[Month]) -> "RequestStatisticsView":
        """From the store's counts."""
        return cls(
            open=now.open, overdue=now.overdue, months=[MonthView.from_month(one) for one in months]
        )
