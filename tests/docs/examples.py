"""For whom the cookbook's examples hold, and for whom not, by heading.

It also has the values of its computed traits.
"""

from typing import Any, Final

from tests.docs.histories import Person, nobody

Told = tuple[list[Person], list[Person]]
"""(the rule holds for these, and not for these)."""


def p() -> Person:
    return nobody()


def times(person: Person, number: int, name: str, ago: str, **properties: Any) -> Person:
    for _ in range(number):
        person.did(name, ago, **properties)
    return person


def trait(name: str, holding: list[Any], failing: list[Any]) -> Told:
    return [p().is_(**{name: value}) for value in holding], [
        p().is_(**{name: value}) for value in failing
    ]


SALE: Final = {"product": {"on_sale": True}}

RULES: Final[dict[str, Told]] = {
    "Cart abandoners": (
        [p().did("Product Added", "61m"), p().bought("5d").did("Product Added", "2d")],
        [
            p().did("Product Added", "59m"),
            p().did("Product Added", "2h").bought("90m"),
            p().did("Product Added", "1d").bought("2h"),
            p().did("Product Added", "4d"),
            p(),
        ],
    ),
    "Lapsing VIPs": (
        [p().bought("100d", 300).bought("70d", 200)],
        [
            p().bought("100d", 499.99),
            p().bought("100d", 900).bought("59d", 5),
            p().bought("400d", 900),
        ],
    ),
    "First purchase within 7 days of sign-up": (
        [p().did("Signed Up", "20d").bought("14d")],
        [
            p().did("Signed Up", "20d").bought("12d"),
            p().bought("14d"),
            p().did("Signed Up", "40d").bought("36d"),
        ],
    ),
    "Price-sensitive browsers": (
        [times(times(p(), 3, "Product Viewed", "3d", **SALE), 2, "Product Viewed", "1d")],
        [
            times(p(), 5, "Product Viewed", "3d"),
            times(p(), 4, "Product Viewed", "3d", **SALE),
            times(p(), 5, "Product Viewed", "3d", **SALE).bought("1d"),
            times(p(), 5, "Product Viewed", "20d", **SALE),
        ],
    ),
    "Win-back": (
        [p().bought("700d", 60).bought("500d", 40).agreed("advertising")],
        [
            p().bought("500d", 99).agreed("advertising"),
            p().bought("500d", 100),
            p().bought("500d", 100).bought("1d").agreed("advertising"),
            p()
            .bought("500d", 100)
            .agreed("advertising", ago="9d")
            .agreed("advertising", granted=False),
        ],
    ),
    "Repeat buyers": ([p().bought("200d").bought("1d")], [p().bought("400d").bought("1d"), p()]),
    "Newsletter without purchase": (
        [p().is_(newsletter=True).did("Email Opened", "3d")],
        [
            p().is_(newsletter="true").did("Email Opened", "3d"),
            p().is_(newsletter=True).did("Email Opened", "40d"),
            p().is_(newsletter=True).did("Email Opened", "3d").bought("700d"),
            p().is_("2d", newsletter=True).is_("1d", newsletter=False).did("Email Opened", "3d"),
        ],
    ),
    "High value new customers": (
        [p().bought("29d", 150).bought("2d", 50)],
        [p().bought("29d", 199), p().bought("31d", 5).bought("2d", 500), p()],
    ),
    "Churn risk by silence": (
        [times(p(), 10, "Anything", "25d")],
        [
            times(p(), 9, "Anything", "25d"),
            times(p(), 10, "Anything", "25d").did("Else", "20d"),
            times(p(), 10, "Anything", "100d"),
        ],
    ),
    "Category affinity": (
        [
            times(
                times(p(), 3, "Product Viewed", "2d", product={"category": "boots"}),
                2,
                "Product Viewed",
                "1d",
                product={"category": "hats"},
            )
        ],
        [
            times(
                times(p(), 1, "Product Viewed", "2d", product={"category": "boots"}),
                2,
                "Product Viewed",
                "1d",
                product={"category": "hats"},
            ),
            times(p(), 2, "Product Viewed", "2d", product={"category": "boots"}),
            times(p(), 3, "Product Viewed", "2d", category="boots"),
        ],
    ),
    "Trial about to end": (
        [p().is_(trial_ends_at="2026-03-12"), p().is_(trial_ends_at="2026-03-13T11:59:59Z")],
        [
            p().is_(trial_ends_at="2026-03-10T11:59:59Z"),
            p().is_(trial_ends_at="2026-03-13T12:00:01Z"),
            p().is_(trial_ends_at="soon"),
            p().is_(trial_ends_at="2026-03-12").did("Subscription Started", "1h"),
        ],
    ),
    "Cross-device known": (
        [p().with_(user_id=1, anonymous_id=2), p().with_(user_id=1, anonymous_id=1, device_id=2)],
        [p().with_(anonymous_id=3), p().with_(user_id=1, anonymous_id=1, device_id=1)],
    ),
    "Stuck in onboarding": (
        [p().did("Signed Up", "4d"), p().did("Signed Up", "9d").did("Project Created", "5d")],
        [
            p().did("Signed Up", "2d"),
            p().did("Signed Up", "4d").did("Project Created", "2d"),
            p().did("Signed Up", "15d"),
        ],
    ),
    "Big baskets": (
        [p().bought("9d", 60).bought("5d", 100)],
        [
            p().bought("9d", 500),
            p().bought("9d", 60).bought("5d", 99),
            p().bought("400d", 500).bought("5d", 100),
        ],
    ),
    "Undecided between products": (
        [
            p()
            .did("Product Viewed", "3h", product_id="a")
            .did("Product Viewed", "2h", product_id="b")
            .did("Product Viewed", "1h", product_id=7)
        ],
        [
            p()
            .did("Product Viewed", "3h", product_id="a")
            .did("Product Viewed", "2h", product_id="b")
            .did("Product Viewed", "1h", product_id="a"),
            p()
            .did("Product Viewed", "3h", product_id=1)
            .did("Product Viewed", "2h", product_id=2)
            .did("Product Viewed", "1h", product_id=3)
            .did("Product Added", "1h"),
            p()
            .did("Product Viewed", "30h", product_id=1)
            .did("Product Viewed", "2h", product_id=2)
            .did("Product Viewed", "1h", product_id=3),
        ],
    ),
    "Unhappy customers": (
        [p().did("Product Reviewed", "80d", rating=2).did("Product Reviewed", "1d", rating=5)],
        [
            p().did("Product Reviewed", "99d", rating=1),
            p().did("Product Reviewed", "1d", rating=3),
            p().did("Product Reviewed", "1d", rating="1"),
        ],
    ),
    "Ask for a review": (
        [p().did("Order Delivered", "8d")],
        [
            p().did("Order Delivered", "6d"),
            p().did("Order Delivered", "8d").did("Product Reviewed", "2d"),
            p().did("Order Delivered", "22d"),
        ],
    ),
    "Best customers at risk": (
        [times(p(), 9, "Order Completed", "200d", revenue=100)],
        [
            times(p(), 9, "Order Completed", "5d", revenue=100),
            p().bought("200d"),
            p(),
            times(p(), 9, "Order Completed", "400d", revenue=100),
        ],
    ),
    "Repeat buyers without the app": (
        [p().bought("9d").bought("1d").with_(email=1)],
        [p().bought("9d").bought("1d").with_(device_id=1), p().bought("1d").with_(email=1)],
    ),
    "`equals`": trait("plan", ["pro"], ["Pro", ["pro"], None, 1]),
    "`not_equals`": trait("plan", ["free", None, 1], ["pro"]),
    "`in`": trait("country", ["DE", "AT"], ["de", "FR", None]),
    "`not_in`": trait("country", ["FR", None, 5], ["CH"]),
    "`contains`": trait(
        "interests", [["running", "chess"], "trail running"], [["trail running"], [], None]
    ),
    "`not_contains`": trait("interests", [["chess"], None], [["running"]]),
    "`starts_with`": trait("phone", ["+4930901820"], ["0049301", 49301, None]),
    "`ends_with`": trait("email", ["ada@example.com"], ["ada@example.com.evil.example", None]),
    "`exists`": trait("birthday", ["1815-12-10", "", 0, False], [None]),
    "`not_exists`": trait("birthday", [None], [""]),
    "`less_than`": trait("points", [99, 99.9, -1], [100, "1", True, None]),
    "`at_most`": trait("points", [100, 100.0], [100.5, None]),
    "`greater_than`": trait("points", [100.5], [100, "200"]),
    "`at_least`": trait("age", [18, 99], [17, "18", None]),
    "`between`": trait("age", [18, 25, 20.5], [17.9, 25.1, "20"]),
    "`before`": trait(
        "customer_since",
        ["2025-12-31", "2025-12-31T22:59:59Z"],
        ["2025-12-31T23:00:00Z", "2026-01-01", 2025, None],
    ),
    "`after`": trait(
        "customer_since", ["2026-01-01", "2025-12-31T23:00:00Z"], ["2025-12-31T22:59:59.999Z", None]
    ),
    "`within_last`": trait(
        "card_changed_at",
        ["2026-02-09", "2026-03-10T12:00:00Z"],
        ["2026-02-08T12:00:00Z", "2026-03-10T12:00:01Z", None],
    ),
    "`within_next`": trait(
        "contract_ends_at",
        ["2026-05-09T12:00:00Z", "2026-03-11"],
        ["2026-03-10T12:00:00Z", "2026-05-10", None],
    ),
    "Node `all`": (
        [p().bought("1d").agreed("advertising")],
        [p().bought("1d"), p().agreed("advertising")],
    ),
    "Node `any`": ([p().with_(email=1), p().with_(phone=2)], [p().with_(user_id=1)]),
    "Node `not`": ([p(), p().bought("1d")], [p().did("Order Refunded", "700d")]),
    "Node `trait`": trait("vip", [True], [1, "true", False, None]),
    "Node `computed`": (
        [p().bought("9d", 60).bought("1d", 40)],
        [p().bought("99d", 60).bought("1d", 40), p()],
    ),
    "Node `lifecycle`": (
        [p(), p().with_(email=1), p().did("Page Seen", "1d")],
        [p().bought("1d"), p().bought("700d")],
    ),
    "Node `rfm`": (
        [times(p(), 3, "Order Completed", "5d", revenue=30)],
        [p().bought("5d", 30), times(p(), 3, "Order Completed", "80d", revenue=30), p()],
    ),
    "Node `consent`": (
        [p(), p().agreed("analytics", granted=False), p().agreed("advertising")],
        [p().agreed("analytics")],
    ),
    "Node `identifier`": ([p().with_(email=2)], [p().with_(email=1), p().with_(phone=2)]),
    "Node `segment`": ([p(), p().bought("1d")], [p().bought("9d").bought("1d")]),
    "Node `event`": (
        [p().saw("Pricing", "59m")],
        [p().saw("Pricing", "61m"), p().did("Pricing", "5m"), p().saw("Home", "5m")],
    ),
    "Node `event` with conditions": (
        [p().did("Products Searched", "1d", query="running shoes", results={"total": 3})],
        [
            p()
            .did("Products Searched", "1d", query="running shoes", results={"total": 0})
            .did("Products Searched", "1d", query="hat", results={"total": 3}),
            p().did("Products Searched", "1d", query="running shoes"),
            p().did("Products Searched", "9d", query="running shoes", results={"total": 3}),
        ],
    ),
    "Node `sequence`": (
        [
            p()
            .did("Product Viewed", "700d")
            .did("Product Viewed", "3h")
            .did("Product Added", "150m")
            .bought("1h")
        ],
        [
            p().did("Product Viewed", "3h").did("Product Added", "149m").bought("1h"),
            p()
            .did("Product Viewed", "3h")
            .did("Product Added", "170m")
            .did("Product Removed", "2h")
            .bought("1h"),
            p().did("Product Added", "3h").did("Product Viewed", "170m").bought("1h"),
            p().did("Product Viewed", "9d").did("Product Added", "9d").bought("1h"),
        ],
    ),
    "Measure `count`": ([p().bought("700d")], [p(), p().bought("700d").bought("1d")]),
    "Measure `sum`": (
        [p().bought("9d", 60.5).bought("1d", 39.5)],
        [p().bought("9d", 99.99), p().bought("9d", 150).bought("1d", 51), p().bought("40d", 150)],
    ),
    "Measure `average`": (
        [p().bought("9d", 30).bought("1d", 9)],
        [p().bought("9d", 30).bought("1d", 10), p()],
    ),
    "Measure `minimum`": (
        [p().bought("400d", 5).bought("1d", 50)],
        [p().bought("9d", 49.99).bought("1d", 500), p()],
    ),
    "Measure `maximum`": (
        [p().bought("700d", 1000).bought("1d", 1)],
        [p().bought("1d", 999.99), p()],
    ),
    "Measure `unique`": (
        [p().bought("9d", currency="EUR").bought("1d", currency="USD")],
        [p().bought("9d", currency="EUR").bought("1d", currency="EUR"), p()],
    ),
    "Measure `first_at`": ([p().bought("100d").bought("1d")], [p().bought("50d"), p()]),
    "Measure `last_at`": (
        [p().bought("100d").bought("1d")],
        [p().bought("100d").bought("20d"), p()],
    ),
}

