"""Schemas of OpenDSR, section by section of its specification.

Unlike bodies of the query API these may have members that nobody here knows.
"""

import re
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.config import JsonDict

from api.web.values import Instant, JsonValue
from domain.privacy.erasure import Afterwards
from domain.privacy.opendsr import (
    API_VERSION,
    RAW,
    SubjectRequestStatus,
    SubjectRequestType,
)
from sinks.opendsr.callbacks import URL_LIMIT

ID: Final = "a7551968-d5d6-44b2-9831-815ac9017798"
_AT: Final = "2026-03-01T09:30:00Z"
_DUE: Final = "2026-03-31T09:30:00Z"
_UUID4: Final = r"^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_REQUEST: Final[JsonDict] = {
    "regulation": "gdpr",
    "subject_request_id": ID,
    "subject_request_type": "erasure",
    "submitted_time": _AT,
    "subject_identities": [
        {
            "identity_type": "email",
            "identity_value": "mary@example.com",
            "identity_format": "raw",
        }
    ],
    "status_callback_urls": ["https://controller.example/opendsr"],
    "api_version": API_VERSION,
}
_STATUS: Final[JsonDict] = {
    "controller_id": "1",
    "expected_completion_time": _DUE,
    "subject_request_id": ID,
    "group_id": None,
    "request_status": "completed",
    "api_version": API_VERSION,
    "results_url": None,
    "results_count": 44,
    "extensions": None,
}

SubjectRequestId = Annotated[
    str, Field(pattern=_UUID4, description="UUID, version 4, in lower case.")
]


class _Inbound(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Identity(_Inbound):
    """By what a person is known."""

    identity_type: str = Field(
        min_length=1, max_length=64, description="One of those that discovery lists."
    )
    identity_value: str = Field(min_length=1, max_length=1024)
    identity_format: Literal["raw", "md5", "sha1", "sha256"] = Field(
        description="`raw`: others are refused, see discovery."
    )


def _listed(value: JsonValue) -> JsonValue:
    """Identities by type, as mParticle's version 3 sends them, as a list."""
    if not isinstance(value, dict):
        return value
    return [
        {
            "identity_type": name,
            "identity_value": each.get("value"),
            "identity_format": each.get("encoding", RAW),
        }
        if isinstance(each, dict)
        else each
        for name, each in value.items()
    ]


def _printable(value: str) -> str:
    if _CONTROL.search(value):
        raise ValueError("control characters are not allowed")
    return value


class DsrRequest(_Inbound):
    """A request of a person, as a controller sends it."""

    model_config = ConfigDict(json_schema_extra={"examples": [_REQUEST]})

    regulation: str = Field(max_length=64, description="Of `privacy.regulations`.")
    subject_request_id: SubjectRequestId
    subject_request_type: SubjectRequestType
    submitted_time: Instant = Field(
        description="When the person asked: the answer is due from then on."
    )
    subject_identities: Annotated[
        list[Identity], BeforeValidator(_listed), Field(min_length=1, max_length=50)
    ] = Field(
        description="Of one person or of several. An object `{type: {value, encoding}}` is taken,"
        " too."
    )
    api_version: str | None = Field(default=None, max_length=16)
    status_callback_urls: list[Annotated[str, Field(max_length=URL_LIMIT)]] = Field(
        default=[], max_length=10, description="https; told every change of the status."
    )
    group_id: Annotated[str, Field(max_length=256), AfterValidator(_printable)] | None = None
    extensions: dict[str, JsonValue] | None = Field(
        default=None, description="By domain; that of this processor may state `afterwards`."
    )


class DsrExtension(_Inbound):
    """What the extension of this processor may state."""

    afterwards: Afterwards = Afterwards.NEW


class _Outbound(BaseModel):
    model_config = ConfigDict(frozen=True)

    controller_id: str = Field(description="The workspace.")
    subject_request_id: str


class DsrReceived(_Outbound):
    """That a request was received."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "controller_id": "1",
                    "subject_request_id": ID,
                    "expected_completion_time": _DUE,
                    "received_time": _AT,
                    "encoded_request": "eyJyZWd1bGF0aW9uIjoi…",
                }
            ]
        }
    )

    expected_completion_time: Instant = Field(description="When it is due by its law.")
    received_time: Instant
    encoded_request: str = Field(description="The body as it came, base64. Do not store it.")


class DsrStatus(_Outbound):
    """How far a request is."""

    model_config = ConfigDict(json_schema_extra={"examples": [_STATUS]})

    expected_completion_time: Instant | None = Field(description="Null where it is cancelled.")
    group_id: str | None
    request_status: SubjectRequestStatus
    api_version: str
    results_url: str | None = Field(
        description="Of a completed access: a link to the archive, made on asking. Null without an"
        " API key of the scope admin, and once the archive is gone."
    )
    results_count: int | None = Field(
        description="Rows of the archives, or identifiers and events that were removed; null until"
        " it is completed."
    )
    extensions: dict[str, Any] | None = Field(
        description="Where several people were meant: under this processor's domain"
        " `results_urls`, all of them."
    )


class DsrCancelled(_Outbound):
    """That a request was cancelled."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "controller_id": "1",
                    "subject_request_id": ID,
                    "expected_completion_time": None,
                    "received_time": _AT,
                    "api_version": API_VERSION,
                }
            ]
        }
    )

    expected_completion_time: None = None
    received_time: Instant = Field(description="When it was.")
    api_version: str = API_VERSION


class SupportedIdentity(BaseModel):
    """Identities that can be looked up."""

    identity_type: str
    identity_format: str


class Discovery(BaseModel):
    """What this processor supports."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "api_version": API_VERSION,
                    "supported_identities": [{"identity_type": "email", "identity_format": "raw"}],
                    "supported_subject_request_types": ["access", "portability", "erasure"],
                    "supported_regulations": ["gdpr", "ccpa"],
                    "processor_certificate": "https://dsr.example.com/opendsr/v3/certificate",
                }
            ]
        }
    )

    api_version: str
    supported_identities: list[SupportedIdentity]
    supported_subject_request_types: list[SubjectRequestType]
    supported_regulations: list[str] = Field(description="No part of OpenDSR.")
    processor_certificate: str = Field(description="Where the certificate is, PEM.")


class DsrError(BaseModel):
    """One thing that is wrong."""

    domain: str
    reason: str
    message: str


class DsrErrors(BaseModel):
    """The error object of OpenDSR."""

    code: int = Field(description="The status.")
    message: str
    errors: list[DsrError]


class DsrRefusal(BaseModel):
    """What every error looks like (OpenDSR, section 7.5)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "error": {
                        "code": 400,
                        "message": "There is another request with this id.",
                        "errors": [
                            {
                                "domain": "Validation",
                                "reason": "bad_request",
                                "message": "There is another request with this id.",
                            }
                        ],
                    }
                }
            ]
        }
    )

    error: DsrErrors
