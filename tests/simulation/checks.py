"""What must hold when a simulated world is quiet."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from domain.event import OPERATOR, DeadLetter, Erase, Event
from domain.ids import IdentifierKey, MessageKey
from domain.privacy.erasure import NEVER_MS
from domain.signals import metrics
from oracle.tables import Rules, Totals
from oracle.verification import differences
from sources.intake.decode import Decoder
from tests.simulation.world import World


def complaints(world: World) -> Iterator[str]:
    """Everything that is wrong; nothing when all laws hold."""
    yield from oracle_complaints(world)
    yield from exactly_once_complaints(world)
    yield from erasure_complaints(world)
    yield from outbox_complaints(world)
    yield from history_complaints(world)


def oracle_complaints(world: World) -> Iterator[str]:
    """Laws 4 and 5: the tables are what a naive recomputation from the stored events gives, in
    every workspace, and no wake is late."""
    history = world.history
    for workspace, definitions in world.tables.registry.definitions.items():
        sweeping = any(
            not sweep.done for sweep in world.tables.sweeps if sweep.workspace == workspace
        )
        rules = Rules(
            history.registry.salts[workspace],
            history.identity,
            history.profile,
            definitions,
            sweeping,
            foresee=True,
            chunk=3,
        )
        for difference in differences(
            world.tables.snapshot(workspace), rules, world.now_ms, Totals()
        ):
            yield str(difference)


def exactly_once_complaints(world: World) -> Iterator[str]:
    """Law 1: every record took effect once: stored, counted as a duplicate, or kept as a dead
    letter."""
    history, tables = world.history, world.tables
    registry = history.registry
    decode = Decoder(registry.sources, registry.salts, history.identity, history.profile)
    items = [
        item
        for number in range(history.partitions)
        if (batch := world.log.read(number, 0, 10**9))
        for item in decode(batch)
    ]
    messages = Counter(item.message_key for item in items if not isinstance(item, DeadLetter))
    kept = len(tables.events) + len(tables.erased_messages)
    if set(messages) != tables.events.keys() | tables.erased_messages.keys():
        yield f"events: {len(messages)} different messages were sent, {kept} are known"
    if tables.events.keys() & tables.erased_messages.keys():
        yield "events: an erased message is stored"
    letters = sum(isinstance(item, DeadLetter) for item in items)
    if letters != len(tables.dead_letters):
        yield f"dead letters: {letters} expected, {len(tables.dead_letters)} stored"
    if messages.total() - len(messages) != tables.duplicates:
        yield (
            f"duplicates: {messages.total() - len(messages)} expected, {tables.duplicates} counted"
        )
    accepted = sum(
        value
        for key, value in tables.observed.items()
        if key.metric in (metrics.ACCEPTED, metrics.SUPPRESSED)
    )
    events = sum(
        isinstance(event, Event) and event.source != OPERATOR for event in tables.events.values()
    )
    stated = {
        item.message_key for item in items if isinstance(item, Event) and item.source == OPERATOR
    }
    if accepted != events + len(tables.erased_messages.keys() - stated):
        yield f"observations: {accepted} accepted or suppressed, {events} stored"


def erasure_complaints(world: World) -> Iterator[str]:
    """Law 17: what was erased is nowhere, and nothing else is gone."""
    history, tables = world.history, world.tables
    registry = history.registry
    decode = Decoder(registry.sources, registry.salts, history.identity, history.profile)
    until: dict[IdentifierKey, int] = {}
    copies: dict[MessageKey, list[Event]] = defaultdict(list)
    for number in range(history.partitions):
        batch = world.log.read(number, 0, 10**9)
        for item in decode(batch) if batch else ():
            if isinstance(item, Event):
                copies[item.message_key].append(item)
            elif isinstance(item, Erase):
                for key in item.identifiers:
                    until[key] = max(until.get(key, NEVER_MS), item.until_ms)
    if until != {k: e.until_ms for k, e in tables.erased.items() if e.until_ms > NEVER_MS}:
        yield "erasure: the instants are not those of the commands"
    for message, told in copies.items():
        gone = [until.get(one.identifiers[0].key, NEVER_MS) >= one.occurred_ms for one in told]
        if message in tables.events and all(gone):
            yield f"erasure: message {message.hex()} came back"
        if message in tables.erased_messages and not any(gone):
            yield f"erasure: message {message.hex()} is gone"


def outbox_complaints(world: World) -> Iterator[str]:
    """The outbox adds up to the memberships, and never takes out who is not in."""
    balance: dict[tuple[int, bytes], int] = defaultdict(int)
    for change in world.tables.outbox:
        member = change.segment, change.profile
        balance[member] += change.delta
        if balance[member] not in (0, 1) or (change.delta == 0 and balance[member] != 1):
            yield (
                f"outbox: segment {change.segment} person {change.profile.hex()}: delta"
                f" {change.delta} leaves {balance[member]}"
            )
    members = {member for member, count in balance.items() if count}
    if members != set(world.tables.memberships):
        yield (
            f"outbox: {len(members)} members by the outbox, {len(world.tables.memberships)} in the"
            " table"
        )


def history_complaints(world: World) -> Iterator[str]:
    """Everybody who is gone was merged away, and everybody who came out of somebody is recorded."""
    merged = {merge.other for merge in world.tables.merges if merge.kind == "merge"}
    merged |= world.tables.forgotten
    for profile in sorted(world.tables.ever - world.tables.people.keys() - merged):
        yield f"merge history: person {profile.hex()} is gone without a trace"
