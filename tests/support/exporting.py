"""What writes exports, for tests: the same as in the upkeep process, at once and not by and by."""

from collections.abc import Callable

import psycopg

from config.exports import build_exporter, export_files
from config.settings import Settings
from sinks.export.files import ExportWriter
from store.definitions.drafts import Author


def writer(settings: Settings, stopping: Callable[[], bool] = lambda: False) -> ExportWriter:
    """One writer."""
    kinds = frozenset(settings.identity.kinds)
    return ExportWriter(
        export_files(settings),
        build_exporter(settings),
        settings.exports,
        lambda workspace: Author(workspace, "engine", kinds, settings.definitions),
        stopping,
    )


def write_all(settings: Settings) -> int:
    """Write every export that waits; how many there were."""
    with psycopg.connect(settings.postgres.dsn.get_secret_value(), autocommit=True) as conn:
        return sum(iter(lambda: writer(settings).run_once(conn), False))
