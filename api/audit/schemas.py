"""The proof that an audit log is whole, and the lines of its export."""

from datetime import datetime
from typing import Literal

from pydantic import ConfigDict, Field

from api.web.values import Instant, View
from operators.audit import Problem, Verdict

_HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


class AuditProblem(View):
    """Something that does not fit."""

    kind: Literal["edited", "removed", "inserted", "rewritten"]
    seq: int | None = Field(description="Place in the chain; null for an entry that has none.")
    entry: int | None = Field(description="Id of the entry; null where it is gone.")
    explanation: str

    @classmethod
    def from_problem(cls, problem: Problem) -> "AuditProblem":
        """From what was found."""
        return cls.model_validate(problem._asdict() | {"explanation": str(problem)})


class AuditLink(View):
    """A link of the chain: written down elsewhere, `seq:hash` is an anchor."""

    seq: int
    hash: str


class AuditVerification(View):
    """What a verification of the audit log found."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "whole": True,
                    "entries": 1204,
                    "problems": 0,
                    "shown": [],
                    "newest": {"seq": 1204, "hash": _HASH},
                    "verified_at": "2026-03-01T09:30:00Z",
                }
            ]
        }
    )

    whole: bool = Field(description="Whether everything fits.")
    entries: int = Field(description="Links that were recomputed.")
    problems: int = Field(description="How much does not fit.")
    shown: list[AuditProblem] = Field(description="The first of them, at most 50.")
    newest: AuditLink | None = Field(description="Null where the log is empty.")
    verified_at: Instant

    @classmethod
    def from_verdict(cls, verdict: Verdict, at: datetime) -> "AuditVerification":
        """From a verdict."""
        newest = verdict.newest
        return cls(
            whole=not verdict.problems,
            entries=verdict.entries,
            problems=verdict.problems,
            shown=[AuditProblem.from_problem(problem) for problem in verdict.shown],
            newest=newest and AuditLink(seq=newest.seq, hash=newest.hash.hex()),
            verified_at=at,
        )


class AuditLine(View):
    """One line of an export: an entry as the chain covers it, and its link."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "workspace": "default",
                    "seq": 9,
                    "hash": _HASH,
                    "id": 9,
                    "workspace_id": 1,
                    "at_us": 1772357400000000,
                    "actor": "key:1",
                    "action": "dead_letter.retry",
                    "subject": "dead_letters",
                    "detail": '{"reason": "missing_event"}',
                }
            ]
        }
    )

    workspace: str
    seq: int | None
    hash: str | None
    id: int
    workspace_id: int
    at_us: int = Field(description="When it was recorded, microseconds since 1970 UTC.")
    actor: str
    action: str
    subject: str
    detail: str = Field(description="Its particulars, as the database writes that JSON.")
