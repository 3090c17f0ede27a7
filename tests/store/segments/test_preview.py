import itertools
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import msgspec
import psycopg
import pytest

from config.settings import Settings
from domain.ids import SegmentId
from domain.profiles.profile import Stage, decode_person
from domain.segments.conditions import AtLeast, Equals, Exists, WithinLast
from domain.segments.definition import RfmRule, TraitRule
from domain.segments.event_filter import EventFilter, Where
from domain.segments.rule import (
    All,
    Behaviour,
    Computed,
    Consent,
    HasIdentifier,
    Lifecycle,
    Member,
    Not,
    Rfm,
    Rule,
    Sequence,
    Step,
    Trait,
)
from domain.segments.rule import Any as AnyOf
from operators.segments.sampling import Estimate, estimate
from store.definitions import publish as publishing
from store.definitions.drafts import Author, Draft
from store.definitions.errors import InvalidDefinitionError, MissingDefinitionError
from store.definitions.publish_rfm import publish_rfm
from store.definitions.versions import create, save
from store.segments.preview import PreviewParams, PreviewQuery, Previews
from store.segments.previewed import Preview
from store.segments.rfm_refresh import RfmRefresh, RfmRefreshParams
from tests.store.conftest import Engine
from tests.support.restricting import restriction

DAY_MS = 86_400_000
START = bytes.fromhex("7f" * 16)
KINDS = ("user_id", "email", "phone")
BOUGHT = Behaviour(EventFilter("Order Completed"))
Look = Callable[..., Preview]


@pytest.fixture
def look(engine: Engine, settings: Settings) -> Iterator[Look]:
    """Previews a rule or a segment."""
    conn = psycopg.connect(settings.postgres.dsn.get_secret_value())

    def run(
        rule: Rule | None,
        segment: int | None = None,
        params: PreviewParams | None = None,
        clock: Callable[[], float] = lambda: 0.0,
        start: bytes = START,
    ) -> Preview:
        previews = Previews(settings.profile, KINDS, params or PreviewParams(), clock)
        author = Author(engine.workspace, "test", frozenset(settings.identity.kinds))
        try:
            return previews.preview(
                conn, author, PreviewQuery(segment, rule, engine.clock[0], start)
            )
        finally:
            conn.rollback()

    yield run
    conn.close()


def populate(engine: Engine, people: int = 30) -> None:
    """Everybody viewed something; every third bought, n days ago.

    Every fifth gave consent and an address.
    """
    now, records = engine.clock[0], []
    for number in range(people):
        user = f"u{number}"
        records.append(
            engine.track(
                user,
                "Product Viewed",
                now - (number + 1) * DAY_MS,
                category="shoes" if number % 2 else "hats",
            )
        )
        if number % 3 == 0:
            records.append(
                engine.track(
                    user,
                    "Order Completed",
                    now - number * DAY_MS,
                    revenue=number + 1,
                    currency="EUR",
                )
            )
        if number % 5 == 0:
            context = {"consent": {"categoryPreferences": {"advertising": True}}}
            records.append(
                engine.event(
                    "identify",
                    user,
                    now - DAY_MS,
                    traits={"email": f"{user}@example.com", "n": number},
                    context=context,
                )
            )
    engine.feed(*records)


def test_of_few_people_everybody_is_evaluated(engine: Engine, look: Look) -> None:
    populate(engine)
    found = look(BOUGHT)
    assert found.members == Estimate(10, 10, 10)
    assert (found.people, found.people_exact, found.evaluated, found.exact, found.in_time) == (
        30,
        True,
        30,
        True,
        True,
    )


def test_examples_are_members_with_what_identifies_them(engine: Engine, look: Look) -> None:
    populate(engine)
    found = look(All((BOUGHT, Consent("advertising"))))
    assert [[kind for kind, _ in example.identifiers] for example in found.examples] == [
        ["user_id", "email"]
    ] * 2
    assert {example.identifiers[0][1] for example in found.examples} == {"u0", "u15"}
    assert len(look(Not(BOUGHT)).examples) == PreviewParams().shown


