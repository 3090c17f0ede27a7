"""Seeded generator of adversarial histories: Segment records as clients send them, operators'
commands between them, and rules that bite.

A history is a list of log appends in order; its seed is all that is needed to have it again.
"""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, Final, NamedTuple

from msgspec.structs import replace

from domain.ids import SegmentId, SourceId, WorkspaceId
from domain.intake.envelope import encode_event, encode_sealed
from domain.keys import command_id, identifier_key
from domain.policies import IdentityRules, KindRule, ProfileRules
from domain.segments.definition import CONSENTED_CUSTOMERS, Segment, WorkspaceDefinitions
from domain.segments.event_filter import EventFilter
from domain.segments.rule import Sequence, Step
from store.definitions.load import Registry, SourceRow
from tests.support import rules_generators as draw

T0: Final = 1_700_000_000_000
SPAN_MS: Final = 60_000
LIVE_MS: Final = 4_000
SALTS: Final = {1: b"salt of the first", 2: b"salt of the other"}
LOG: Final = "simulated"
_WRONG: Final = (
    b"{",
    b"[]",
    b'{"type":"track"}',
    b'{"type":"dance","userId":"u1"}',
    b'{"type":"track","event":"x"}',
    b'{"type":"identify","userId":"null"}',
    b'{"type":"track","event":"x","userId":"u1","timestamp":"soon"}',
)

_LEFT: Final = Sequence(
    (Step(EventFilter(None)), Step(EventFilter("Never"), "2s", absent=True)), "3s"
)
"""Did something, and nothing more for two seconds: every visit wakes the person twice, soon after
it."""

Mention = tuple[str, str]


class Append(NamedTuple):
    """One record written to the log."""

    partition: int
    value: bytes


@dataclass(frozen=True)
class History:
    """A workload and the rules under which it is processed.

    Attributes:
        live: events happen one after the other, `LIVE_MS` apart, rather than anywhere in `SPAN_MS`.
    """

    seed: int
    partitions: int
    appends: tuple[Append, ...]
    identity: IdentityRules
    profile: ProfileRules
    registry: Registry
    live: bool = False


def _kinds(
    user: int, email: int, phone: int, device: int, anonymous: int, crm: int
) -> dict[str, KindRule]:
    return {
        "user_id": KindRule(1, user),
        "crm_id": KindRule(1, crm),
        "email": KindRule(2, email),
        "phone": KindRule(3, phone),
        "device_id": KindRule(4, device),
        "anonymous_id": KindRule(5, anonymous),
    }


_IDENTITIES: Final = (
    IdentityRules(kinds=_kinds(1, 2, 2, 2, 3, 1), total_limit=6),
    IdentityRules(kinds=_kinds(1, 1, 1, 1, 1, 1), total_limit=4),
    IdentityRules(kinds=_kinds(1, 5, 5, 20, 500, 1)),
    IdentityRules(kinds=_kinds(2, 2, 2, 4, 4, 2), total_limit=5, alias_kind="user_id"),
    IdentityRules(kinds=_kinds(3, 3, 3, 3, 3, 3), total_limit=1_000),
)
_PROFILES: Final = (
    ProfileRules(
        session_gap=timedelta(seconds=5),
        churn_after=timedelta(seconds=20),
        name_limit=3,
        trait_limit=4,
        group_limit=2,
        order_events=frozenset({"Order Completed", "Paid"}),
    ),
    ProfileRules(session_gap=timedelta(seconds=1), churn_after=timedelta(seconds=45),
        group_limit=1, default_currency="EUR",
                 known_kinds=frozenset({"crm_id", "phone"})),
)  # fmt: skip


def _definitions(rng: random.Random, workspace: int, *, live: bool) -> WorkspaceDefinitions:
    """What is live when the history begins: the segment that every workspace starts with, and
    random definitions."""
    first = 100 * (workspace - 1) + 1
    drawn = draw.definitions(
        rng, workspace=workspace, first_id=first + 1, size=rng.choice((0, 1, 3))
    )
    customers = Segment(
        SegmentId(first), WorkspaceId(workspace), rng.choice((1, 3)), CONSENTED_CUSTOMERS
    )
    restless = Segment(SegmentId(first + 90), WorkspaceId(workspace), 1, _LEFT)
    return draw.with_aggregates(
        replace(drawn, segments=(customers, *drawn.segments, *((restless,) if live else ())))
    )


