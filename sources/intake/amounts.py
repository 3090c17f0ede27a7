"""Reads orders, and what ad platforms report, from an event's properties. Pure."""

from typing import Any, Final

from domain.event import Order, Report
from domain.money import currency_code, minor_units
from domain.policies import ProfileRules
from sources.intake.message import BadRecordError

IMPLAUSIBLE: Final = 10**15
"""As many conversions as this are a mistake, as such an amount of money is."""


def read_report(properties: dict[str, Any], rules: ProfileRules) -> Report:
    """Read the conversions that an ad platform reports.

    Raises:
        BadRecordError: they cannot be read.
    """
    platform, orders = properties.get("platform"), properties.get("conversions")
    if (
        not isinstance(platform, str)
        or not platform
        or isinstance(orders, bool)
        or not isinstance(orders, int | float)
    ):
        raise BadRecordError("bad_report", "$.properties")
    if not 0 <= orders < IMPLAUSIBLE:
        raise BadRecordError("bad_report", "$.properties.conversions")
    currency = currency_code(properties.get("currency"), rules.default_currency)
    amount = minor_units(properties.get("revenue") or 0, currency)
    return Report(platform.strip().lower(), int(orders), currency, amount)


def read_order(properties: dict[str, Any], rules: ProfileRules) -> Order:
    """Read an order: its currency, and its amount in the currency's minor unit."""
    currency = currency_code(properties.get("currency"), rules.default_currency)
    amount = next(
        (properties[key] for key in rules.amount_keys if properties.get(key) is not None),
        0,
    )
    return Order(currency, minor_units(amount, currency))
