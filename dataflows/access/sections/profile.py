"""Section: the profile, value by value, but for traits and consent, which have their own."""

from collections.abc import Iterator
from typing import Final

from dataflows.access.gathering import Gathering
from dataflows.access.section import Column, Row, Section
from domain.instants import clamped_utc
from operators.profiles.lifecycle import stage_at


def _rows(gathering: Gathering) -> Iterator[Row]:
    yield from _life(gathering)
    view = gathering.person.view
    yield "activity", "events", view.events, None
    for kind, count in sorted(view.types.items()):
        yield "events by type", kind, count, None
    for name, count in sorted(view.names.items()):
        yield "events by name", name, count, None
    for start, end in zip(view.sessions[::2], view.sessions[1::2], strict=True):
        yield "session", "until", clamped_utc(end), clamped_utc(start)
    for currency, revenue in sorted(view.revenue.items()):
        yield "purchases", f"orders in {currency}", revenue.orders, None
        yield "purchases", f"sum in {currency}, minor unit", revenue.amount_minor, None
    if view.revenue:
        yield "purchases", "first", None, clamped_utc(view.first_order_ms)
        yield "purchases", "last", None, clamped_utc(view.last_order_ms)
    for group, register in sorted(view.groups.items()):
        yield "group", group, register.value, clamped_utc(register.at_ms)
    if view.overflow:
        yield "profile", "a limit on names, traits or groups was reached", True, None


def _life(gathering: Gathering) -> Iterator[Row]:
    person, view = gathering.person, gathering.person.view
    yield "profile", "id", gathering.profile, None
    stage, changes_ms = stage_at(person, gathering.settings.profile, gathering.now_ms)
    changes_at = clamped_utc(changes_ms) if changes_ms else None
    yield "profile", "lifecycle stage", str(stage), None
    yield "profile", "lifecycle stage changes by itself", None, changes_at
    yield "profile", "next evaluation by the clock", None, gathering.wakes_at
    if view.types:
        yield "profile", "first seen", None, clamped_utc(view.first_ms)
        yield "profile", "last seen", None, clamped_utc(view.last_ms)
    yield "profile", "links that a limit refuses", person.refused, None


SECTION: Final = Section(
    "profile",
    "Profile",
    "What your events added up to: counts, sessions, purchases, groups, and the stage of your life"
    " as a customer. A row per value.",
    (
        Column("part", "What the value is about.", "profiles.id profiles.stage"),
        Column("name", "What it is called."),
        Column("value", "The value.", "profiles.doc"),
        Column(
            "at",
            "When it was, or since when; of a session its beginning.",
            "profiles.first_seen_at profiles.last_seen_at profiles.last_seen_bin"
            " profiles.next_wake_at",
        ),
    ),
    _rows,
)
