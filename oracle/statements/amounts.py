"""What a purchase amounts to: its currency and its minor units."""

from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Any, Final

from domain.policies import ProfileRules
from domain.values import Json

_ZERO_DIGITS: Final = {
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND",
    "VUV", "XAF", "XOF", "XPF",
}  # fmt: skip
"""ISO 4217 currencies without a minor unit."""
_THREE_DIGITS: Final = {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"}
"""ISO 4217 currencies whose minor unit is a thousandth."""
_IMPLAUSIBLE: Final = 10**15
"""An amount this large is a mistake and counts as nothing."""


def order_of(properties: dict[str, Any], rules: ProfileRules) -> tuple[str, int]:
    """(currency, minor units) of an order's properties; 0 where the amount is implausible."""
    currency = properties.get("currency")
    known = (
        isinstance(currency, str)
        and len(currency) == 3
        and all(letter in "abcdefghijklmnopqrstuvwxyz" for letter in currency.lower())
    )
    currency = str(currency).upper() if known else rules.default_currency
    present = [properties[key] for key in rules.amount_keys if properties.get(key) is not None]
    return currency, _minor_units(present[0], currency) if present else 0


def _minor_units(amount: Json, currency: str) -> int:
    if isinstance(amount, bool) or not isinstance(amount, int | float | str):
        return 0
    try:
        exact = Decimal(repr(amount) if isinstance(amount, float) else str(amount).strip())
    except InvalidOperation:
        return 0
    if not exact.is_finite() or abs(exact) >= _IMPLAUSIBLE:
        return 0
    digits = 0 if currency in _ZERO_DIGITS else 3 if currency in _THREE_DIGITS else 2
    return int((exact * 10**digits).to_integral_value(ROUND_HALF_EVEN))
