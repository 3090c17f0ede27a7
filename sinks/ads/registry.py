"""Every ad platform, one row each.

Settings, access, export forms, local sandboxes and the battery derive from this table. The names
are in `domain.activation.platforms`, in the same order; the sandbox of ``<name>`` is
``local.platforms.<name>.sandbox``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from domain.activation.platforms import PlatformName
from sinks.ads.google.codec import Google, GoogleParams
from sinks.ads.meta.codec import Meta, MetaParams
from sinks.ads.platform import Platform, PlatformParams
from sinks.ads.snapchat.codec import Snapchat, SnapchatParams
from sinks.ads.tiktok.codec import Tiktok, TiktokParams


@dataclass(frozen=True)
class PlatformSpec:
    """What is declared about one platform.

    Attributes:
        codec: encodes requests and decodes responses; its name and the columns of its rows.
        params: its settings, each with a default.
        token_url: where OAuth 2.0 access tokens are requested with a refresh token; empty: requests
            carry a long-lived token from the settings.
    """

    codec: type[Platform]
    params: type[PlatformParams]
    token_url: str = ""


_SNAPCHAT_TOKENS: Final = "https://accounts.snapchat.com/login/oauth2/access_token"

PLATFORMS: Final[Mapping[PlatformName, PlatformSpec]] = {
    "meta": PlatformSpec(Meta, MetaParams),
    "google": PlatformSpec(Google, GoogleParams, "https://oauth2.googleapis.com/token"),
    "tiktok": PlatformSpec(Tiktok, TiktokParams),
    "snapchat": PlatformSpec(Snapchat, SnapchatParams, _SNAPCHAT_TOKENS),
}