def test_overlaps_compare_with_what_is_live(engine: Engine, look: Look) -> None:
    populate(engine)
    known = engine.publish("known", Trait("email", Exists()))
    engine.sweep()
    found = look(BOUGHT)
    overlap = next(each for each in found.overlaps if each.segment_id == known)
    assert (overlap.name, overlap.version, overlap.members.value, overlap.both.value) == (
        "known",
        1,
        6,
        2,
    )
    assert (overlap.share_of_draft, overlap.share_of_segment) == (0.2, 2 / 6)


RULES: dict[str, Rule] = {
    "all": All((BOUGHT, Trait("email", Exists()))),
    "any": AnyOf((Trait("n", AtLeast(20)), BOUGHT)),
    "not": Not(BOUGHT),
    "trait": Trait("n", AtLeast(10)),
    "computed": Computed("spent", AtLeast(16)),
    "lifecycle": Lifecycle((Stage.CUSTOMER,)),
    "rfm": Rfm(recency=(4, 5)),
    "consent": Consent("advertising"),
    "identifier": HasIdentifier("email"),
    "window": Behaviour(EventFilter("Order Completed"), window="10d"),
    "where": Behaviour(EventFilter("Product Viewed", where=(Where("category", Equals("shoes")),))),
    "sum": Behaviour(EventFilter("Order Completed"), "sum", "revenue", "20d", AtLeast(7)),
    "last_at": Behaviour(EventFilter("Order Completed"), "last_at", condition=WithinLast("12d")),
    "sequence": Sequence(
        (Step(EventFilter("Product Viewed")), Step(EventFilter("Order Completed"), within="5d"))
    ),
}


def test_a_preview_says_what_publishing_brings(engine: Engine, look: Look) -> None:
    populate(engine)
    author = Author(engine.workspace, "test")
    with engine.conn.transaction():
        rule = TraitRule("sum", EventFilter("Order Completed"), "revenue")
        spent = create(engine.conn, author, "trait", Draft(msgspec.to_builtins(rule), name="spent"))
        publishing.publish_trait(engine.conn, author, spent)
        publish_rfm(engine.conn, author, RfmRule())
    engine.sweep()
    RfmRefresh(RfmRefreshParams()).run_once(engine.conn, engine.clock[0])
    previews = {name: look(rule) for name, rule in RULES.items()}
    segments = {name: engine.publish(name, rule) for name, rule in RULES.items()}
    engine.sweep()
    members = {name: len(engine.members(segment)) for name, segment in segments.items()}
    assert {name: found.members.value for name, found in previews.items()} == members
    assert all(0 < count < 30 for count in members.values())
    assert {name for name, found in previews.items() if found.reads_history} >= {
        "window",
        "where",
        "sum",
        "sequence",
    }


def test_a_rule_may_refer_to_a_live_segment(engine: Engine, look: Look) -> None:
    populate(engine)
    buyers = engine.publish("buyers", BOUGHT)
    engine.sweep()
    assert look(Not(Member(SegmentId(buyers)))).members.value == 20


def test_of_many_people_a_sample_is_evaluated_and_estimates_the_rest(
    engine: Engine, look: Look
) -> None:
    """The sample is a stretch of the ring of keyed digests, from a place drawn at random.

    What it holds is counted here by hand.
    """
    populate(engine, 200)
    ring = [row[0].bytes for row in engine.conn.execute("SELECT id FROM profiles ORDER BY id")]
    rows = engine.conn.execute("SELECT profile_id FROM identifiers WHERE kind = 'email'")
    reachable = {row[0].bytes for row in rows}
    assert (len(ring), len(reachable)) == (200, 40)
    params = PreviewParams(exact_people=100, sample_people=80, page=30)
    for first in range(0, 256, 12):
        start = bytes([first]) + bytes(15)
        found = look(Trait("n", Exists()), params=params, start=start)
        assert (found.people, found.evaluated, found.exact, found.in_time) == (200, 80, False, True)
        stretch = [*(key for key in ring if key >= start), *(key for key in ring if key < start)][
            :80
        ]
        assert found.members == estimate(sum(key in reachable for key in stretch), 80, 200)


@pytest.mark.parametrize("first", [0x00, 0x3F, 0xFF])
def test_the_walk_meets_everybody_once_wherever_it_begins(
    engine: Engine, look: Look, first: int
) -> None:
    populate(engine)
    found = look(
        Not(BOUGHT), params=PreviewParams(page=7, shown=100), start=bytes([first]) + bytes(15)
    )
    assert found.members.value == len({example.profile_id for example in found.examples}) == 20
    assert found.exact


