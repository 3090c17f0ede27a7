"""The local ad platforms of a stack: what is run, and the variables that connect Stratum to each. Their credentials open nothing else."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from config.settings import Settings
from local.platforms.google import access as google_access
from local.platforms.google import sandbox as google_sandbox
from local.platforms.meta import sandbox as meta_sandbox
from local.platforms.snapchat import tokens as snapchat_tokens
from local.platforms.tiktok import sandbox as tiktok_sandbox


@dataclass(frozen=True)
class LocalPlatform:
    """One local ad platform.

    Attributes:
        name: as settings and audiences call it.
        module: what ``python -m`` runs.
        connection: base URL → fields of its section of the settings.
    """

    name: str
    module: str
    connection: Callable[[str], Mapping[str, str]]


def _google(url: str) -> dict[str, str]:
    return {
        "base_url": url,
        "token_url": f"{url}/token",
        "customer_id": google_sandbox.CUSTOMER,
        "client_id": google_access.CLIENT_ID,
        "client_secret": google_access.CLIENT_SECRET,
        "refresh_token": google_access.REFRESH_TOKEN,
    }


def _snapchat(url: str) -> dict[str, str]:
    return {
        "base_url": url,
        "token_url": f"{url}/login/oauth2/access_token",
        "account_id": "8adc3db7-8148-4fbf-999c-8d2266369d74",
        "client_id": snapchat_tokens.CLIENT_ID,
        "client_secret": snapchat_tokens.CLIENT_SECRET,
        "refresh_token": snapchat_tokens.REFRESH_TOKEN,
    }


PLATFORMS: Final = (
    LocalPlatform(
        "meta",
        "local.platforms.meta.sandbox",
        lambda url: {
            "base_url": url,
            "account_id": "1000000001",
            "access_token": meta_sandbox.TOKEN,
        },
    ),
    LocalPlatform("google", "local.platforms.google.sandbox", _google),
    LocalPlatform(
        "tiktok",
        "local.platforms.tiktok.sandbox",
        lambda url: {
            "base_url": url,
            "account_id": "7178918106775994370",
            "access_token": tiktok_sandbox.TOKEN,
        },
    ),
    LocalPlatform("snapchat", "local.platforms.snapchat.sandbox", _snapchat),
)
"""All there are."""


def wanted(settings: Settings) -> list[LocalPlatform]:
    """Those that stand in for a platform to which no real account is connected."""
    connected = {
        "meta": settings.meta.connected,
        "google": settings.google.connected,
        "tiktok": settings.tiktok.connected,
        "snapchat": settings.snapchat.connected,
    }
    return [platform for platform in PLATFORMS if not connected[platform.name]]


def variables(platform: LocalPlatform, url: str) -> dict[str, str]:
    """The variables that connect Stratum to a local platform.

    Values are YAML, of which JSON is a part.
    """
    return {
        f"STRATUM_{platform.name.upper()}__{field.upper()}": json.dumps(value)
        for field, value in platform.connection(url).items()
    }
