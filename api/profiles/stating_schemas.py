"""An operator's statement of somebody's consent."""

from typing import Annotated, Final, Literal

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from api.web.texts import ReasonText, Written
from api.web.values import Instant, Request, View, now
from domain.profiles.consent import EVERY_PURPOSE, is_plain_purpose, purpose_of
from domain.texts import TextForm

_EVIDENCE: Final = TextForm(3, 2_000, lines=True)
_VERSION: Final = TextForm(1, 200)


def _purpose(text: str) -> str:
    purpose = purpose_of(text)
    if not purpose or not is_plain_purpose(text):
        raise ValueError("this names no purpose")
    return purpose


def _past(at: Instant) -> Instant:
    if at > now():
        raise ValueError("nothing can be stated in the future")
    return at


class ConsentRequest(Request):
    """What a person consents to, as somebody learned it from them."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "purpose": "advertising",
                    "state": "refused",
                    "reason": "asked for on the phone, case 2026-114",
                },
                {
                    "purpose": "advertising",
                    "state": "granted",
                    "reason": "signed at the till, case 2026-115",
                    "evidence": "form 4711, archive",
                    "version": "2026-02",
                    "stated_at": "2026-03-01T09:30:00Z",
                },
            ]
        }
    )

    purpose: Annotated[str, Field(max_length=1000), AfterValidator(_purpose)] = Field(
        description="One that the workspace knows, or that the person has stated before; `*`: every"
        " purpose, which can only be refused."
    )
    state: Literal["granted", "refused"]
    reason: ReasonText = Field(
        description="Kept in the audit log for ever. No personal data: name the case, not the"
        " person."
    )
    evidence: Annotated[str | None, Written(_EVIDENCE, optional=True)] = Field(
        default=None,
        description="What shows it: a reference, or words. Required for a grant. Kept with the"
        " statement, and erased with the person.",
    )
    version: Annotated[str | None, Written(_VERSION, optional=True)] = Field(
        default=None, description="Of the text that the person was shown."
    )
    stated_at: Annotated[Instant, AfterValidator(_past)] | None = Field(
        default=None, description="When the person said so; not in the future. Default: now."
    )

    @model_validator(mode="after")
    def _complete(self) -> "ConsentRequest":
        if self.state == "granted" and self.purpose == EVERY_PURPOSE:
            raise ValueError("every purpose can be refused, not granted")
        if self.state == "granted" and not self.evidence:
            raise ValueError("a grant takes `evidence`")
        return self


class ConsentAccepted(View):
    """The statement is in the log; it counts when it has been processed."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"command_id": "consent-12-9f2c4e1a0b7d3c55"}]}
    )

    command_id: str = Field(
        description="Ask `GET /cdp/commands/{id}` whether it has been processed."
    )