def _registry(rng: random.Random, *, live: bool) -> Registry:
    sources = (SourceRow(SourceId(1), WorkspaceId(1), SALTS[1], "US"),
        SourceRow(SourceId(2), WorkspaceId(1), SALTS[1], "DE"),
               SourceRow(SourceId(3), WorkspaceId(2), SALTS[2], ""))  # fmt: skip
    return Registry(
        {row.id: row for row in sources},
        dict(SALTS),
        {WorkspaceId(workspace): _definitions(rng, workspace, live=live) for workspace in SALTS},
        revision=1,
    )


def generate(seed: int) -> History:
    """Make the history of a seed."""
    rng = random.Random(seed)
    draft = _Draft(rng)
    for _ in range(rng.choice((1, 2, 3, 5, 8))):
        draft.scenario()
    appends = draft.appends
    if rng.random() < (0.1 if draft.live else 0.3):
        rng.shuffle(appends)
    partitions = rng.choice((2, 4) if draft.live else (1, 2, 4))
    keyed = rng.random() < (0.8 if draft.live else 0.4)
    placed = tuple(
        Append((affinity if keyed else rng.randrange(partitions)) % partitions, value)
        for affinity, value in appends
    )
    return History(
        seed,
        partitions,
        placed,
        rng.choice(_IDENTITIES),
        rng.choice(_PROFILES),
        _registry(rng, live=draft.live),
        draft.live,
    )