def test_when_time_is_over_the_answer_rests_on_those_evaluated_so_far(
    engine: Engine, look: Look
) -> None:
    """Whole pages are evaluated, from the beginning of the ring on, and counted here by hand."""
    populate(engine)
    ring = [row[0] for row in engine.conn.execute("SELECT id FROM profiles ORDER BY id")]
    rows = engine.conn.execute("SELECT profile_id, value FROM identifiers WHERE kind = 'user_id'")
    bought = {profile for profile, user in rows if int(user.removeprefix("u")) % 3 == 0}
    assert (len(ring), len(bought)) == (30, 10)
    ticks = itertools.count()
    found = look(
        BOUGHT,
        params=PreviewParams(page=5, history_page=5, deadline=timedelta(seconds=3)),
        clock=lambda: float(next(ticks)),
        start=bytes(16),
    )
    assert 0 < found.evaluated < 30
    assert found.evaluated % 5 == 0
    assert not found.exact
    assert not found.in_time
    stretch = ring[: found.evaluated]
    assert found.members == estimate(sum(key in bought for key in stretch), len(stretch), 30)
    assert found.members.low < found.members.high


def test_nothing_is_written(engine: Engine, look: Look) -> None:
    populate(engine)
    before = everything(engine)
    assert look(RULES["sequence"]).reads_history
    assert everything(engine) == before
    assert {
        decode_person(doc).built for (doc,) in engine.conn.execute("SELECT doc FROM profiles")
    } == {0}


def everything(engine: Engine) -> list[Any]:
    tables = (
        "profiles",
        "aggregates",
        "segments",
        "definition_versions",
        "sweeps",
        "audit",
        "definitions_revision",
    )
    return [
        engine.conn.execute(f"SELECT {table}::text FROM {table} ORDER BY 1".encode()).fetchall()
        for table in tables
    ]


def test_of_a_segment_the_newest_version_is_previewed(engine: Engine, look: Look) -> None:
    populate(engine)
    segment = engine.publish("buyers", BOUGHT)
    engine.sweep()
    with engine.conn.transaction():
        save(
            engine.conn,
            Author(engine.workspace, "test"),
            "segment",
            segment,
            Draft(msgspec.to_builtins(Not(BOUGHT)), "advertising"),
        )
    found = look(None, segment)
    assert found.members.value == 20
    assert next(each.both.value for each in found.overlaps if each.segment_id == segment) == 0
    assert look(BOUGHT, segment).members.value == 10


def test_a_segment_that_is_not_there_is_an_error(engine: Engine, look: Look) -> None:
    populate(engine, 3)
    with pytest.raises(MissingDefinitionError):
        look(None, 999)


@pytest.mark.parametrize(
    "rule",
    [Computed("nothing", Exists()), Member(SegmentId(999)), Rfm(), HasIdentifier("passport")],
)
def test_a_rule_that_refers_to_what_is_not_there_is_an_error(look: Look, rule: Rule) -> None:
    with pytest.raises(InvalidDefinitionError):
        look(rule)


def test_scores_that_nobody_has_yet_are_told(engine: Engine, look: Look) -> None:
    populate(engine)
    with engine.conn.transaction():
        publish_rfm(engine.conn, Author(engine.workspace, "test"), RfmRule())
    found = look(Rfm(recency=(1, 5)))
    assert found.unscored
    assert found.members.value == 0
    assert not look(BOUGHT).unscored


def test_nobody_at_all_is_an_exact_answer(look: Look) -> None:
    found = look(BOUGHT)
    assert (found.members, found.exact, found.examples) == (Estimate(0, 0, 0), True, ())


def test_nothing_holds_for_who_is_restricted(engine: Engine, look: Look) -> None:
    populate(engine)
    before = look(Not(BOUGHT))
    row = engine.conn.execute("SELECT salt FROM workspaces WHERE id = %s", (engine.workspace,))
    ((salt,),) = row.fetchall()
    engine.feed(restriction(engine.workspace, bytes(salt), "u1", engine.clock[0]))
    after = look(Not(BOUGHT))
    assert after.members.value == before.members.value - 1
    assert after.people == before.people
