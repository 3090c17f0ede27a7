"""The records of one source.

Raw JSON per person and kind of event, decoded by the real decoder, and stamped with their own
instants.

A person's records differ only in message id and times, so each is decoded once and stamped often; a
record whose times matter to the decoder (a wrong clock) is decoded each time. Nothing here depends
on chance: what a person is like follows from their number.
"""

from copy import copy
from datetime import timedelta
from hashlib import blake2b
from typing import Final

import msgspec
import numpy as np

from domain.event import Batch, DeadLetter, Event, Identifier, Record
from domain.ids import MessageKey, SourceId, WorkspaceId
from domain.instants import utc
from domain.intake.envelope import encode_event
from domain.keys import identifier_key
from domain.policies import IdentityRules, ProfileRules
from faultlab.disturbance import Change, Raw
from faultlab.profiles import EventKind, Profile
from sources.intake.decode import Decoder
from store.definitions.load import SourceRow

WORKSPACE: Final = WorkspaceId(1)
SOURCE: Final = SourceId(1)
_SALT: Final = b"fault lab"

BORN: Final = 10_000_000
"""Number of the first newcomer.

Newcomers differ from one another by their identifiers alone, and from a few likenesses not
otherwise.
"""
_LIKENESSES: Final = 64

Item = Event | DeadLetter


class Records:
    """Makes the records of a source.

    Args:
        profile: what it sends.
        identity: rules of the decoder.
        rules: rules of the decoder.
    """

    def __init__(self, profile: Profile, identity: IdentityRules, rules: ProfileRules) -> None:
        self._profile = profile
        self._decode = Decoder(
            {SOURCE: SourceRow(SOURCE, WORKSPACE, _SALT, "US")}, {WORKSPACE: _SALT}, identity, rules
        )
        self._change: Change | None = None
        self._clock = timedelta()
        self._normal: dict[tuple[int, int], Item] = {}
        self._affected: dict[tuple[int, int], Item] = {}

    def disturbed(self, change: Change | None, clock: timedelta) -> "Records":
        """The same records where some are affected; what was decoded of the others is shared.

        Args:
            change: what happens to affected records.
            clock: how far the clock of affected clients is ahead; they state no sending time.
        """
        other = copy(self)
        # Not private here: an object of the same class.
        other._change, other._clock, other._affected = change, clock, {}  # noqa: SLF001
        return other

    def item(
        self,
        person: int,
        kind: int,
        number: int,
        occurred_ms: int,
        received_ms: int,
        *,
        affected: bool,
    ) -> Item:
        """One event, as the disturbance leaves it where it applies.

        Args:
            person: number of the person.
            kind: index of the kind of event.
            number: of the message, which names it.
            occurred_ms: when it happened.
            received_ms: when it arrived.
            affected: whether the disturbance applies to it.
        """
        if affected and self._clock:
            return self._with_clock(person, kind, number, occurred_ms, received_ms)
        newcomer = person >= BORN
        like = self._profile.mix.people + person % _LIKENESSES if newcomer else person
        key, decoded = (like, kind), self._affected if affected else self._normal
        found = decoded.get(key)
        if found is None:
            found = decoded[key] = self._one(
                self.raw(like, kind, affected=affected), number, received_ms
            )
        if newcomer and isinstance(found, Event):
            found = msgspec.structs.replace(
                found, identifiers=tuple(_renamed(one, person) for one in found.identifiers)
            )
        return stamp(found, number, occurred_ms, received_ms)

    def report(
        self, platform: str, orders: int, revenue: float, number: int, received_ms: int
    ) -> Item:
        """A platform's own count of conversions, as its connector sends it."""
        properties = {
            "platform": platform,
            "conversions": orders,
            "revenue": round(revenue, 2),
            "currency": "EUR",
        }
        raw = {
            "type": "track",
            "event": "Platform Report",
            "userId": f"connector-{platform}",
            "properties": properties,
        }
        return stamp(self._one(raw, number, received_ms), number, received_ms, received_ms)

    def malformed(self, number: int, received_ms: int) -> Item:
        """A record that is no event: it identifies nobody."""
        return self._one({"type": "track", "event": "Ping"}, number, received_ms)

    def raw(self, person: int, kind: int, *, affected: bool = False) -> Raw:
        """A person's record before it is decoded, without message id and times."""
        mix, event = self._profile.mix, self._profile.mix.kinds[kind]
        known = person < mix.people
        raw: Raw = (
            {"type": "track", "event": event.name}
            if event.name
            else {"type": "page", "name": "Shop"}
        )
        traits = {}
        if known and has(person, "user_id", mix.user_id):
            raw["userId"] = f"u-{person}"
        if known and has(person, "email", mix.email):
            traits["email"] = f"person{person}@mail.example"
        if known and has(person, "phone", mix.phone):
            traits["phone"] = f"+1650253{person % 10_000:04}"
        if (
            not known
            or has(person, "anonymous_id", mix.anonymous)
            or not ("userId" in raw or traits)
        ):
            raw["anonymousId" if mix.anonymous else "userId"] = f"v-{person}"
        raw["properties"] = properties_of(event, person, mix.order_amount)
        context: Raw = {"library": {"name": "sdk", "version": "2.1.0"}}
        if traits:
            context["traits"] = traits
        if mix.address:
            context["ip"] = f"10.{person >> 16 & 255}.{person >> 8 & 255}.{person & 255}"
        if has(person, "device_id", mix.device_id):
            context["device"] = {"advertisingId": f"ad-{person:08x}"}
        if has(person, "consent", mix.consent):
            context["consent"] = {
                "categoryPreferences": {"ads": has(person, "granted", mix.granted)}
            }
        raw["context"] = context
        if affected and self._change is not None:
            self._change(raw)
        return raw

    def _with_clock(
        self, person: int, kind: int, number: int, occurred_ms: int, received_ms: int
    ) -> Item:
        raw = self.raw(person, kind, affected=True)
        raw["timestamp"] = (utc(occurred_ms) + self._clock).isoformat()
        return stamp(self._one(raw, number, received_ms), number, None, received_ms)

    def _one(self, raw: Raw, number: int, received_ms: int) -> Item:
        value = encode_event(
            SOURCE, received_ms, 0, msgspec.json.encode(raw | {"messageId": f"m{number}"})
        )
        (item,) = self._decode(
            Batch("lab", 0, number, number + 1, (Record(number, 0, value, SOURCE, received_ms),))
        )
        if not isinstance(item, Event | DeadLetter):
            raise TypeError("a record of a source is an event or a dead letter")
        return item


