"""The faults, each at up to three severities, and normal events that look like faults.

Nothing is tuned per profile.
"""

from datetime import timedelta
from typing import Any, Final, TypeAlias

from faultlab import changes
from faultlab.disturbance import Change, Crowd, Disturbance

_SEVERITIES: Final = ("low", "medium", "high")
_MINUTE: Final = timedelta(minutes=1)
_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)
_SOURCE: Final = frozenset({"source"})
_Value: TypeAlias = Any
"""Of a field of `Disturbance`."""


def _graded(
    name: str,
    field: str,
    values: tuple[_Value, _Value, _Value],
    **others: _Value,
) -> tuple[Disturbance, ...]:
    """One fault whose severity is one field."""
    return tuple(
        Disturbance(name, severity, **{field: value}, **others)
        for severity, value in zip(_SEVERITIES, values, strict=True)
    )


def _spread(
    name: str,
    change: Change | None,
    shares: tuple[float, float, float],
    **others: _Value,
) -> tuple[Disturbance, ...]:
    """One fault whose severity is the share of records that it affects."""
    return _graded(name, "affected", shares, change=change, **others)


FAULTS: Final[tuple[Disturbance, ...]] = (
    Disturbance("outage", "high", lost=1.0),
    *_graded("partial loss", "lost", (0.3, 0.5, 0.8)),
    *_graded(
        "late arrival",
        "upstream",
        (15 * _MINUTE, 45 * _MINUTE, 90 * _MINUTE),
        ramp=90 * _MINUTE,
        lasting=2 * _HOUR,
    ),
    *_graded(
        "late processing", "processing", (3 * _MINUTE, 15 * _MINUTE, 45 * _MINUTE), ramp=_HOUR
    ),
    *_graded("duplicate storm", "copies", (0.3, 1.0, 5.0)),
    *_spread("identifier dropout", changes.lose_identifiers, (0.25, 0.6, 1.0)),
    *_spread("wrong hashing", changes.hash_emails, (0.25, 0.6, 1.0), needs=_SOURCE | {"email"}),
    *_spread("vanished properties", changes.drop_properties, (0.2, 0.6, 1.0)),
    *_spread("renamed properties", changes.rename_properties, (0.2, 0.6, 1.0)),
    *_spread("broken records", changes.break_records, (0.1, 0.3, 1.0)),
    *_spread("retyped properties", changes.retype_properties, (0.2, 0.6, 1.0)),
    *_spread(
        "amounts ×100",
        changes.inflate_amounts,
        (0.2, 0.6, 1.0),
        needs=_SOURCE | {"frequent orders"},
        lasting=3 * _HOUR,
    ),
    *_spread("clock behind", None, (0.25, 0.6, 1.0), clock=-6 * _HOUR),
    *_spread("clock ahead", None, (0.25, 0.6, 1.0), clock=2 * _HOUR),
    *_graded(
        "bot flood", "crowd", (Crowd(0.3), Crowd(1.5), Crowd(8.0)), needs=_SOURCE | {"address"}
    ),
    *_spread(
        "consent always granted",
        changes.grant_consent,
        (0.3, 0.7, 1.0),
        needs=_SOURCE | {"consent"},
    ),
    *_spread(
        "consent never granted",
        changes.refuse_consent,
        (0.3, 0.7, 1.0),
        needs=_SOURCE | {"consent"},
    ),
    *_graded("platform fails", "failing", (0.1, 0.4, 1.0), needs=frozenset({"platform"})),
    *_graded("platform rejects rows", "rejected", (0.05, 0.3, 0.8), needs=frozenset({"platform"})),
    *_graded("match rate collapses", "matched", (0.8, 0.5, 0.15), needs=frozenset({"platform"})),
    *_graded(
        "double-fired conversions",
        "reported",
        (1.3, 2.0, 4.0),
        needs=frozenset({"reports"}),
        lasting=3 * _HOUR,
    ),
    *_graded(
        "conversions not reported",
        "reported",
        (0.7, 0.4, 0.0),
        needs=frozenset({"reports"}),
        lasting=3 * _HOUR,
    ),
)
"""Every labelled fault."""

NORMAL: Final[tuple[Disturbance, ...]] = (
    Disturbance("campaign peak ×3", traffic=3.0, ramp=20 * _MINUTE, lasting=6 * _HOUR),
    Disturbance("campaign peak ×5", traffic=5.0, ramp=10 * _MINUTE, lasting=6 * _HOUR),
    Disturbance("holiday", traffic=0.5, ramp=2 * _HOUR, lasting=_DAY),
    Disturbance("growth 30 % a day", growth=0.3, lasting=_DAY),
    Disturbance(
        "planned migration",
        affected=1.0,
        change=changes.migrate,
        ramp=6 * _HOUR,
        lasting=12 * _HOUR,
    ),
    Disturbance("one very active person", crowd=Crowd(0.08), lasting=6 * _HOUR),
    Disturbance(
        "new event name",
        affected=0.3,
        change=changes.rename_event,
        ramp=30 * _MINUTE,
        lasting=12 * _HOUR,
    ),
    Disturbance("daylight saving", hours_shift=1.0, lasting=_DAY, needs=_SOURCE | {"steady"}),
    Disturbance(
        "platform used more",
        traffic=4.0,
        ramp=20 * _MINUTE,
        lasting=12 * _HOUR,
        needs=frozenset({"platform"}),
    ),
    Disturbance(
        "conversions grow",
        traffic=3.0,
        ramp=20 * _MINUTE,
        lasting=12 * _HOUR,
        needs=frozenset({"reports"}),
    ),
)
"""Every labelled normal thing; nights and weekends are in the calm stretches."""
