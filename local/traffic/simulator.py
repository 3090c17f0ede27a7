"""Live traffic that never ends.

People browse a shop, log in, buy, change their minds about consent; and their clients misbehave a
little.

Everything follows from the seed and the number of the step, so that the same seed gives the same
events; only their times come from the clock that is passed in. Clients are as real ones are:
several devices per person, retries that send an event twice, events that arrive late, and now and
then a record that is no event at all.
"""

import random
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

_PAGES: Final = ("Home", "Category", "Product", "Cart", "Checkout", "Help")
_PRODUCTS: Final = (
    ("sku-1", "Headphones", 7990),
    ("sku-2", "Record", 2450),
    ("sku-3", "Poster", 1200),
    ("sku-4", "Turntable", 24900),
)
_PLANS: Final = ("free", "team", "enterprise")
_BAD: Final[tuple[dict[str, Any], ...]] = (
    {"type": "track", "anonymousId": "sim-bad"},
    {"type": "teleport", "userId": "sim-bad"},
    {"type": "track", "event": "Order Completed", "userId": "sim-bad", "timestamp": "yesterday"},
    {"type": "identify"},
)


@dataclass(frozen=True)
class TrafficParams:
    """What the traffic is like. Shares are of sessions or of events, 0 to 1.

    Attributes:
        people: how many people there are.
        companies: how many groups they belong to.
        sessions: sessions under way at once.
        session_events: mean number of events in a session.
        login_share: sessions in which the visitor logs in.
        order_share: events of logged-in visitors that are orders.
        consent_share: events of logged-in visitors that change consent.
        group_share: logins that are followed by a group call.
        alias_share: logins that are followed by an alias call.
        duplicate_share: events that the client sends again later.
        late_share: events that are kept on the device for a while.
        bad_share: records that are no event.
        late_by: longest that a late event is kept.
    """

    people: int = 5_000
    companies: int = 200
    sessions: int = 50
    session_events: int = 12
    login_share: float = 0.5
    order_share: float = 0.06
    consent_share: float = 0.01
    group_share: float = 0.1
    alias_share: float = 0.05
    duplicate_share: float = 0.02
    late_share: float = 0.02
    bad_share: float = 0.001
    late_by: timedelta = timedelta(minutes=10)


class Session:
    """One visit: first nobody in particular, then perhaps a person.

    Args:
        dice: where chance comes from.
        number: of the session; names it and its messages.
        params: see `TrafficParams`.
    """

    def __init__(self, dice: random.Random, number: int, params: TrafficParams) -> None:
        self._dice = dice
        self._params = params
        self._number = number
        self._sent = 0
        self._person = dice.randrange(params.people)
        self._device = dice.randrange(3)
        self._left = max(1, round(dice.expovariate(1 / params.session_events)))
        self._login_at = (
            dice.randrange(self._left + 1) if dice.random() < params.login_share else self._left + 1
        )
        self._known = False
        self._queue: deque[dict[str, Any]] = deque()

    @property
    def over(self) -> bool:
        """Whether the visitor has left."""
        return self._left <= 0 and not self._queue

    def next_event(self, at: datetime) -> dict[str, Any]:
        """The next event of the visit, which happens at `at`."""
        if not self._queue:
            self._left -= 1
            self._queue.extend(
                self._login()
                if not self._known and self._sent >= self._login_at
                else [self._browse()]
            )
        event = {
            **self._who(),
            **self._queue.popleft(),
            "messageId": f"sim-{self._number}-{self._sent}",
            "timestamp": stamp(at),
        }
        self._sent += 1
        return event

    def _who(self) -> dict[str, Any]:
        who: dict[str, Any] = {"anonymousId": f"sim-device-{self._person}-{self._device}"}
        if self._known:
            who["userId"] = f"sim-{self._person}"
        if self._device == 2:
            who["context"] = {
                "device": {
                    "advertisingId": f"{self._person:08x}-0000-4000-8000-00000000000d",
                    "type": "android",
                }
            }
        return who

    def _login(self) -> Iterator[dict[str, Any]]:
        self._known = True
        number, dice = self._person, self._dice
        traits: dict[str, Any] = {
            "email": f"visitor-{number}@example.com",
            "plan": dice.choice(_PLANS),
            "logins": dice.randrange(1, 100),
        }
        yield {"type": "identify", "traits": traits, "context": consent(number % 5 != 0)}
        if dice.random() < self._params.group_share:
            company = number % self._params.companies
            yield {
                "type": "group",
                "groupId": f"sim-company-{company}",
                "traits": {"name": f"Company {company}", "seats": 5 + company},
            }
        if dice.random() < self._params.alias_share:
            yield {"type": "alias", "previousId": f"sim-device-{number}-{self._device}"}

    def _browse(self) -> dict[str, Any]:
        dice, draw = self._dice, self._dice.random()
        if self._known and draw < self._params.order_share:
            return self._order()
        if self._known and draw < self._params.order_share + self._params.consent_share:
            return {"type": "identify", "traits": {}, "context": consent(dice.random() < 0.5)}
        if draw < 0.7:
            page = dice.choice(_PAGES)
            return {"type": "page", "name": page, "properties": {"path": f"/{page.lower()}"}}
        product, name, price = dice.choice(_PRODUCTS)
        properties = {"product_id": product, "name": name, "price": price / 100}
        return {
            "type": "track",
            "event": dice.choice(("Product Viewed", "Product Added")),
            "properties": properties,
        }

    def _order(self) -> dict[str, Any]:
        product, name, price = self._dice.choice(_PRODUCTS)
        quantity = self._dice.randrange(1, 4)
        properties = {
            "orderId": f"sim-order-{self._number}-{self._sent}",
            "revenue": price * quantity / 100,
            "currency": "USD",
            "products": [
                {"product_id": product, "name": name, "quantity": quantity, "price": price / 100}
            ],
        }
        return {"type": "track", "event": "Order Completed", "properties": properties}


def consent(granted: bool) -> dict[str, Any]:
    """The context that states consent to advertising."""
    return {"consent": {"categoryPreferences": {"advertising": granted}}}


def stamp(at: datetime) -> str:
    """An instant as SDKs write it."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def traffic(
    seed: int, clock: Callable[[], datetime], params: TrafficParams | None = None
) -> Iterator[dict[str, Any]]:
    """Events, without end.

    Args:
        seed: the same seed gives the same events, apart from their times.
        clock: the present, aware; read once per event.
        params: see `TrafficParams`.
    """
    params = params or TrafficParams()
    dice = random.Random(seed)  # noqa: S311 - a simulation
    first = dice.randrange(1 << 40)
    sessions = [Session(dice, first + number, params) for number in range(params.sessions)]
    following = first + params.sessions
    again: deque[dict[str, Any]] = deque()
    while True:
        now = clock()
        if again and dice.random() < 2 * params.duplicate_share:
            yield again.popleft()
            continue
        if dice.random() < params.bad_share:
            yield {**dice.choice(_BAD), "messageId": f"sim-bad-{dice.getrandbits(40)}"}
            continue
        place = dice.randrange(len(sessions))
        late = dice.random() < params.late_share
        event = sessions[place].next_event(now - params.late_by * dice.random() if late else now)
        if sessions[place].over:
            sessions[place] = Session(dice, following, params)
            following += 1
        if dice.random() < params.duplicate_share:
            again.append(event)
        yield event
