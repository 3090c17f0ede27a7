"""Who sends in the fault lab.

Six sources as customers have them, an ad platform's deliveries, and conversions as both sides count
them.

Figures are invented, their order of magnitude is not: sources from 3 to some 40 events per minute,
and every one seasonal in its own way.
"""

from dataclasses import dataclass
from datetime import time, timedelta
from typing import Final

from domain.signals.schedule import Schedule
from faultlab.rhythm import Rhythm

_SHOP: Final = (
    .25, .15, .1, .08, .08, .12, .25, .45, .65, .8, .9, .95,
    1., .95, .9, .9, .95, 1., 1.1, 1.25, 1.3, 1.15, .8, .45,
)  # fmt: skip
_PHONE: Final = (
    .3, .18, .12, .1, .12, .25, .6, .95, .9, .75, .7, .8,
    1., .9, .75, .75, .85, 1., 1.1, 1.2, 1.3, 1.3, 1., .6,
)  # fmt: skip
_OFFICE: Final = (
    .02, .02, .02, .02, .02, .04, .1, .4, .9, 1.1, 1.2, 1.1,
    .7, .9, 1.1, 1.1, 1., .7, .3, .12, .08, .05, .04, .02,
)  # fmt: skip
_NIGHT: Final = (0.0, 0.0, 1.0, 1.0, 0.6) + (0.0,) * 19

_FREQUENT: Final = 5.0
"""Events per minute from which a fault in a source's orders shows within its duration."""


@dataclass(frozen=True)
class EventKind:
    """One kind of event that a source sends.

    Attributes:
        name: event name of a track; empty for a page view.
        weight: how often, relative to the others.
        properties: property → an example; a property called ``revenue`` gets an amount of its own
            per person.
    """

    name: str
    weight: float
    properties: dict[str, object]


@dataclass(frozen=True)
class Mix:
    """What a source's events carry. Shares are of people, 0 to 1.

    Attributes:
        kinds: its events.
        people: how many people come again and again.
        newcomers: share of events that are of people who were never seen.
        user_id: share of people who are logged in.
        email: of those who state an e-mail address.
        phone: of those who state a phone number.
        device_id: of those who allow their advertising id.
        anonymous: of those who have a cookie.
        consent: of those whose events state consent; 0 where the source knows nothing of it.
        granted: of these, share that grants.
        address: whether the client's IP address is sent.
        offline: share of events that wait on the device until it has a network.
        offline_for: how long such an event waits on average.
        order_amount: median amount of an order.
    """

    kinds: tuple[EventKind, ...]
    people: int = 400
    newcomers: float = 0.1
    user_id: float = 0.5
    email: float = 0.5
    phone: float = 0.2
    device_id: float = 0.0
    anonymous: float = 1.0
    consent: float = 0.6
    granted: float = 0.7
    address: bool = True
    offline: float = 0.01
    offline_for: timedelta = timedelta(minutes=5)
    order_amount: float = 60.0


@dataclass(frozen=True)
class Reports:
    """What an ad platform reports of conversions, as events of the source.

    Attributes:
        platform: its name.
        every: how often a report comes.
        share: share of the orders that the platform claims.
    """

    platform: str = "meta"
    every: timedelta = timedelta(minutes=10)
    share: float = 0.6


@dataclass(frozen=True)
class Profile:
    """One source, and which of its signals is watched.

    Attributes:
        name: what the table calls it.
        rhythm: when it sends.
        mix: what it sends.
        signal: watched signal; empty for the source's own.
        reports: what a platform reports beside it, where it does.
        active: least share of the busiest hour's rate at which a fault may begin: nobody notices an
            outage while nothing is sent.
        schedule: when the source is configured to send, where it is.
    """

    name: str
    rhythm: Rhythm
    mix: Mix
    signal: str = ""
    reports: Reports | None = None
    active: float = 0.3
    schedule: Schedule | None = None

    @property
    def watched(self) -> str:
        """The signal that is watched."""
        return self.signal or "source:1"

    @property
    def offers(self) -> frozenset[str]:
        """What disturbances can happen to."""
        if self.reports is not None:
            return frozenset({"reports"})
        mix = self.mix
        had = {
            "source": True,
            "email": mix.email > 0,
            "consent": mix.consent > 0,
            "address": mix.address,
            "steady": not self.rhythm.sharp,
            "frequent orders": (
                any("revenue" in kind.properties for kind in mix.kinds)
                and self.rhythm.per_minute >= _FREQUENT
            ),
        }
        return frozenset(name for name, there in had.items() if there)


@dataclass(frozen=True)
class Deliveries:
    """An ad platform's responses, as the deliveries of a busy account meet them.

    Attributes:
        name: what the table calls it.
        platform: the platform.
        rhythm: when pushes are sent; one "event" is one push.
        requests: mean requests per push.
        rows: mean rows per request.
        throttled: share of requests that are throttled.
        failing: share of requests that fail.
        rejected: share of rows that the platform calls invalid.
        matched: mean match rate that it reports.
        latency_ms: median duration of a request.
        active: as of `Profile`.
    """

    name: str
    platform: str
    rhythm: Rhythm
    requests: float = 3.0
    rows: float = 2_000.0
    throttled: float = 0.01
    failing: float = 0.002
    rejected: float = 0.01
    matched: float = 0.62
    latency_ms: float = 350.0
    active: float = 0.3

    @property
    def watched(self) -> str:
        """The signal that is watched."""
        return f"platform:{self.platform}"

    @property
    def offers(self) -> frozenset[str]:
        """What disturbances can happen to."""
        return frozenset({"platform"})


