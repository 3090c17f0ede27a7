"""Builds readers and writers of exports from the settings, for the API and for upkeep."""

import time

from config.settings import Settings
from domain.export import IdentifierForm
from sinks.export.files import ExportFiles
from sinks.export.identifiers import spellers
from sinks.export.run import Exporter


def build_exporter(settings: Settings) -> Exporter:
    """What spells exports, by the wall clock."""
    forms = spellers(settings.meta, settings.google, settings.tiktok, settings.snapchat)
    return Exporter(settings.exports, settings.profile, forms, lambda: time.time_ns() // 1_000_000)


def form_purpose(settings: Settings, form: IdentifierForm) -> str | None:
    """The consent purpose that a platform's form serves; None for other forms."""
    forms = spellers(settings.meta, settings.google, settings.tiktok, settings.snapchat)
    return forms[form].purpose if form in forms else None


def export_files(settings: Settings) -> ExportFiles:
    """Where files of exports are."""
    return ExportFiles(settings.exports.directory or settings.data_dir / "exports")
