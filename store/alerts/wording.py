"""What alerts call signals, metrics and their values: names, words and units, never bare codes."""

import re
from collections.abc import Mapping
from typing import Any, Final

from psycopg import Connection

from domain.ids import WorkspaceId
from domain.money import decimal_string
from operators.signals.series import SERIES

_SOURCE: Final = re.compile(r"\bsource:\d+\b")


def source_names(conn: Connection[Any], workspace: WorkspaceId) -> dict[str, str]:
    """Names of a workspace's sources, by the ids of their signals: ``{"source:1": "web"}``."""
    sql = "SELECT 'source:' || id, name FROM sources WHERE workspace_id = %s"
    return dict(conn.execute(sql, (workspace,)).fetchall())


def with_names(text: str, names: Mapping[str, str]) -> str:
    """Put the names of sources beside their ids; ids without a name stay alone.

    >>> with_names("source:1 is stale, source:2 too", {"source:1": "web"})
    'web (source:1) is stale, source:2 too'
    """

    def spoken(found: re.Match[str]) -> str:
        name = names.get(found[0])
        return found[0] if name is None else f"{name} ({found[0]})"

    return _SOURCE.sub(spoken, text)


def metric_words(metric: str) -> str:
    """What a watched series is called.

    >>> metric_words("order_value:EUR"), metric_words("reported_share:meta")
    ('order value in EUR', 'reported share of meta')
    """
    name, _, of = metric.partition(":")
    words = name.replace("_", " ")
    if not of:
        return words
    return f"{words} {'in' if name == 'order_value' else 'of'} {of}"


def metric_value(metric: str, value: float) -> str:
    """A point of a watched series with its unit; money in the currency's major unit.

    >>> metric_value("order_value:EUR", 4990.4), metric_value("rejected_share", 0.0312)
    ('49.90 EUR', '3.1 %')
    """
    name, _, of = metric.partition(":")
    series = SERIES.get(name)
    match series.unit if series else "":
        case "minor":
            return f"{decimal_string(round(value), of)} {of}"
        case "share":
            return f"{100 * value:.1f} %"
        case "ms":
            return f"{value:,.0f} ms"
        case "points":
            return f"{value:.1f} of 10"
    return f"{value:.6g}"