TRAITS: Final[dict[str, tuple[Person, Any, Any]]] = {
    # heading → a person, the trait's value for them, and for somebody who did nothing
    "Category affinity": (
        times(p(), 2, "Product Viewed", "2d", product={"category": "boots"}),
        "boots",
        None,
    ),
    "Trait `count`": (p().bought("89d").bought("1d").bought("99d"), 2, 0),
    "Trait `sum`": (p().bought("89d", 0.1).bought("1d", 0.2), 0.3, 0),
    "Trait `average`": (p().bought("700d", 10).bought("1d", 5), 7.5, None),
    "Trait `minimum`": (
        p().did("Product Reviewed", "1d", rating=4).did("Product Reviewed", "9d", rating=2),
        2,
        None,
    ),
    "Trait `maximum`": (p().bought("9d", 12.5).bought("1d", 3), 12.5, None),
    "Trait `unique`": (
        p().did("Product Viewed", "1d", product_id=1).did("Product Viewed", "2d", product_id="1"),
        2,
        0,
    ),
    "Trait `first`": (
        p().did("Signed Up", "9d", campaign="spring").did("Signed Up", "1d", campaign="summer"),
        "spring",
        None,
    ),
    "Trait `last`": (
        p().bought("9d", store="Ulm").bought("5d", store="Bonn").bought("1d"),
        "Bonn",
        None,
    ),
    "Trait `most_frequent`": (
        p().bought("9d", payment="card").bought("5d", payment="card").bought("1d", payment="cash"),
        "card",
        None,
    ),
    "Trait `exists`": (p().did("Coupon Applied", "1d"), True, False),
    "Trait `time_since`": (p().saw("Home", "2h").saw("Pricing", "1h"), 3600.0, None),
}
