"""UNIFY: what one batch does, told by calling it."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from msgspec.structs import replace

from domain.changes import Changes, LoadedState, NeedMore
from domain.event import Command, Event, Identifier
from domain.ids import SegmentId, WorkspaceId
from domain.policies import ProfileRules
from domain.profiles.consent import EVERY_PURPOSE
from domain.profiles.leaf import Leaf
from domain.profiles.profile import Person, Stage
from domain.segments.conditions import NotExists
from domain.segments.definition import Segment
from domain.segments.rule import Trait
from operators.unify.batch import unify
from operators.unify.definitions import Definitions
from operators.unify.read_set import collect_read_set
from operators.unify.suppress import suppress
from operators.unify.wake import wake
from store.definitions.load import Registry
from store.unify.outcomes import Committed
from tests.simulation.memory import MemoryTables, MemoryUnitOfWork
from tests.support.builders import NOON_MS, SALT, WORKSPACE, definitions, event, key, order, unmerge

NOW_MS = NOON_MS + 1_000_000
GRANTED = {"advertising": True}
REFUSED = {"advertising": False}


class World:
    """A store and the rules; `feed` commits one batch."""

    def __init__(self, rules: Definitions | None = None) -> None:
        self.rules = rules or definitions()
        self.tables = MemoryTables(Registry({}, {1: SALT}, {}, self.rules.revision))
        self.store = MemoryUnitOfWork(self.tables)

    def feed(self, *items: Event | Command, now_ms: int = NOW_MS) -> Changes:
        known = self.store.load(collect_read_set(items))
        judged = suppress(items, known, without)
        answer = unify(judged, known, self.rules, now_ms)
        while isinstance(answer, NeedMore):
            known = self._more(known, answer)
            answer = unify(judged, known, self.rules, now_ms)
        self.commit(answer)
        return answer

    def _more(self, known: LoadedState, more: NeedMore) -> LoadedState:
        if more.later:
            stored = self.tables.events
            known.later |= {leaf: [] for leaf, _ in more.later}
            for row in self.store.load_later(more.later):
                event = stored[row.event.message_key]
                assert isinstance(event, Event)
                known.later[row.leaf].append(event)
            return known
        extended = (
            self.store.load_around(known, more.around)
            if more.around
            else self.store.load_components(known, more.people)
        )
        assert isinstance(extended, LoadedState)
        return extended

    def commit(self, changes: Changes) -> None:
        assert isinstance(self.store.commit(changes, None), Committed)

    def people(self) -> list[Person]:
        return self.store.load_people(list(self.tables.people))

    def person(self, name: str) -> Person:
        owner = self.tables.identifiers[key(name)].profile
        return self.store.load_people([owner])[0]

    def views(self) -> dict[frozenset[bytes], tuple[Leaf, Stage, list[int]]]:
        people = {person.id: person for person in self.people()}
        return {
            frozenset(keys): (
                people[profile].view,
                people[profile].stage,
                list(people[profile].segments),
            )
            for profile, keys in self.tables.owned.items()
            if keys
        }


def without(event: Event, erased: Sequence[Identifier]) -> Event:
    """An event whose JSON never named some identifiers."""
    kept = tuple(one for one in event.identifiers if one not in erased)
    return replace(event, identifiers=kept)


def woken(person: Person, rules: Definitions, now_ms: int) -> Changes:
    changes = wake([person], LoadedState(), rules, now_ms)
    assert isinstance(changes, Changes)
    return changes


def fed(batches: Iterable[Iterable[Event | Command]], rules: Definitions | None = None) -> World:
    world = World(rules)
    for items in batches:
        world.feed(*items)
    return world


def test_one_person_comes_out_of_an_anonymous_visit_and_a_sign_in() -> None:
    world = fed([[event("a1")], [event("u1", "a1", at_ms=5)]])
    (person,) = world.people()
    assert (person.view.events, person.kinds, person.stage) == (
        2,
        {"anonymous_id": 1, "user_id": 1},
        Stage.KNOWN,
    )


def test_two_people_with_a_past_merge_and_the_history_says_which_event_did_it() -> None:
    world = fed(
        [
            [event("u1", at_ms=1)],
            [event("e1", at_ms=2)],
            [event("u1", "e1", at_ms=3, message="cause")],
        ]
    )
    (merge,) = world.tables.merges
    assert (merge.kind, {bytes(merge.survivor), bytes(merge.other)}, merge.occurred_ms) == (
        "merge",
        {bytes(key("u1")), bytes(key("e1"))},
        NOON_MS + 3,
    )
    assert world.person("u1").view.events == 3


def test_a_new_identifier_of_the_same_event_is_attached_without_a_merge() -> None:
    assert fed([[event("u1", "e1", "a1")]]).tables.merges == []


def test_a_message_is_counted_once_however_it_comes_back() -> None:
    again = event("u1", message="m")
    world = fed([[again, again], [again]])
    assert (world.person("u1").view.events, world.tables.duplicates) == (1, 2)


def test_a_shared_device_stays_with_its_first_user_and_the_event_goes_to_its_own() -> None:
    world = fed([[event("u1", "d1", at_ms=1)], [event("u2", "d1", at_ms=2)]])
    assert world.person("d1").id == world.person("u1").id != world.person("u2").id
    assert (world.person("u1").view.events, world.person("u2").view.events) == (1, 1)
    assert [(link.status, link.reason) for link in world.tables.links.values()] == [
        ("linked", ""),
        ("refused", "limit:user_id"),
    ]


def test_a_late_event_hands_a_shared_device_over_to_whoever_had_it_first() -> None:
    in_order = fed(
        [
            [event("u1", "d1", at_ms=1, message="1"), event("u2", "d1", at_ms=2, message="2")],
            [event("d1", at_ms=3, message="3")],
        ]
    )
    late = fed(
        [
            [event("u2", "d1", at_ms=2, message="2"), event("d1", at_ms=3, message="3")],
            [event("u1", "d1", at_ms=1, message="1")],
        ]
    )
    assert in_order.views() == late.views()
    assert late.tables.merges[-1].kind == "split"


def test_the_other_identifiers_of_an_event_are_linked_when_one_would_break_a_limit() -> None:
    world = fed([[event("u1", "e1", at_ms=1)], [event("u2", "e1", "a2", at_ms=2)]])
    assert world.person("a2").id == world.person("u2").id != world.person("e1").id


def test_unmerge_gives_what_would_have_been_without_the_link() -> None:
    before = [
        event("u1", at_ms=1, traits={"plan": "gold"}, message="1"),
        order("e1", at_ms=2, consent=GRANTED, message="2"),
    ]
    wrong = event("u1", "e1", at_ms=3, message="3")
    after = [event("e1", "a1", at_ms=4, message="4"), event("u1", at_ms=5, message="5")]
    merged = fed([before, [wrong], after[:1], [unmerge(("u1", "e1"))], after[1:]])
    alone = event("u1", at_ms=3, message="3")
    never = fed([before, [alone], after])
    assert merged.views() == never.views()


def test_an_unmerge_outlives_a_replay_that_puts_it_first() -> None:
    history = [event("u1", at_ms=1), event("e1", at_ms=2), event("u1", "e1", at_ms=3)]
    command = unmerge(("u1", "e1"))
    assert fed([history, [command]]).views() == fed([[command], history]).views()


def test_identifiers_get_the_person_id_back_that_they_had_before_a_merge() -> None:
    world = fed(
        [
            [event("u1", at_ms=1), event("e1", at_ms=2)],
            [event("u1", "e1", at_ms=3)],
            [unmerge(("u1", "e1"))],
        ]
    )
    assert {bytes(person.id) for person in world.people()} == {bytes(key("u1")), bytes(key("e1"))}


def test_freeing_a_limit_lets_a_refused_link_hold() -> None:
    world = fed(
        [[event("u1", "d1", at_ms=1)], [event("u2", "d1", at_ms=2)], [unmerge(("u1", "d1"))]]
    )
    assert world.person("d1").id == world.person("u2").id


def test_a_person_enters_a_segment_in_the_batch_that_makes_it_so() -> None:
    changes = World().feed(order("u1", consent=GRANTED))
    assert [(change.delta, change.cause, change.urgent) for change in changes.memberships] == [
        (1, "event", False)
    ]


def test_a_withdrawal_of_consent_leaves_at_once_and_is_urgent() -> None:
    world = fed([[order("u1", consent=GRANTED, at_ms=1)]])
    changes = world.feed(event("u1", consent=REFUSED, at_ms=2))
    assert [(change.delta, change.cause, change.urgent) for change in changes.memberships] == [
        (-1, "consent", True)
    ]


def test_a_refusal_of_every_purpose_withdraws_what_was_granted_before_and_nothing_later() -> None:
    world = fed([[order("u1", consent=GRANTED, at_ms=1)]])
    changes = world.feed(event("u1", consent={EVERY_PURPOSE: False}, at_ms=2))
    assert [(change.delta, change.cause, change.urgent) for change in changes.memberships] == [
        (-1, "consent", True)
    ]
    assert world.person("u1").granted == []
    changes = world.feed(event("u1", consent=GRANTED, at_ms=3))
    assert [(change.delta, change.cause, change.urgent) for change in changes.memberships] == [
        (1, "event", False)
    ]
    assert world.feed(event("u1", consent={EVERY_PURPOSE: False}, at_ms=2)).memberships == []


def test_a_merge_with_somebody_who_refused_every_purpose_withdraws() -> None:
    world = fed(
        [
            [order("u1", consent=GRANTED, at_ms=1)],
            [event("e1", consent={EVERY_PURPOSE: False}, at_ms=2), event("e1", at_ms=2)],
        ]
    )
    assert [
        (change.delta, change.urgent)
        for change in world.feed(event("u1", "e1", at_ms=3)).memberships
    ] == [(-1, True)]
    again = world.feed(unmerge(("u1", "e1"), at_ms=4))
    assert [(change.delta, change.urgent) for change in again.memberships] == [(1, False)]


def test_a_trait_that_is_left_out_for_want_of_room_is_missed_by_the_segments_that_ask_for_it() -> (
    None
):
    """Of bounded traits those with the smallest digests stay, so that one that comes may drop
    another one."""
    lacking = tuple(
        Segment(SegmentId(number), WORKSPACE, 1, Trait(name, NotExists()))
        for number, name in enumerate(("age", "city", "plan"), 1)
    )
    world = World(definitions(profile=ProfileRules(trait_limit=1), segments=lacking))
    for step, name in enumerate(("age", "city", "plan")):
        world.feed(event("u1", at_ms=step, traits={name: 1}))
        person = world.person("u1")
        assert {
            segment.id
            for segment in lacking
            if segment.rule.name not in person.view.traits  # type: ignore[union-attr]
        } == set(person.segments)


def test_a_merge_re_evaluates_memberships_and_withdraws_the_absorbed() -> None:
    world = fed(
        [
            [order("u1", consent=GRANTED, at_ms=1)],
            [event("e1", consent=REFUSED, at_ms=2), event("e1", at_ms=2)],
        ]
    )
    changes = world.feed(event("u1", "e1", at_ms=3))
    assert [(change.delta, change.urgent) for change in changes.memberships] == [(-1, True)]


def test_a_member_whose_identifiers_change_is_told_as_such() -> None:
    world = fed([[order("u1", consent=GRANTED)]])
    assert [change.delta for change in world.feed(event("u1", "e1", at_ms=1)).memberships] == [0]


def test_a_customer_churns_by_the_clock_and_comes_back_by_a_purchase() -> None:
    rules = definitions(profile=ProfileRules(churn_after=timedelta(milliseconds=100)))
    world = World(rules)
    world.feed(order("u1", consent=GRANTED), now_ms=NOON_MS)
    person = world.person("u1")
    assert (person.stage, person.wake_ms) == (Stage.CUSTOMER, NOON_MS + 100)
    changes = woken(person, rules, NOON_MS + 100)
    world.commit(changes)
    assert (world.person("u1").stage, [change.cause for change in changes.memberships]) == (
        Stage.CHURNED,
        ["wake"],
    )
    world.feed(order("u1", at_ms=150), now_ms=NOON_MS + 150)
    assert world.person("u1").stage is Stage.CUSTOMER


def test_a_wake_that_comes_early_does_nothing() -> None:
    world = fed([[order("u1")]])
    person = world.person("u1")
    assert woken(person, world.rules, person.wake_ms - 1).people == []


def test_every_item_is_accounted_for() -> None:
    first = event("u1", message="m")
    changes = unify(
        [first, first, event("u2")],
        World().store.load(collect_read_set([first])),
        definitions(),
        NOW_MS,
    )
    assert isinstance(changes, Changes)
    observed = {counted.metric: value for counted, value in changes.observed.items()}
    assert (observed["accepted"], observed["duplicate"], observed["new_people"]) == (2, 1, 2)


def test_a_merge_storm_in_one_batch_makes_one_person() -> None:
    world = fed([[event(f"a{number}", at_ms=number) for number in range(50)]])
    world.feed(*(event(f"a{number}", f"a{number + 1}", at_ms=100 + number) for number in range(49)))
    (person,) = world.people()
    assert (person.view.events, person.kinds, len(world.tables.merges)) == (
        99,
        {"anonymous_id": 50},
        49,
    )


def test_people_of_two_workspaces_share_nothing() -> None:
    changes = World().feed(event("u1"))
    assert {person.workspace for person in changes.people} == {WORKSPACE}
    assert WorkspaceId(2) not in {row.workspace for row in changes.identifiers}
