"""The week's characters: what is sent of each, at its minute.

Mara is two people who become one. The Winters share a tablet, on which nobody becomes anybody else.
Nora and Tom become one by a clerk's mistake, and two again.
"""

from collections.abc import Iterator
from typing import Any, Final

from local.story import script
from local.story.traffic import APP, WEB, Sent, sent

MARA: Final = "mara@example.com"
NORA: Final = "nora@example.com"
TOM: Final = "tom@example.com"
WINTERS: Final = ("jonas", "pia", "ole")
TABLET: Final = "family-tablet"
_CONSENT: Final = {"consent": {"categoryPreferences": {"advertising": True}}}


def meanwhile(minute: int, begins_ms: int) -> Iterator[Sent]:
    """What is sent of the characters in a minute of the week, beside everything else."""
    acts = {
        script.OPENS + 10: _before_mara,
        script.MARA: _mara,
        script.TABLET: _winters,
        script.OPENS + 20: _nora_and_tom,
        script.CLERK: _clerk,
    }
    if minute in acts:
        for place, (source, fields) in enumerate(acts[minute]()):
            at_ms = begins_ms + 30_000 + 1_000 * place
            yield sent(source, at_ms, {**fields, "messageId": f"character-{minute}-{place}"})
    if minute in script.BROKEN:
        yield from _broken(minute, begins_ms)


def _order(revenue: float) -> dict[str, Any]:
    properties = {"revenue": revenue, "currency": "EUR", "category": "gear"}
    return {"type": "track", "event": "Order Completed", "properties": properties}


def _page(name: str) -> dict[str, Any]:
    return {"type": "page", "name": name, "properties": {"path": f"/{name.lower()}"}}


def _identify(**traits: str) -> dict[str, Any]:
    return {"type": "identify", "traits": traits, "context": _CONSENT}


def _before_mara() -> Iterator[tuple[str, dict[str, Any]]]:
    yield APP, {"userId": "mara", **_identify(email=MARA, city="Leipzig")}
    yield APP, {"userId": "mara", **_order(59.0)}
    cookie = {"anonymousId": "mara-cookie"}
    yield WEB, {**cookie, **_page("Gear")}
    kettle = {"product_id": "kettle", "category": "gear", "price": 59.0}
    viewed = {"type": "track", "event": "Product Viewed", "properties": kettle}
    yield WEB, {**cookie, **viewed}


def _mara() -> Iterator[tuple[str, dict[str, Any]]]:
    yield WEB, {"anonymousId": "mara-cookie", **_page("Menu")}
    yield WEB, {"anonymousId": "mara-cookie", **_identify(email=MARA)}


def _winters() -> Iterator[tuple[str, dict[str, Any]]]:
    for name in WINTERS:
        email = f"{name}@winter.example"
        yield WEB, {"userId": name, "anonymousId": TABLET, **_identify(email=email)}
        yield WEB, {"userId": name, "anonymousId": TABLET, **_page("Menu")}


def _nora_and_tom() -> Iterator[tuple[str, dict[str, Any]]]:
    yield WEB, {"anonymousId": "nora-cookie", **_identify(email=NORA, phone="+493012340001")}
    yield WEB, {"anonymousId": "nora-cookie", **_order(14.9)}
    yield WEB, {"anonymousId": "tom-cookie", **_identify(email=TOM, phone="+493012340002")}
    yield WEB, {"anonymousId": "tom-cookie", **_order(8.9)}


def _clerk() -> Iterator[tuple[str, dict[str, Any]]]:
    yield WEB, {"type": "identify", "traits": {"email": TOM, "phone": "+493012340001"}}


def _broken(minute: int, begins_ms: int) -> Iterator[Sent]:
    """Four kinds of records that cannot be used."""
    kinds: tuple[dict[str, Any], ...] = (
        {"type": "track", "userId": "partner"},
        {"type": "page", "name": "Landing"},
        {"type": "purchase", "userId": "partner"},
        {"type": "track", "event": "Voucher Used", "userId": "partner", "timestamp": "yesterday"},
    )
    place = script.BROKEN.index(minute) % len(kinds)
    yield sent(WEB, begins_ms + 5_000, {**kinds[place], "messageId": f"partner-{minute}"})
