"""Tables written by hand: everything is a list that a reader can check by eye."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from domain.ids import IdentifierKey, MessageKey, ProfileId, SegmentId, WorkspaceId
from domain.keys import identifier_key, message_key
from domain.link import Link, pair_of
from domain.policies import IdentityRules, ProfileRules
from domain.profiles.leaf import Leaf, Register, Revenue, encode_leaf
from domain.profiles.profile import FactKey, Person, Stage, encode_person
from domain.segments.definition import CONSENTED_CUSTOMERS, Segment, WorkspaceDefinitions
from domain.stored import StoredEvent, StoredIdentifier, StoredMembership, StoredPerson
from oracle.tables import Rules

SALT = b"salt"
NOW = 1_000_000
DAY = 86_400_000
SEGMENT = SegmentId(7)
DEFINITIONS = WorkspaceDefinitions(
    WorkspaceId(1), segments=(Segment(SEGMENT, WorkspaceId(1), 1, CONSENTED_CUSTOMERS),)
)
RULES = Rules(SALT, IdentityRules(), ProfileRules(), DEFINITIONS)


def key(kind: str, value: str) -> IdentifierKey:
    return identifier_key(SALT, kind, value)


def message(name: str) -> MessageKey:
    return message_key(SALT, name)


def tie(name: str) -> int:
    return int.from_bytes(message(name)[:8], "big", signed=True)


def said(name: str, at_ms: int, leaf: IdentifierKey, /, **payload: Any) -> StoredEvent:
    """One stored event."""
    body = json.dumps({"messageId": name, **payload}).encode()
    return StoredEvent(message(name), "", str(payload["type"]), leaf, at_ms, NOW, body)


@dataclass
class HandTables:
    """`oracle.tables.Tables` over lists."""

    stored_events: list[StoredEvent] = field(default_factory=list)
    stored_identifiers: list[StoredIdentifier] = field(default_factory=list)
    stored_people: list[StoredPerson] = field(default_factory=list)
    stored_links: list[Link] = field(default_factory=list)
    stored_memberships: list[StoredMembership] = field(default_factory=list)
    stored_erased: list[tuple[IdentifierKey, int]] = field(default_factory=list)

    def erased(self) -> Iterable[tuple[IdentifierKey, int]]:
        return self.stored_erased

    def events(self) -> Iterable[StoredEvent]:
        return self.stored_events

    def events_of(
        self, leaves: Sequence[IdentifierKey], messages: Sequence[MessageKey]
    ) -> Iterable[StoredEvent]:
        return [
            event
            for event in self.stored_events
            if event.leaf in leaves or event.message_key in messages
        ]

    def owners(self) -> Iterable[tuple[IdentifierKey, ProfileId]]:
        return [(row.key, row.profile) for row in self.stored_identifiers]

    def identifiers_of(self, keys: Sequence[IdentifierKey]) -> Iterable[StoredIdentifier]:
        return [row for row in self.stored_identifiers if row.key in keys]

    def profile_ids(self) -> Iterable[ProfileId]:
        return [row.id for row in self.stored_people]

    def people(self, ids: Sequence[ProfileId]) -> Iterable[StoredPerson]:
        return [row for row in self.stored_people if row.id in ids]

    def links(self) -> Iterable[Link]:
        return self.stored_links

    def memberships(self) -> Iterable[StoredMembership]:
        return self.stored_memberships


MARY = key("user_id", "mary")
BROWSER = key("anonymous_id", "browser")
TABLET = key("anonymous_id", "tablet")


def mary_and_a_stranger() -> HandTables:
    """Mary visits on her browser at 1,000, buys for $12.50 at 2,000 logged in, and grants
    advertising; a tablet visits at 5,000.

    The oracle's answer was worked out by hand: Mary has two identifiers and two leaves, the tablet
    is somebody else.
    """
    events = [
        said("visit", 1_000, BROWSER, type="page", name="Home", anonymousId="browser"),
        said(
            "purchase", 2_000, MARY, type="track", event="Order Completed", userId="mary",
            anonymousId="browser",
            properties={"total": 12.5, "currency": "usd"},
            context={"consent": {"categoryPreferences": {"Advertising": True}},
                "traits": {"plan": "gold"}},
        ),
        said("stranger", 5_000, TABLET, type="page", name="Home", anonymousId="tablet"),
    ]  # fmt: skip
    visit = Leaf(
        first_ms=1_000,
        last_ms=1_000,
        types={"page": 1},
        names={"page:Home": 1},
        sessions=[1_000, 1_000],
    )
    purchase = Leaf(
        first_ms=2_000,
        last_ms=2_000,
        types={"track": 1},
        names={"track:Order Completed": 1},
        traits={"plan": Register("gold", 2_000, tie("purchase"))},
        sessions=[2_000, 2_000],
        revenue={"USD": Revenue(1, 1250)},
        first_order_ms=2_000,
        last_order_ms=2_000,
        consent={"advertising": Register(value=True, at_ms=2_000, tie=tie("purchase"))},
    )
    view = Leaf(
        first_ms=1_000,
        last_ms=2_000,
        types={"page": 1, "track": 1},
        names={"page:Home": 1, "track:Order Completed": 1},
        traits=purchase.traits,
        sessions=[1_000, 2_000],
        revenue=purchase.revenue,
        first_order_ms=2_000,
        last_order_ms=2_000,
        consent=purchase.consent,
    )
    stranger = Leaf(
        first_ms=5_000,
        last_ms=5_000,
        types={"page": 1},
        names={"page:Home": 1},
        sessions=[5_000, 5_000],
    )
    mary = Person(
        ProfileId(MARY), WorkspaceId(1), 2, view, {"user_id": 1, "anonymous_id": 1}, None, 0,
        FactKey(2_000, tie("purchase")),
        Stage.CUSTOMER, 2_000 + 90 * DAY, {SEGMENT: 1}, {SEGMENT: 2_000 + 90 * DAY},
        ["advertising"],
    )  # fmt: skip
    other = Person(ProfileId(TABLET), WorkspaceId(1), 1, stranger, {"anonymous_id": 1}, TABLET)
    return HandTables(
        events,
        [
            StoredIdentifier(MARY, "user_id", "mary", mary.id, encode_leaf(purchase)),
            StoredIdentifier(BROWSER, "anonymous_id", "browser", mary.id, encode_leaf(visit)),
            StoredIdentifier(TABLET, "anonymous_id", "tablet", other.id, None),
        ],
        [row_of(mary), row_of(other)],
        [
            Link(
                WorkspaceId(1),
                *pair_of(MARY, BROWSER),
                FactKey(2_000, tie("purchase")),
                message("purchase"),
                1,
                "linked",
            )
        ],
        [StoredMembership(SEGMENT, mary.id, 1)],
    )


def row_of(person: Person) -> StoredPerson:
    """The row that the engine would write for a person."""
    view = person.view
    return StoredPerson(
        person.id,
        person.version,
        person.stage,
        view.first_ms,
        view.last_ms,
        person.wake_ms or None,
        encode_person(person),
    )
