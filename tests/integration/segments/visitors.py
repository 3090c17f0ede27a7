"""Visitors of a shop, now: they come without a name, log in on one device or several, and come back
without it, while windows end."""

import random
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

LATELY_S: Final = (0.0, 0.0, 0.0, 40.0, 50.0, 55.0, 58.0)
"""How long ago things happened, s: minutes that began before end soon."""

WAVE_S: Final = 3.0
"""A wave of quiet people begins this often, s."""
WAVE: Final = 12
_LOGIN_S, _BACK_S, _ENDS_S = 1.2, 4.5, 3.0
"""When people of a wave log in, when their minute ends, and when they come back without a name, s
after the first visit."""

ADDED: Final = {"name": "Product Added"}
SEGMENTS: Final[dict[str, dict[str, Any]]] = {
    "added in the last minute": {
        "type": "event",
        "event": ADDED,
        "window": "1m",
        "condition": {"op": "at_least", "value": 1},
    },
    "left the cart": {
        "type": "sequence",
        "steps": [
            {"event": ADDED},
            {"event": {"name": "Order Completed"}, "within": "5s", "absent": True},
        ],
        "window": "90s",
    },
    "known": {"type": "lifecycle", "stages": ["known", "customer"]},
}


@dataclass
class Visitor:
    """One person with their devices, newest last."""

    user: str
    devices: list[str] = field(default_factory=list)
    known: bool = False


class Visitors:
    """Makes messages, and names devices that an operator may take away again.

    Args:
        seed: of everything.
        present: people who come and go at one time.

    Attributes:
        shared: devices that somebody logged in on beside their first one.
        parted: how many of them an operator took away.
    """

    def __init__(self, seed: int, present: int) -> None:
        self._rng = random.Random(seed)
        self._seed = seed
        self._made = 0
        self._here = [self._newcomer() for _ in range(present)]
        self.shared: list[str] = []
        self.parted = 0
        self._waves = 0
        self._began = time.monotonic()
        self._later: list[tuple[float, dict[str, Any]]] = []

    def _newcomer(self) -> Visitor:
        self._made += 1
        return Visitor(f"user-{self._seed}-{self._made}", [f"device-{self._seed}-{self._made}"])

    def quiet(self) -> list[dict[str, Any]]:
        """What people do who come once, log in, let their minute end, and come back without a name;
        nobody else touches them meanwhile."""
        now_s = time.monotonic() - self._began
        if now_s >= self._waves * WAVE_S:
            self._waves += 1
            for _ in range(WAVE):
                who = self._newcomer()
                device = {"anonymousId": who.devices[0]}
                added = {"type": "track", "event": "Product Added", "timestamp": _ago(60 - _ENDS_S)}
                self._later.append((now_s, device | added))
                self._later.append(
                    (now_s + _LOGIN_S, device | {"type": "identify", "userId": who.user})
                )
                self._later.append((now_s + _BACK_S, device | {"type": "page", "name": "Home"}))
        due = [message for at_s, message in self._later if at_s <= now_s]
        self._later = [(at_s, message) for at_s, message in self._later if at_s > now_s]
        return due

    def message(self) -> dict[str, Any]:
        """What somebody does next."""
        rng = self._rng
        place = rng.randrange(len(self._here))
        if rng.random() < 0.04:
            self._here[place] = self._newcomer()
        who, kind = self._here[place], rng.random()
        message: dict[str, Any] = {
            "timestamp": _ago(rng.choice(LATELY_S)),
            "anonymousId": rng.choice(who.devices),
        }
        if kind < 0.45:
            return message | {
                "type": "track",
                "event": "Product Added",
                "properties": {"price": rng.randrange(100)},
            }
        if kind < 0.6:
            return message | {"type": "page", "name": rng.choice(("Home", "Cart"))}
        if kind < 0.68 and who.known and len(who.devices) < 4:
            who.devices.append(f"{who.devices[0]}-{len(who.devices)}")
            return message | {"type": "page", "name": "Home", "anonymousId": who.devices[-1]}
        if kind < 0.8:
            return message | self._login(who, message["anonymousId"])
        if not who.known:
            return message | {"type": "track", "event": "Product Added"}
        if kind < 0.9:
            del message["anonymousId"]
            return message | {"type": "page", "name": "Account", "userId": who.user}
        order = {"revenue": rng.randrange(10_000) / 100}
        return message | {
            "type": "track",
            "event": "Order Completed",
            "userId": who.user,
            "properties": order,
        }

    def _login(self, who: Visitor, device: str) -> dict[str, Any]:
        if who.known and device != who.devices[0]:
            self.shared.append(device)
        who.known = True
        traits = {"plan": self._rng.choice(("free", "gold")), "email": f"{who.user}@example.com"}
        return {
            "type": "identify",
            "userId": who.user,
            "traits": traits if self._rng.random() < 0.5 else {},
        }


def _ago(seconds: float) -> str:
    return datetime.fromtimestamp(datetime.now(UTC).timestamp() - seconds, UTC).isoformat(
        timespec="milliseconds"
    )
