"""What the shop's people do, by the minute: the records that its two sources send.

The same minute of the week has the same records, apart from their instants.
"""

import random
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import msgspec

from domain.instants import DAY_MS, MINUTE_MS, utc
from local.story import script
from local.story.shoppers import MEMBERS, SHOPPERS, SUBSCRIBERS, Shopper

WEB: Final = "web"
APP: Final = "app"
_WEB_RATE: Final = 1.7
_APP_RATE: Final = 0.8
_APP_TAGGED: Final = 0.9
_ARRIVES_MS: Final = 400
_PRODUCTS: Final = (
    ("beans-house", "House Blend", "beans", 890),
    ("beans-guji", "Guji Natural", "beans", 1490),
    ("flat-white", "Flat White", "drinks", 420),
    ("cold-brew", "Cold Brew", "drinks", 480),
    ("kettle", "Gooseneck Kettle", "gear", 5900),
    ("filter", "Paper Filters", "gear", 590),
)
_PAGES: Final = ("Home", "Menu", "Beans", "Gear", "Stores")
_DRAWN: Final = (0.26, 0.54, 0.70, 0.97)
"""Shares, cumulative: pages, products looked at, put into the cart, orders; the rest are accounts
that are brought up to date."""
_HISTORY: Final = 90
"""Members whose earlier orders are imported when the week begins."""


class Sent(NamedTuple):
    """One record.

    Attributes:
        source: its name.
        at_ms: when it arrives, ms since 1970.
        message: JSON.
    """

    source: str
    at_ms: int
    message: bytes


def sent(source: str, at_ms: int, fields: dict[str, Any]) -> Sent:
    """A record that happens and arrives at about the same time."""
    return Sent(
        source, at_ms + _ARRIVES_MS, msgspec.json.encode({"timestamp": stamp(at_ms), **fields})
    )


def stamp(at_ms: int) -> str:
    """An instant as SDKs write it."""
    return utc(at_ms).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def minute(number: int, begins_ms: int) -> Iterator[Sent]:
    """The records of one minute, in order.

    Args:
        number: minutes since the week began; a later one goes on as the week ended.
        begins_ms: when the minute begins, ms since 1970.
    """
    dice = random.Random(f"shop:{number}")  # noqa: S311 - a simulation
    count = _count(dice, _WEB_RATE + _APP_RATE)
    instants = sorted(dice.randrange(MINUTE_MS - _ARRIVES_MS) for _ in range(count))
    for place, offset in enumerate(instants):
        web = dice.random() < _WEB_RATE / (_WEB_RATE + _APP_RATE)
        act = _Act(dice, number, f"w{number}-{place}", begins_ms + offset)
        yield act.on_web() if web else act.in_app()


def history(begins_ms: int) -> Iterator[Sent]:
    """Orders of the months before, imported at the beginning of the week: some people churned."""
    for number in range(_HISTORY):
        shopper, days = Shopper(number), 20 + 2 * number
        product, name, category, price = _PRODUCTS[number % len(_PRODUCTS)]
        order = _order_fields(f"old-{number}", [(product, name, category, price, 1)], 100)
        at_ms = begins_ms - days * DAY_MS
        fields = {**shopper.on_web(tagged=True), **order, "messageId": f"old-{number}"}
        message = msgspec.json.encode({"timestamp": stamp(at_ms), **fields})
        yield Sent(WEB, begins_ms + 100 * number, message)


def accounts(begins_ms: int) -> Iterator[Sent]:
    """Everybody's account, and the first page of every visitor."""
    for number in range(SHOPPERS):
        shopper, at_ms = Shopper(number), begins_ms + 20_000 + 400 * number
        named = shopper.on_web(tagged=True)
        if shopper.known:
            said = {"categoryPreferences": {"advertising": shopper.consents}}
            context = named.get("context", {}) | {"consent": said}
            account = {"type": "identify", "traits": shopper.traits, "context": context}
            yield sent(WEB, at_ms, {**named, **account, "messageId": f"account-{number}"})
        else:
            page = {"type": "page", "name": "Home", "properties": {"path": "/"}}
            yield sent(WEB, at_ms, {**named, **page, "messageId": f"visit-{number}"})
        if shopper.in_app:
            opened = {"type": "track", "event": "App Opened", "messageId": f"opened-{number}"}
            yield sent(APP, at_ms + 150, {**shopper.in_the_app(), **opened})


