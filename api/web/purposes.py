"""Purposes that a workspace knows: configured, or needed by a platform, a segment or an export."""

from config.settings import Settings
from domain.export import NO_PURPOSE
from store.fetch import Pool
from store.profiles import purposes
from store.profiles.purposes import Need


class KnownPurposes:
    """Who needs which purpose.

    Args:
        settings: the configuration.
        found: what serves a purpose in the workspace.

    Attributes:
        platforms: purpose → platforms that send nobody without it.
        needs: purpose → segments and exports that serve it.
    """

    def __init__(self, settings: Settings, found: list[Need]) -> None:
        self.configured = settings.consent.purposes
        self.platforms: dict[str, list[str]] = {}
        for name, platform in settings.platforms.items():
            self.platforms.setdefault(platform.purpose, []).append(name)
        self.needs: dict[str, list[Need]] = {}
        for need in found:
            if need.purpose != NO_PURPOSE:
                self.needs.setdefault(need.purpose, []).append(need)

    @property
    def names(self) -> set[str]:
        """All of them."""
        return {*self.configured, *self.platforms, *self.needs}


async def known_purposes(pool: Pool, settings: Settings, workspace: int) -> KnownPurposes:
    """The purposes that a workspace knows."""
    return KnownPurposes(settings, await purposes.needs(pool, workspace))
