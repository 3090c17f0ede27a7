"""The ad platforms by name, as stored and in the API; `sinks.ads.registry` has the rest."""

from typing import Final, Literal, TypeAlias, get_args

PlatformName: TypeAlias = Literal["meta", "google", "tiktok", "snapchat"]

PLATFORM_NAMES: Final[tuple[PlatformName, ...]] = get_args(PlatformName)

ANY_PLATFORM: Final = f"{', '.join(PLATFORM_NAMES[:-1])} or {PLATFORM_NAMES[-1]}"
"""The names in a sentence."""