def _count(dice: random.Random, rate: float) -> int:
    """Around the rate, at least one: a quiet minute is no silence."""
    return max(1, round(dice.gauss(rate, 0.9)))


class _Act:
    """One thing that somebody does.

    Args:
        dice: what chance there is.
        number: of the minute.
        message: the record's id.
        at_ms: when.
    """

    def __init__(self, dice: random.Random, number: int, message: str, at_ms: int) -> None:
        self._dice = dice
        self._number = number
        self._message = message
        self._at_ms = at_ms

    def on_web(self) -> Sent:
        """A member or subscriber mostly, a visitor now and then."""
        draw = self._dice.random()
        if draw < 0.8:
            chosen = self._dice.randrange(_HISTORY // 2, MEMBERS)
        elif draw < 0.92:
            chosen = MEMBERS + self._dice.randrange(SUBSCRIBERS)
        else:
            chosen = self._dice.randrange(MEMBERS + SUBSCRIBERS, SHOPPERS)
        tagged = self._dice.random() < script.web_tagged(self._number)
        named = Shopper(chosen).on_web(tagged=tagged)
        cents = 1 if self._number in script.CENTS else 100
        return self._sent(WEB, named, self._does(chosen, cents))

    def in_app(self) -> Sent:
        """A member who has the app."""
        chosen = 2 * self._dice.randrange(_HISTORY // 4, MEMBERS // 2)
        tagged = self._dice.random() < _APP_TAGGED
        draw = random.Random(f"app:{self._message}").random()  # noqa: S311 - a simulation
        broken = draw < script.app_broken(self._number)
        named = Shopper(chosen).in_the_app(tagged=tagged, broken=broken)
        return self._sent(APP, named, self._does(chosen, 100))

    def _sent(self, source: str, named: dict[str, Any], does: dict[str, Any]) -> Sent:
        context = named.get("context", {}) | does.pop("context", {})
        fields = {**named, **does, "messageId": self._message}
        return sent(source, self._at_ms, fields | ({"context": context} if context else {}))

    def _does(self, chosen: int, cents: int) -> dict[str, Any]:
        draw = self._dice.random()
        pages, viewed, added, ordered = _DRAWN
        if draw < pages:
            page = self._dice.choice(_PAGES)
            return {"type": "page", "name": page, "properties": {"path": f"/{page.lower()}"}}
        product, name, category, price = self._dice.choices(_PRODUCTS, weights=(5, 3, 9, 6, 1, 3))[
            0
        ]
        shown = {"product_id": product, "name": name, "category": category, "price": price / 100}
        if draw < viewed:
            return {"type": "track", "event": "Product Viewed", "properties": shown}
        if draw < added:
            return {"type": "track", "event": "Product Added", "properties": shown}
        if draw < ordered and chosen < MEMBERS + SUBSCRIBERS:
            line = (product, name, category, price, self._dice.randrange(1, 4))
            return _order_fields(self._message, [line], cents)
        if chosen < MEMBERS and self._dice.random() < 0.5:
            granted = self._dice.random() < 0.8
            context = {"consent": {"categoryPreferences": {"email": granted}}}
            return {"type": "identify", "traits": {"visits": self._number}, "context": context}
        return {"type": "track", "event": "Search", "properties": {"query": category}}


def _order_fields(
    number: str, lines: list[tuple[str, str, str, int, int]], cents: int
) -> dict[str, Any]:
    total = sum(price * quantity for *_, price, quantity in lines)
    products = [
        {"product_id": one, "name": name, "category": category, "quantity": quantity}
        for one, name, category, _, quantity in lines
    ]
    properties = {
        "orderId": number,
        "revenue": total / cents,
        "currency": "EUR",
        "category": lines[0][2],
        "products": products,
    }
    return {"type": "track", "event": "Order Completed", "properties": properties}
