"""Names of sources beside the ids of their signals, in the texts of alerts."""

import re
from collections.abc import Mapping
from typing import Final

_SOURCE: Final = re.compile(r"\bsource:\d+\b")


def with_names(text: str, names: Mapping[str, str]) -> str:
    """Put the names of sources beside their ids; ids without a name stay alone.

    Args:
        text: with ids of signals in it.
        names: of sources, by the ids of their signals.

    Returns:
        The text with the names.

    >>> with_names("source:1 is stale, source:2 too", {"source:1": "web"})
    'web (source:1) is stale, source:2 too'
    """

    def spoken(found: re.Match[str]) -> str:
        name = names.get(found[0])
        return found[0] if name is None else f"{name} ({found[0]})"

    return _SOURCE.sub(spoken, text)
