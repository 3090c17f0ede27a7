"""A seeded history of a shop with what makes identity hard: shared devices, late events,
duplicates, withdrawals, bad records."""

import json
import random
from typing import Any

from domain.intake.envelope import encode_event

RECEIVED_MS = 1_790_000_000_000


def messages(count: int, seed: int) -> list[dict[str, Any]]:
    """Segment messages in disorder, some twice."""
    rng = random.Random(seed)
    found: list[dict[str, Any]] = []
    for number in range(count):
        user, device = rng.randrange(count // 12), rng.randrange(count // 10)
        message: dict[str, Any] = {
            "messageId": f"{seed}-{number}",
            "timestamp": _stamp(rng.randrange(50_000_000)),
            "anonymousId": f"device-{device}",
        }
        if rng.random() < 0.5:
            message["userId"] = f"user-{user}"
        if rng.random() < 0.1:
            message["context"] = {
                "consent": {"categoryPreferences": {"advertising": rng.random() < 0.7}}
            }
        kind = rng.random()
        if kind < 0.15:
            message |= {
                "type": "identify",
                "traits": {
                    "email": f"mail-{user // 2}@example.com",
                    "plan": rng.choice(["free", "gold"]),
                },
            }
        elif kind < 0.35:
            message |= {
                "type": "track",
                "event": "Order Completed",
                "properties": {"revenue": rng.randrange(10_000) / 100},
            }
        elif kind < 0.4:
            message |= {
                "type": "alias",
                "userId": f"user-{user}",
                "previousId": f"old-{rng.randrange(count // 20)}",
            }
        elif kind < 0.42:
            message |= {"type": "track"}
        else:
            message |= {"type": "page", "name": rng.choice(["Home", "Cart"])}
        found.append(message)
    found += rng.sample(found, count // 10)
    rng.shuffle(found)
    return found


def _stamp(at_ms: int) -> str:
    seconds, ms = divmod(at_ms, 1000)
    hours, rest = divmod(seconds, 3600)
    return (
        f"2026-09-{1 + hours // 24:02d}T{hours % 24:02d}:{rest // 60:02d}:{rest % 60:02d}.{ms:03d}Z"
    )


def records(source: int, found: list[dict[str, Any]]) -> list[bytes]:
    """The same as log records."""
    return [
        encode_event(source, RECEIVED_MS + number, 0, json.dumps(message).encode())
        for number, message in enumerate(found)
    ]
