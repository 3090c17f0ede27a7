"""CDNOW: every purchase of a real online shop's new customers, as Segment events.

Source: P. Fader and B. Hardie, CDNOW_master: 69,659 purchases of the 23,570 people who first bought
in the first quarter of 1997, up to the end of June 1998. Purchases, dates, quantities and amounts
are real. The people's names, addresses, numbers and consents are made up here, always the same for
the same customer: numbers come from the ranges that are reserved for fiction, addresses from a
domain that is reserved for examples.
"""

import gzip
import zlib
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from typing import Any, Final, NamedTuple

PEOPLE: Final = 23_570
ORDERS: Final = 69_659
REVENUE_MINOR: Final = 250_031_563
"""US cents."""
CURRENCY: Final = "USD"
PURPOSE: Final = "advertising"
LAST_DAY: Final = date(1998, 6, 30)

_CONSENT_SHARE: Final = 0.8
_DAY_S: Final = 86_400
_SPREAD: Final = 7_919
"""A prime: spreads consecutive rows over the day, for the data set has dates only."""
_FIRST_NAMES: Final = (
    "Ada",
    "Alan",
    "Barbara",
    "Claude",
    "Edsger",
    "Frances",
    "Grace",
    "John",
    "Karen",
    "Ken",
    "Leslie",
    "Radia",
)
_LAST_NAMES: Final = (
    "Allen",
    "Bauer",
    "Curie",
    "Diaz",
    "Evans",
    "Fischer",
    "Gupta",
    "Huber",
    "Ito",
    "Jones",
    "Kim",
    "Lopez",
    "Moreau",
)
_AREA_CODES: Final = (  # noqa: SIM905 - a table
    "201 202 203 205 206 207 208 209 210 212 213 214 215 216 217 218 219 224 225 228 229 "
    "231 234 239 240 248 251 252 253 254 256 260 262 267 269 270 276 281 301 302 303 304 "
    "305 307 308 309 310 312 313 314 315 316 317 318 319 320 321 323 330 334 336 337 339 "
    "347 351 352 360 361 386 401 402 404 405 406 407 408 409 410 412 413 414 415 417 419 "
    "423 425 432 434 435 440 443 469 478 479 480 501 502 503 504 505 507 508"
).split()
"""Area codes of the United States.

With the exchange 555 and lines 0100 to 0199 they are reserved for fiction (NANPA).
"""
_LINES: Final = 100


class Purchase(NamedTuple):
    """One row of the data set.

    Its number from 1, customer, date, number of CDs, and dollars in cents.
    """

    row: int
    customer: str
    day: date
    quantity: int
    amount_minor: int


def purchases() -> Iterator[Purchase]:
    """Read the data set, in its own order: by customer, then by date."""
    packed = files("local").joinpath("data/cdnow.txt.gz").read_bytes()
    for row, line in enumerate(gzip.decompress(packed).decode("ascii").splitlines()[1:], 1):
        customer, day, quantity, dollars = line.split()
        whole, _, cents = dollars.partition(".")
        yield Purchase(
            row,
            customer,
            date.fromisoformat(day),
            int(quantity),
            int(whole) * 100 + int(cents),
        )


def consents(customer: str) -> bool:
    """Whether this customer allows advertising; about four in five do."""
    return zlib.crc32(customer.encode()) % 1000 < _CONSENT_SHARE * 1000


def events(shift_to: date) -> Iterator[dict[str, Any]]:
    """The data set as Segment events, in time order.

    Who somebody is right before their first purchase, then each purchase.

    Args:
        shift_to: all dates are moved by the same number of days, so that the last one becomes the
            day before this.

    Returns:
        `PEOPLE` identify and `ORDERS` track events, each with a ``messageId`` that is the same at
        every call.
    """
    shift = shift_to - timedelta(days=1) - LAST_DAY
    known: dict[str, datetime] = {}
    orders = []
    for purchase in purchases():
        seconds = 60 + purchase.row * _SPREAD % (_DAY_S - 60)
        at = (
            datetime(purchase.day.year, purchase.day.month, purchase.day.day, tzinfo=UTC)
            + shift
            + timedelta(seconds=seconds)
        )
        orders.append((at, purchase))
        known[purchase.customer] = min(at, known.get(purchase.customer, at))
    timeline: list[tuple[datetime, str, Purchase | None]] = [
        (at, purchase.customer, purchase) for at, purchase in orders
    ]
    timeline += [(at - timedelta(seconds=30), customer, None) for customer, at in known.items()]
    timeline.sort(key=lambda item: (item[0], item[1]))
    for at, customer, order in timeline:
        yield _identify(at, customer) if order is None else _order(at, order)


def _envelope(at: datetime, customer: str, message_id: str) -> dict[str, Any]:
    return {
        "messageId": message_id,
        "timestamp": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "userId": f"cdnow-{customer}",
        "anonymousId": f"cdnow-web-{customer}",
    }


def _identify(at: datetime, customer: str) -> dict[str, Any]:
    number = int(customer) - 1
    first, last = _FIRST_NAMES[number % len(_FIRST_NAMES)], _LAST_NAMES[number % len(_LAST_NAMES)]
    traits = {
        "email": f"customer-{customer}@example.com",
        "name": f"{first} {last}",
        "firstName": first,
        "lastName": last,
    }
    if number // _LINES < len(_AREA_CODES):
        traits["phone"] = f"+1{_AREA_CODES[number // _LINES]}55501{number % _LINES:02d}"
    return {
        "type": "identify",
        **_envelope(at, customer, f"cdnow-identify-{customer}"),
        "traits": traits,
        "context": {"consent": {"categoryPreferences": {PURPOSE: consents(customer)}}},
    }


def _order(at: datetime, purchase: Purchase) -> dict[str, Any]:
    return {
        "type": "track",
        "event": "Order Completed",
        **_envelope(at, purchase.customer, f"cdnow-{purchase.row}"),
        "properties": {
            "orderId": f"cdnow-order-{purchase.row}",
            "revenue": purchase.amount_minor / 100,
            "currency": CURRENCY,
            "products": [
                {
                    "product_id": "cd",
                    "name": "CD",
                    "category": "Music",
                    "quantity": purchase.quantity,
                }
            ],
        },
    }