class _Draft:
    """A history being written."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.appends: list[tuple[int, bytes]] = []
        self.pairs: list[tuple[int, Mention, Mention]] = []
        self.commands: list[tuple[int, Mention, Mention, int]] = []
        self.sent: list[tuple[int, str, dict[str, Any]]] = []
        size = rng.choice((2, 3, 5))
        self.live = rng.random() < 0.4
        self.pool: dict[str, list[str]] = {
            "user_id": [f"u{n}" for n in range(size)],
            "email": [f"m{n}@example.com" for n in range(size)],
            "phone": [f"+1650253000{n}" for n in range(min(size, 3))],
            "device_id": [f"ab-{n}" for n in range(size)],
            "anonymous_id": [f"a{n}" for n in range(size * 2)],
            "crm_id": [f"c{n}" for n in range(size)],
        }

    def scenario(self) -> None:
        scenes: tuple[Callable[[], None], ...] = (
            self.mixture, self.mixture, self.mixture, self.shared_device, self.chain, self.storm,
            self.aliases, self.purchases,
            self.orphans, self.nonsense, self.tangle, self.tangle,
        )  # fmt: skip
        scene = self.visits if self.live and self.rng.random() < 0.7 else self.rng.choice(scenes)
        scene()
        while self.rng.random() < 0.35:
            self.unmerge()
            while self.rng.random() < 0.4:
                self.overrule()
        while self.rng.random() < 0.15:
            self.erase()
        while self.rng.random() < 0.25:
            self.state()
        while self.rng.random() < 0.25:
            self.restrict()
        while self.sent and self.rng.random() < 0.4:
            self.again()

    def mixture(self) -> None:
        """Anybody with anything."""
        for _ in range(self.rng.randint(1, 12)):
            kinds = self.rng.sample(sorted(self.pool), self.rng.choice((1, 1, 2, 2, 3, 4)))
            self.event([(kind, self.rng.choice(self.pool[kind])) for kind in kinds])

    def shared_device(self) -> None:
        """Several users on one device, in any order."""
        device = self.one(self.rng.choice(("device_id", "anonymous_id")))
        for user in self.rng.sample(self.pool["user_id"], 2):
            for _ in range(self.rng.randint(1, 3)):
                self.event([("user_id", user), device] if self.rng.random() < 0.7 else [device])

    def visits(self) -> None:
        """People who come without a name, log in, and come back without it, again and again."""
        names = zip(
            self.pool["user_id"],
            self.rng.sample(self.pool["anonymous_id"], len(self.pool["user_id"])),
            strict=True,
        )
        people: list[tuple[Mention, Mention]] = [
            (("user_id", user), ("anonymous_id", browser)) for user, browser in names
        ]
        for _ in range(self.rng.choice((1, 1, 2))):
            for logs_in in (False, True, False, False):
                for user, browser in people:
                    named = (
                        [user, browser]
                        if logs_in
                        else [self.rng.choice((browser, browser, browser, user))]
                    )
                    self.event(named, source=1, order=self.rng.random() < 0.7)

    def chain(self) -> None:
        """Identifiers linked one to the next, links told in any order."""
        nodes = self.rng.sample(
            [(kind, value) for kind, values in sorted(self.pool.items()) for value in values], 6
        )
        links = list(pairwise(nodes))
        self.rng.shuffle(links)
        for one, other in links:
            self.event([one, other])

    def storm(self) -> None:
        """Everybody meets at one identifier."""
        centre = self.one(self.rng.choice(("email", "user_id", "crm_id")))
        around = [
            (kind, value)
            for kind in ("anonymous_id", "device_id", "email")
            for value in self.pool[kind]
        ]
        for other in self.rng.sample(around, min(7, len(around))):
            if self.rng.random() < 0.5:
                self.event([other])
            self.event([centre, other])

    def tangle(self) -> None:
        """More people than the limits let become one, every pair stated again and again, late and
        early."""
        nodes = [
            (kind, value)
            for kind in ("user_id", "crm_id", "anonymous_id")
            for value in self.pool[kind][:3]
        ]
        for _ in range(self.rng.randint(4, 14)):
            self.event(self.rng.sample(nodes, 2), source=1)

    def aliases(self) -> None:
        """Alias after alias."""
        names = [*self.pool["user_id"], *self.pool["anonymous_id"]]
        self.rng.shuffle(names)
        for previous, user in pairwise(names[:5]):
            self.event([("user_id", user)], previous=previous)

    def purchases(self) -> None:
        """One person buys, consents, withdraws."""
        person = [self.one("user_id"), self.one("anonymous_id")]
        for _ in range(self.rng.randint(2, 6)):
            self.event(
                self.rng.sample(person, self.rng.choice((1, 2))),
                order=self.rng.random() < 0.6,
                consent=self.rng.random() < 0.6,
            )

    def orphans(self) -> None:
        """A command about identifiers that nobody has seen yet, then the events."""
        one, other = self.one("user_id"), self.one("anonymous_id")
        self.command(1, one, other)
        self.event([one, other], source=1)

    def nonsense(self) -> None:
        """Records that must become dead letters, and nothing else."""
        for _ in range(self.rng.randint(1, 4)):
            source, value = self.rng.choice((1, 3, 99)), self.rng.choice(_WRONG)
            self.put(
                encode_event(source, self.received(), 0, value)
                if self.rng.random() < 0.8
                else b"\xff"
            )

    def unmerge(self) -> None:
        """An operator parts two identifiers that were named together."""
        if self.pairs:
            self.command(*self.rng.choice(self.pairs))

    def overrule(self) -> None:
        """An operator lifts a ban, or bans again; at times in the same millisecond."""
        if not self.commands:
            return
        workspace, one, other, received = self.rng.choice(self.commands)
        kind = "unmerge" if self.rng.random() < 0.3 else "allow"
        self.command(
            workspace, one, other, kind, received if self.rng.random() < 0.2 else self.received()
        )

    def erase(self) -> None:
        """Somebody asks to be erased: all that hangs together, or a part of it."""
        workspace, chosen = (
            self.rng.choice((1, 1, 2)),
            {self.one(self.rng.choice(sorted(self.pool)))},
        )
        if self.pairs:
            workspace, one, other = self.rng.choice(self.pairs)
            chosen = {one, other}
            for _ in range(self.rng.choice((0, 1, 5))):
                chosen |= {
                    end
                    for where, *ends in self.pairs
                    if where == workspace and not chosen.isdisjoint(ends)
                    for end in ends
                }
        if self.rng.random() < 0.2:
            chosen = set(self.rng.sample(sorted(chosen), 1))
        at_ms = self.received() if self.rng.random() < 0.5 else T0 + self.rng.randrange(SPAN_MS)
        body = {
            "kind": "erase",
            "workspace": workspace,
            "id": command_id(SALTS[workspace], "erase", len(self.appends)),
            "identifiers": [identifier_key(SALTS[workspace], *one).hex() for one in sorted(chosen)],
            "afterwards": self.rng.choice(("new", "new", "new", "refuse")),
            "author": "officer",
            "reason": "they asked for it",
        }
        if body["afterwards"] == "new" and self.rng.random() < 0.3:
            body["until"] = at_ms - self.rng.randrange(SPAN_MS)  # as retention asks
        self.put(encode_sealed(SALTS[workspace], at_ms, json.dumps(body).encode()))

    def state(self) -> None:
        """An operator states what somebody consents to, now or for a past instant.

        Perhaps of an identifier that nobody has seen; perhaps twice; perhaps forged.
        """
        rng = self.rng
        workspace = rng.choice((1, 1, 1, 2))
        kind, value = self.one(rng.choice(sorted(self.pool)))
        received = self.received()
        state = rng.choice(("granted", "refused"))
        purpose = rng.choice(("advertising", "advertising", "analytics", "*"))
        body = {
            "kind": "consent",
            "workspace": workspace,
            "id": command_id(SALTS[workspace], "consent", len(self.appends)),
            "identifier": [kind, value],
            "purpose": purpose,
            "purposes": rng.choice(((), (), ("analytics", purpose))),
            "state": "refused" if purpose == "*" else state,
            "stated": received if rng.random() < 0.6 else T0 + rng.randrange(SPAN_MS),
            "version": rng.choice(("", "v2")),
            "author": "op",
            "reason": "a call",
            "evidence": "a tape",
        }
        salt = SALTS[workspace] if rng.random() < 0.95 else b"forged"
        for _ in range(rng.choice((1, 1, 1, 2))):
            self.put(encode_sealed(salt, received, json.dumps(body).encode()))

    def restrict(self) -> None:
        """An operator restricts somebody, and perhaps releases them; once more, forged, at once.

        Perhaps of an identifier that nobody has seen; perhaps a source states the same words.
        """
        rng = self.rng
        workspace = rng.choice((1, 1, 1, 2))
        named = list(self.one(rng.choice(sorted(self.pool))))
        received = self.received()
        for state in rng.choice((("refused",), ("refused", "granted"), ("granted", "refused"))):
            body = {
                "kind": "restriction",
                "workspace": workspace,
                "id": command_id(SALTS[workspace], "restriction", len(self.appends)),
                "identifier": named,
                "purpose": "ANY_USE",
                "state": state,
                "stated": received,
                "author": "officer",
                "reason": "they contest it",
            }
            salt = SALTS[workspace] if rng.random() < 0.95 else b"forged"
            for _ in range(rng.choice((1, 1, 1, 2))):
                self.put(encode_sealed(salt, received, json.dumps(body).encode()))
            received = received if rng.random() < 0.3 else self.received()

    def again(self) -> None:
        """A client repeats itself, word for word or with another story under the same id."""
        source, message_id, body = self.rng.choice(self.sent)
        if self.rng.random() < 0.2:
            body = {**body, "timestamp": self.instant(), "anonymousId": self.one("anonymous_id")[1]}
        self.put(
            encode_event(
                source,
                self.received(),
                0,
                json.dumps(body).encode(),
                message_id if "messageId" not in body else "",
            )
        )

    def one(self, kind: str) -> Mention:
        return kind, self.rng.choice(self.pool[kind])

    def received(self) -> int:
        if self.live:
            return T0 + (len(self.appends) + 1) * LIVE_MS
        return T0 + SPAN_MS + self.rng.randrange(SPAN_MS // 2)

    def instant(self) -> Any:
        at = T0 + self.rng.choice((self.rng.randrange(10) * 1_000, self.rng.randrange(SPAN_MS)))
        if self.live:
            at = T0 + len(self.appends) * LIVE_MS + self.rng.randrange(LIVE_MS)
        if self.rng.random() < 0.05:
            at += SPAN_MS * 10
        if self.rng.random() < 0.5:
            return at
        return (
            (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at))
            .isoformat(timespec="milliseconds")
            .replace("+00:00", "Z")
        )

    def put(self, value: bytes, affinity: int | None = None) -> None:
        self.appends.append((self.rng.randrange(16) if affinity is None else affinity, value))

    def command(
        self,
        workspace: int,
        one: Mention,
        other: Mention,
        kind: str = "unmerge",
        received: int | None = None,
    ) -> None:
        received = self.received() if received is None else received
        self.commands.append((workspace, one, other, received))
        keys = [identifier_key(SALTS[workspace], *mention).hex() for mention in (one, other)]
        self.rng.shuffle(keys)
        body = {
            "kind": kind,
            "workspace": workspace,
            "id": f"command {len(self.appends)}",
            "links": [keys],
            "author": "op",
            "reason": self.rng.choice(("no", "never")),
        }
        self.put(encode_sealed(SALTS[workspace], received, json.dumps(body).encode()))

    def event(
        self,
        mentions: list[Mention],
        *,
        previous: str = "",
        order: bool = False,
        consent: bool | None = None,
        source: int | None = None,
    ) -> None:
        """Write one event that names some identifiers."""
        rng = self.rng
        source = source or rng.choice((1, 1, 1, 2, 2, 3))
        type_ = (
            "alias"
            if previous
            else (
                "track"
                if order
                else rng.choice(("track", "track", "identify", "page", "screen", "group"))
            )
        )
        named = dict(mentions)
        body: dict[str, Any] = {"type": type_}
        context: dict[str, Any] = {}
        traits: dict[str, Any] = {}
        if previous:
            body["previousId"] = previous
        if rng.random() < 0.95:
            body["timestamp"] = self.instant()
        if "user_id" in named:
            body["userId"] = named["user_id"]
        if "anonymous_id" in named:
            body["anonymousId"] = named["anonymous_id"]
        if "email" in named:
            traits["email"] = rng.choice((str.upper, str, lambda text: f" {text}"))(named["email"])
        if "phone" in named:
            traits["phone"] = rng.choice(
                (
                    named["phone"],
                    f"({named['phone'][2:5]}) {named['phone'][5:8]}-{named['phone'][8:]}",
                )
            )
        if "device_id" in named:
            context["device"] = {
                "advertisingId": named["device_id"],
                "adTrackingEnabled": rng.choice((True, True, None, False)),
            }
        if "crm_id" in named:
            context["externalIds"] = [
                {"id": named["crm_id"], "type": "crm_id"},
                {"id": "x", "type": "of no kind"},
            ]
        self._say(body, context, traits, type_, order=order)
        if consent or (consent is None and rng.random() < 0.2):
            context |= self._stated()
        self._place_traits(body, context, traits, type_)
        if context:
            body["context"] = context
        message_id = f"message {len(self.appends)}"
        if rng.random() < 0.9:
            body["messageId"] = message_id
        self.sent.append((source, message_id, body))
        affinity = sum(str(body.get("userId") or body.get("anonymousId") or message_id).encode())
        self.put(
            encode_event(
                source,
                self.received(),
                0,
                json.dumps(body).encode(),
                "" if "messageId" in body else message_id,
            ),
            affinity,
        )
        workspace = 2 if source == 3 else 1
        if previous:
            named[rng.choice(("anonymous_id", "user_id"))] = previous
        pair = rng.sample(sorted(named.items()), 2) if len(named) > 1 else []
        if pair:
            self.pairs.append((workspace, pair[0], pair[1]))

    def _stated(self) -> dict[str, Any]:
        """Consent in one of its forms, or in none."""
        rng = self.rng
        if rng.random() < 0.1:
            return {
                "consentManagement": {
                    rng.choice(("allowedConsentIds", "deniedConsentIds")): ["advertising"]
                }
            }
        names = rng.sample(
            ("advertising", "Advertising", "analytics", "ANY_USE"), rng.choice((1, 1, 2, 3))
        )
        purposes = {purpose: rng.random() < 0.6 for purpose in names}
        return {
            "consent": {"categoryPreferences": purposes} if rng.random() < 0.9 else "unreadable"
        }

    def _say(
        self,
        body: dict[str, Any],
        context: dict[str, Any],
        traits: dict[str, Any],
        type_: str,
        *,
        order: bool,
    ) -> None:
        rng = self.rng
        if type_ == "track":
            body["event"] = (
                rng.choice(("Order Completed", "Paid"))
                if order
                else rng.choice(("Viewed", "Clicked", "Shared", "Order Completed"))
            )
            amount = rng.choice((10, 12.345, 0.125, "7.5", "free", None, True, -3, 1e20, "1e2"))
            body["properties"] = {
                **draw.properties(rng, T0),
                rng.choice(("revenue", "total", "value")): amount,
                "revenue": rng.choice((None, amount)),
                "currency": rng.choice(("usd", "JPY", "KWD", "", 5, None, "euro")),
            }
        elif type_ in ("page", "screen"):
            body["name"] = rng.choice(("Home", "Cart", "Ca\0rt", "", None))
            body["properties"] = rng.choice((None, draw.properties(rng, T0)))
        elif type_ == "group":
            body["groupId"] = rng.choice(("g1", "g2", 3, 3.0))
        for trait in rng.sample(
            ("plan", "age", "city", "score", "tags", "big"), rng.choice((0, 0, 1, 2, 4))
        ):
            traits[trait] = rng.choice(
                (
                    1,
                    1.0,
                    True,
                    None,
                    "x",
                    "pro",
                    ["pro", 1],
                    draw.texts(rng, T0),
                    ["a", {"b": 1}],
                    {"k": []},
                    2**70,
                    -0.0,
                    2**63,
                )
            )
        if rng.random() < 0.1:
            context["traits"] = {
                "plan": "ambient",
                "email": rng.choice((None, 5, "not an address")),
            }

    def _place_traits(
        self, body: dict[str, Any], context: dict[str, Any], traits: dict[str, Any], type_: str
    ) -> None:
        if type_ == "identify" and self.rng.random() < 0.8:
            body["traits"] = traits
        elif traits:
            context["traits"] = {**context.get("traits", {}), **traits}
        if type_ == "group":
            body["traits"] = {
                "name": self.rng.choice(("Acme", "Initech")),
                "email": "group@example.com",
            }
