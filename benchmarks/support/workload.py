"""Seeded, real-looking traffic of a shop: views, product events, sign-ins, purchases."""

import json
import random
import re
import zlib
from collections.abc import Iterator
from typing import Any, Final

from domain.intake.envelope import encode_event

SOURCE: Final = 1
_CONTEXT: Final[dict[str, Any]] = {
    "library": {"name": "analytics.js", "version": "1.84.3"},
    "ip": "203.0.113.7",
    "userAgent": (
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0"
        " Safari/537.36"
    ),
    "locale": "en-GB",
    "page": {
        "url": "https://shop.example/products/12345?utm_source=mail",
        "path": "/products/12345",
        "title": "Product 12345",
    },
}
_NAMES: Final = ("Product Viewed", "Product Added", "Cart Viewed", "Products Searched")
_KEY: Final = re.compile(rb'"userId": ?"([^"]+)"|"anonymousId": ?"([^"]+)"')


def messages(count: int, people: int, seed: int = 1) -> Iterator[dict[str, Any]]:
    """Segment messages of `people` visitors, a third of them signed in.

    Half of the traffic comes from a quarter of the people.
    """
    rng = random.Random(seed)
    for number in range(count):
        person = int(people * rng.random() ** 2)
        message: dict[str, Any] = {
            "messageId": f"bench-{seed}-{number}-{rng.getrandbits(64):016x}",
            "timestamp": "2026-11-01T02:14:43.553Z",
            "anonymousId": f"anon-{person}",
            "context": _CONTEXT,
            "integrations": {},
        }
        if person % 3 == 0:
            message["userId"] = f"user-{person}"
        share = rng.random()
        if share < 0.05 and person % 3 == 0:
            message |= {
                "type": "identify",
                "traits": {
                    "email": f"user{person}@example.com",
                    "name": "Some Name",
                    "plan": "gold",
                },
            }
        elif share < 0.6:
            message |= {
                "type": "page",
                "name": "Product",
                "properties": {"path": "/products/12345", "referrer": "https://search.example/"},
            }
        elif share < 0.95:
            properties = {
                "product_id": f"p-{number % 997}",
                "price": 12.5,
                "category": "Books",
                "quantity": 1,
            }
            message |= {"type": "track", "event": rng.choice(_NAMES), "properties": properties}
        else:
            message |= {
                "type": "track",
                "event": "Order Completed",
                "properties": {"revenue": 19.99, "currency": "USD", "order_id": f"o{number}"},
            }
        yield message


def records(count: int, people: int, received_ms: int, seed: int = 1) -> list[bytes]:
    """The same as log records, as the collector writes them.

    1,000 arrive per second of `received_ms`.
    """
    return [
        encode_event(SOURCE, received_ms + number, 0, json.dumps(message).encode())
        for number, message in enumerate(messages(count, people, seed))
    ]


def partition_of(record: bytes, partitions: int) -> int:
    """The partition that the collector would choose: by user id, else anonymous id."""
    found: dict[int, bytes] = {}
    for match in _KEY.finditer(record):
        found.setdefault(match.lastindex or 0, match.group(match.lastindex or 0))
    return zlib.crc32(found.get(1) or found.get(2) or b"") % partitions
