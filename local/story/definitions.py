"""What the shop's marketers define: a segment for every kind of condition, traits, RFM."""

from typing import Any, Final

_ORDER: Final = {"name": "Order Completed"}
REGULARS: Final = "Regulars"
WINTER: Final = "Winter campaign"
TRAITS: Final[tuple[tuple[str, str, dict[str, Any]], ...]] = (
    (
        "orders_30d",
        "Orders of the last 30 days.",
        {"function": "count", "event": _ORDER, "window": "30d"},
    ),
    (
        "favourite_category",
        "What a person orders most.",
        {"function": "most_frequent", "event": _ORDER, "property": "category"},
    ),
)
"""(name, description, rule)"""
RFM: Final[dict[str, Any]] = {
    "event": _ORDER,
    "property": "revenue",
    "look_back": "365d",
    "refresh_s": 86_400,
}

_CONSENTED: Final = {"type": "consent", "purpose": "advertising"}


def _ordered(times: int) -> dict[str, Any]:
    return {
        "type": "event",
        "event": _ORDER,
        "window": "30d",
        "condition": {"op": "at_least", "value": times},
    }


SEGMENTS: Final[tuple[tuple[str, str, dict[str, Any]], ...]] = (
    (REGULARS, "At least one order in 30 days.", _ordered(1)),
    (WINTER, "Everybody we may write to.", {"type": "all", "of": [_CONSENTED]}),
    (
        "Reachable",
        "An e-mail address or a phone number.",
        {
            "type": "any",
            "of": [
                {"type": "identifier", "kind": "email"},
                {"type": "identifier", "kind": "phone"},
            ],
        },
    ),
    (
        "Club members",
        "On the club plan.",
        {"type": "trait", "name": "plan", "condition": {"op": "equals", "value": "club"}},
    ),
    (
        "Coffee lovers",
        "Many orders lately.",
        {"type": "computed", "name": "orders_30d", "condition": {"op": "at_least", "value": 20}},
    ),
    ("Churned", "No order for 90 days.", {"type": "lifecycle", "stages": ["churned"]}),
    (
        "Best customers",
        "Recent, frequent and of value.",
        {"type": "rfm", "recency": [4, 5], "frequency": [4, 5], "monetary": [4, 5]},
    ),
    ("May be written to", "Agreed to advertising.", _CONSENTED),
    ("With a phone", "Left a phone number.", {"type": "identifier", "kind": "phone"}),
    (
        "Not a regular",
        "Not among the regulars.",
        {"type": "not", "of": {"type": "segment", "segment": REGULARS}},
    ),
    (
        "Gear fans",
        "Spent 50 EUR on gear in 30 days.",
        {
            "type": "event",
            "event": _ORDER | {
                "where": [
                    {"property": "category", "condition": {"op": "equals", "value": "gear"}}
                ]
            },
            "measure": "sum",
            "property": "revenue",
            "window": "30d",
            "condition": {"op": "at_least", "value": 50},
        },
    ),
    (
        "Left the cart",
        "Put something into the cart and did not order within four hours.",
        {
            "type": "sequence",
            "steps": [
                {"event": {"name": "Product Added"}},
                {"event": _ORDER, "within": "4h", "absent": True},
            ],
            "window": "7d",
        },
    ),
)  # fmt: skip
"""(name, description, rule); a segment is named where the rule language has its id."""
NARROWED: Final = _ordered(18)
"""Regulars as somebody edits them later."""
NARROWED_WINTER: Final = {
    "type": "all",
    "of": [_CONSENTED, {"type": "lifecycle", "stages": ["customer"]}, _ordered(18)],
}
"""The winter campaign as somebody edits it later."""
AUDIENCES: Final = (
    ("meta", "Regulars", REGULARS),
    ("google", "Coffee lovers", "Coffee lovers"),
    ("tiktok", "Gear fans", "Gear fans"),
    ("snapchat", "Winter campaign", WINTER),
)
"""(platform, name, segment)"""
INTERVAL_S: Final = 6 * 3600
FUNNEL: Final = ("Product Viewed", "Product Added", "Order Completed")
"""Steps of a funnel in which there are people."""
