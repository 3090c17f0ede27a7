"""``stratum migrate``: bring the database to this version's schema."""

from cli.output import echo
from config.load import load_settings
from store.migrate import Migration
from store.migrate import migrate as apply


def migrate() -> None:
    """Apply the migrations that the database lacks.

    Safe to run at any time and from several processes at once.
    """
    applied = apply(load_settings().postgres.dsn.get_secret_value(), _show)
    echo(f"applied {len(applied)}" if applied else "the schema is current")


def _show(migration: Migration, done: int, total: int) -> None:
    echo(f"[{done + 1}/{total}] {migration.name}")
