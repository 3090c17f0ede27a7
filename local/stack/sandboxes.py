"""The local ad platforms of a stack: what runs, and the settings that connect Stratum to each.

Their credentials open nothing else.
"""

import json
from importlib import import_module

from config.settings import Settings


def module(platform: str) -> str:
    """Name what ``python -m`` runs; its ``connection`` gives the fields of the settings by URL."""
    return f"local.platforms.{platform}.sandbox"


def wanted(settings: Settings) -> list[str]:
    """Those that stand in for a platform to which no real account is connected."""
    return [name for name, section in settings.platforms.items() if not section.connected]


def connection(platform: str, url: str) -> dict[str, str]:
    """The fields of a platform's section that connect Stratum to its sandbox."""
    fields: dict[str, str] = import_module(module(platform)).connection(url)
    return fields


def variables(platform: str, url: str) -> dict[str, str]:
    """The same as variables of the environment.

    Values are YAML, of which JSON is a part.
    """
    return {
        f"STRATUM_{platform.upper()}__{field.upper()}": json.dumps(value)
        for field, value in connection(platform, url).items()
    }
