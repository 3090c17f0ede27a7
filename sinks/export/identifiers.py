"""Identifiers of an export in a platform's form.

They come from the very rows that audiences are filled with.

Where a platform takes one e-mail, phone or device of a person, it is the one that the connector
chooses; Google takes several.
"""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from domain.export import IdentifierForm
from sinks.ads.google.codec import Google, GoogleParams
from sinks.ads.meta.codec import Meta, MetaParams
from sinks.ads.platform import Matchable, Platform, Row
from sinks.ads.snapchat.codec import Snapchat, SnapchatParams
from sinks.ads.tiktok.codec import Tiktok, TiktokParams

EXTERNAL_ID: Final = "external_id"
_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "meta": (EXTERNAL_ID, "email", "phone", "device_id"),
    "tiktok": ("email", "phone", "device_id"),
    "snapchat": ("email", "phone", "device_id"),
}
"""Kinds of the columns of rows; Google's rows have none, each of its values says its kind."""

Spelled = Callable[[Matchable], dict[str, list[str]] | None]
"""A person's identifiers in one form, kind → values; None where nothing is left to match by."""


class Form(NamedTuple):
    """A platform's form.

    Attributes:
        spelled: spells a person's identifiers.
        purpose: consent purpose that a person must have granted to be told to the platform.
    """

    spelled: Spelled
    purpose: str


def spellers(
    meta: MetaParams, google: GoogleParams, tiktok: TiktokParams, snapchat: SnapchatParams
) -> dict[IdentifierForm, Form]:
    """The form of each platform, as its settings say; no platform needs to be connected."""
    return {
        "meta": _form(Meta(meta, "")),
        "google": _form(Google(google)),
        "tiktok": _form(Tiktok(tiktok, "")),
        "snapchat": _form(Snapchat(snapchat)),
    }


def form_kinds(form: IdentifierForm) -> tuple[str, ...]:
    """Kinds that a platform's form has; none for other forms."""
    if form == "google":
        return ("email", "phone")
    return _COLUMNS.get(form, ())


def _form(platform: Platform) -> Form:
    columns = _COLUMNS.get(platform.name)

    def spelled(person: Matchable) -> dict[str, list[str]] | None:
        row = platform.row(person)
        if row is None:
            return None
        return (
            _by_prefix(row)
            if columns is None
            else {kind: [value] for kind, value in zip(columns, row, strict=True) if value}
        )

    return Form(spelled, platform.purpose)


def _by_prefix(row: Row) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in row:
        kind, _, value = each.partition(":")
        found.setdefault(kind, []).append(value)
    return found