def stamp(item: Item, number: int, occurred_ms: int | None, received_ms: int) -> Item:
    """The same event as another message at another time.

    Args:
        item: an event or a dead letter.
        number: names the message.
        occurred_ms: event time; None keeps the one that the decoder found.
        received_ms: arrival.
    """
    if isinstance(item, DeadLetter):
        return msgspec.structs.replace(item, position=number, received_ms=received_ms)
    occurred_ms = item.occurred_ms if occurred_ms is None else min(occurred_ms, received_ms)
    return msgspec.structs.replace(
        item,
        message_key=MessageKey(number.to_bytes(16)),
        occurred_ms=occurred_ms,
        received_ms=received_ms,
    )


def _renamed(one: Identifier, person: int) -> Identifier:
    value = f"{one.value}-{person}"
    return Identifier(identifier_key(_SALT, one.kind, value), one.kind, value)


def has(person: int, what: str, share: float) -> bool:
    """Whether a person has something that this share of people has.

    Always the same result for the same person.
    """
    return (
        int.from_bytes(blake2b(f"{person}:{what}".encode(), digest_size=4).digest()) < share * 2**32
    )


def properties_of(event: EventKind, person: int, amount: float) -> Raw:
    """Properties of a person's event of a kind.

    A ``revenue`` is log-normal over people around the median amount.
    """
    properties = dict(event.properties)
    if "revenue" in properties:
        spread = 0.5 * float(np.random.default_rng(person).standard_normal())
        properties["revenue"] = round(amount * 2.718281828**spread, 2)
    return properties
