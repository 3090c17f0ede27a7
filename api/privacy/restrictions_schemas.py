"""Schemas of restrictions and objections: whose data, why, and for what they may not be used."""

from typing import Annotated, Final

from pydantic import AfterValidator, ConfigDict, Field
from pydantic.config import JsonDict

from api.privacy.erasures_schemas import PersonRequest
from api.privacy.laws import RegulationName
from api.web.texts import ReasonText, Written
from domain.profiles.consent import EVERY_PURPOSE, is_plain_purpose, purpose_of
from domain.texts import TextForm

_EVIDENCE: Final = TextForm(3, 2_000, lines=True)
_PURPOSES: Final = 100
_WHO: Final[JsonDict] = {
    "identifier": {"kind": "email", "value": "mary@example.com"},
    "reason": "contests what is held, case 2026-116",
}


def _purpose(text: str) -> str:
    purpose = purpose_of(text)
    if not purpose or not is_plain_purpose(text):
        raise ValueError("this names no purpose")
    return purpose


class RestrictionRequest(PersonRequest):
    """Whom to restrict, or to release, and why."""

    model_config = ConfigDict(json_schema_extra={"examples": [_WHO]})

    reason: ReasonText = Field(
        description="Kept in the audit log for ever. No personal data: name the case, not the"
        " person."
    )
    regulation: RegulationName
    evidence: Annotated[str | None, Written(_EVIDENCE, optional=True)] = Field(
        default=None,
        description="What shows it: a reference, or words. Kept with the statement, and erased"
        " with the person.",
    )


class ObjectionRequest(RestrictionRequest):
    """Who objects to what, and why."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [_WHO, _WHO | {"purposes": ["advertising"]}]}
    )

    purposes: list[Annotated[str, Field(max_length=1000), AfterValidator(_purpose)]] = Field(
        default=[EVERY_PURPOSE],
        min_length=1,
        max_length=_PURPOSES,
        description="Each one that the workspace knows, or that the person has stated before; `*`:"
        " every purpose.",
    )
