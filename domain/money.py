"""Money as integers: ISO 4217 currencies and their minor units."""

from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Final

from domain.values import Json

_NO_MINOR: Final = frozenset(
    {
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "ISK",
        "JPY",
        "KMF",
        "KRW",
        "PYG",
        "RWF",
        "UGX",
        "UYI",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    }
)
_THREE: Final = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})
_LIMIT: Final = 10**15


def exponent(currency: str) -> int:
    """Digits of the currency's minor unit (ISO 4217): 2 for most, 0 for JPY, 3 for KWD."""
    if currency in _NO_MINOR:
        return 0
    return 3 if currency in _THREE else 2


def minor_units(amount: Json, currency: str) -> int:
    """Turn a client's amount into minor units, rounded half to even on its decimal spelling.

    Anything that is not a finite number of plausible size (a number, or a string that spells one)
    counts as 0.

    >>> minor_units(11.77, "USD"), minor_units("1000", "JPY"), minor_units("free", "USD")
    (1177, 1000, 0)
    """
    if isinstance(amount, bool) or not isinstance(amount, int | float | str):
        return 0
    try:
        value = Decimal(str(amount).strip())
    except InvalidOperation:
        return 0
    if not value.is_finite() or abs(value) >= _LIMIT:
        return 0
    return int(value.scaleb(exponent(currency)).to_integral_value(rounding=ROUND_HALF_EVEN))


def decimal_string(amount_minor: int, currency: str) -> str:
    """Spell minor units as a decimal number: ``decimal_string(1177, "USD") == "11.77"``."""
    return str(Decimal(amount_minor).scaleb(-exponent(currency)))


def currency_code(value: Json, default: str) -> str:
    """The ISO 4217 code that a client meant, or the default where it is not three letters."""
    if isinstance(value, str) and len(value) == 3 and value.isascii() and value.isalpha():
        return value.upper()
    return default
