"""The keys of Valkey that the code builds, read from its source."""

import re
from pathlib import Path
from typing import Final

_ROOT: Final = Path(__file__).parents[2]
_PACKAGES: Final = ("sinks", "sources", "dataflows", "store", "config", "local")
_LITERAL: Final = re.compile(r"""b?f?["'](stratum:[a-z]+)[:"']""")
_NO_KEYS: Final = {"stratum:check"}
"""Spelled alike and no key: the person whom a platform's check asks about."""


def key_prefixes() -> set[str]:
    """First parts of all keys that begin with the project's name."""
    found = {
        literal
        for package in _PACKAGES
        for file in (_ROOT / package).rglob("*.py")
        for literal in _LITERAL.findall(file.read_text())
    }
    return found - _NO_KEYS