_PRODUCT: Final = {"product_id": "sku-1", "price": 24.9, "category": "audio", "quantity": 1}
_ORDER: Final = {
    "order_id": "o-1",
    "revenue": 60.0,
    "currency": "EUR",
    "products": [{"product_id": "sku-1", "quantity": 1}],
    "coupon": "none",
}
_WEB: Final = (
    EventKind("", 40, {"url": "https://shop.example/", "title": "Shop", "referrer": "search"}),
    EventKind("Product Viewed", 35, _PRODUCT),
    EventKind("Product Added", 12, _PRODUCT | {"cart_id": "c-1"}),
    EventKind("Checkout Started", 6, {"cart_id": "c-1", "value": 80.0, "currency": "EUR"}),
    EventKind("Order Completed", 4, _ORDER),
)
_APP: Final = (
    EventKind("App Opened", 30, {"version": "4.2.0", "from_background": True}),
    EventKind("Screen Shown", 45, {"screen": "home", "version": "4.2.0"}),
    EventKind("Product Viewed", 15, _PRODUCT),
    EventKind("Order Completed", 2, _ORDER),
)
_CRM: Final = (
    EventKind("Contact Updated", 40, {"owner": "team-1", "stage": "lead", "score": 40}),
    EventKind("Call Logged", 30, {"duration_s": 180, "outcome": "reached"}),
    EventKind("Order Completed", 10, _ORDER | {"channel": "phone"}),
)
_BATCH: Final = (
    EventKind("Order Completed", 60, _ORDER | {"store": "s-1"}),
    EventKind("Loyalty Points Credited", 40, {"points": 12, "store": "s-1"}),
)

WEB_SHOP: Final = Profile(
    "web shop",
    Rhythm(25, _SHOP, (1., .97, .98, 1., 1.05, 1.2, 1.25), 1, wobble=.08, evenness=30, growth=.01),
    Mix(_WEB, people=600),
)  # fmt: skip
MOBILE_APP: Final = Profile(
    "mobile app",
    Rhythm(20, _PHONE, (1., 1., 1., 1., 1.1, 1.3, 1.2), -5, wobble=.1, evenness=20, growth=.02),
    Mix(_APP, people=500, newcomers=.06, user_id=.8, email=.3, phone=.25, device_id=.55,
        consent=.9, granted=.6, offline=.06),
)  # fmt: skip
SMALL_SHOP: Final = Profile(
    "small shop", Rhythm(3.5, _SHOP, (.9, .9, .95, 1., 1.1, 1.3, 1.1), 2, wobble=.15, evenness=8),
    Mix(_WEB, people=150, newcomers=.15),
)  # fmt: skip
NIGHTLY_BATCH: Final = Profile(
    "nightly batch",
    Rhythm(60, _NIGHT, (1., .9, .9, .95, 1., 1.2, .8), 1, sharp=True, wander=timedelta(minutes=3),
        wobble=.05, evenness=30),
    Mix(_BATCH, people=500, newcomers=.03, user_id=.9, email=.75, phone=.4, anonymous=0, consent=0,
        address=False, offline=0),
    active=.5,
    schedule=Schedule(start=time(2, 15), end=time(4, 45), zone="Etc/GMT-1"),
)  # fmt: skip
CRM: Final = Profile(
    "CRM server",
    Rhythm(8, _OFFICE, (1.1, 1., 1., 1., .85, .12, .08), 1, wobble=.12, evenness=10),
    Mix(_CRM, people=500, newcomers=.04, user_id=.6, email=.45, phone=.9, anonymous=0, consent=.5,
        granted=.8, address=False, offline=0),
)  # fmt: skip
CAMPAIGN_SITE: Final = Profile(
    "campaign site",
    Rhythm(8, _SHOP, wobble=.2, evenness=8, bursts_per_day=.7, burst_factor=8),
    Mix(_WEB, people=300, newcomers=.35, user_id=.25, email=.3, consent=.8, granted=.55),
)  # fmt: skip
CONVERSIONS: Final = Profile(
    "conversions",
    Rhythm(16, _SHOP, zone_hours=1, wobble=0.08, evenness=30),
    Mix(_WEB, people=400),
    signal="conversions",
    reports=Reports(),
)
META: Final = Deliveries(
    "ad platform", "meta", Rhythm(0.5, _PHONE, zone_hours=1, wobble=0.05, evenness=20)
)

SOURCES: Final = (WEB_SHOP, MOBILE_APP, SMALL_SHOP, NIGHTLY_BATCH, CRM, CAMPAIGN_SITE)
PROFILES: Final[tuple[Profile | Deliveries, ...]] = (*SOURCES, CONVERSIONS, META)
