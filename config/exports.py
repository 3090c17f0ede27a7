"""Builds readers and writers of exports from the settings, for the API and for upkeep."""

import time
from pathlib import Path

from config.settings import Settings
from domain.activation.platforms import PLATFORM_NAMES
from domain.export import IdentifierForm
from sinks.ads.platform import Platform
from sinks.ads.registry import PLATFORMS
from sinks.export.archives import ArchiveFiles
from sinks.export.files import ExportFiles
from sinks.export.run import Exporter


def build_exporter(settings: Settings) -> Exporter:
    """The exporter, on the wall clock."""
    forms: dict[IdentifierForm, Platform] = {
        name: settings.platforms[name].codec for name in PLATFORM_NAMES
    }
    return Exporter(settings.exports, settings.profile, forms, lambda: time.time_ns() // 1_000_000)


def form_purpose(settings: Settings, form: IdentifierForm) -> str | None:
    """The consent purpose that a platform's form serves; None for other forms."""
    return next((one.purpose for name, one in settings.platforms.items() if name == form), None)


def form_kinds(form: IdentifierForm) -> tuple[str, ...]:
    """Identifier kinds that a platform's form has; none for other forms."""
    return next(
        (spec.codec(spec.params()).names for name, spec in PLATFORMS.items() if name == form), ()
    )


def export_files(settings: Settings) -> ExportFiles:
    """Where files of exports are."""
    return ExportFiles(_directory(settings))


def archive_files(settings: Settings) -> ArchiveFiles:
    """Where archives of access are."""
    return ArchiveFiles(_directory(settings))


def _directory(settings: Settings) -> Path:
    return settings.exports.directory or settings.data_dir / "exports"
