"""Schemas of ad platforms: what each takes, and whether it is connected."""

from typing import Literal

from pydantic import ConfigDict, Field

from api.web.values import Instant, View
from domain.activation.platforms import PlatformName


class PlatformView(View):
    """One ad platform and what it takes."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "platform": "meta",
                    "connected": True,
                    "account_id": "1234567890",
                    "purpose": "advertising",
                    "identifiers": ["email", "phone", "device_id"],
                    "max_rows": 10000,
                    "shortest_interval_s": 3600,
                    "longest_interval_s": 604800,
                }
            ]
        }
    )

    platform: PlatformName
    connected: bool = Field(description="Whether account and token are configured.")
    account_id: str | None
    purpose: str = Field(description="Consent purpose that a person must have granted.")
    identifiers: list[str] = Field(description="Identifier kinds that it matches by.")
    max_rows: int = Field(description="People per request.")
    shortest_interval_s: int
    longest_interval_s: int


class ConnectionView(View):
    """One ad platform of the workspace."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "platform": "google",
                    "status": "connected",
                    "account_id": "1234567890",
                    "checked_at": "2026-03-01T09:30:00Z",
                    "result": "ok",
                    "advice": None,
                }
            ]
        }
    )

    platform: PlatformName
    status: Literal["connected", "disconnected", "not_configured"]
    account_id: str | None
    checked_at: Instant | None
    result: str | None = Field(
        description="Of the last check: ok, or why not: reauth, permission, terms, throttled,"
        " timeout …"
    )
    advice: str | None = Field(description="What to do.")
