import threading
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import psycopg
import pytest

from domain.ids import SegmentId
from domain.segments.conditions import AtLeast, Before, Equals
from domain.segments.definition import RfmBreaks, RfmRule, TraitRule
from domain.segments.event_filter import EventFilter, Where
from domain.segments.rule import All, Behaviour, Computed, HasIdentifier, Member, Rfm, Rule, Trait
from operators.rules.references import DefinitionParams
from store import locks
from store.definitions import publish as publishing
from store.definitions import publish_rfm as publishing_rfm
from store.definitions.drafts import Author, Draft
from store.definitions.errors import (
    DefinitionConflictError,
    InvalidDefinitionError,
    MissingDefinitionError,
)
from store.definitions.load import load_definitions, load_registry
from store.definitions.versions import create, save
from tests.conftest import TestWorkspace

pytestmark = pytest.mark.usefixtures("workspace")
VIP = Trait("plan", Equals("vip"))
BREAKS = RfmBreaks((1, 2, 3, 4), (1, 2, 3, 4), (1, 2, 3, 4), 10, 1_790_000_000_000)


@pytest.fixture
def conn(
    postgres_dsn: str,
) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(postgres_dsn, autocommit=True) as connection:
        yield connection


@pytest.fixture
def author(workspace: TestWorkspace) -> Author:
    return Author(workspace.id, "key:1", frozenset({"email", "phone"}))


@pytest.fixture
def segment(conn: psycopg.Connection[Any], author: Author) -> Callable[[str, Rule], int]:
    """Makes live segments."""

    def make(name: str, rule: Rule) -> int:
        with conn.transaction():
            made = create(
                conn, author, "segment", Draft(msgspec.to_builtins(rule), "advertising", name)
            )
            publishing.publish_segment(conn, author, made)
        return made

    return make


def trait(conn: psycopg.Connection[Any], author: Author, name: str, rule: TraitRule) -> int:
    with conn.transaction():
        made = create(conn, author, "trait", Draft(msgspec.to_builtins(rule), name=name))
        publishing.publish_trait(conn, author, made)
    return made


def person(conn: psycopg.Connection[Any], author: Author) -> None:
    conn.execute(
        "INSERT INTO profiles (id, workspace_id, version, stage, doc) VALUES (gen_random_uuid(),"
        " %s, 1, 'known', '')",
        (author.workspace,),
    )


def sweeps(conn: psycopg.Connection[Any]) -> list[tuple[Any, ...]]:
    return conn.execute(
        "SELECT revision, aggregate_id, segments, status, people FROM sweeps ORDER BY id"
    ).fetchall()


def revision_of(conn: psycopg.Connection[Any]) -> int:
    return load_registry(conn).revision


def bought(at_least: int, window: str | None = None) -> Behaviour:
    return Behaviour(EventFilter("Order Completed"), window=window, condition=AtLeast(at_least))


def test_a_published_segment_is_live_with_the_new_revision(
    conn: psycopg.Connection[Any], author: Author, segment: Callable[[str, Rule], int]
) -> None:
    before = revision_of(conn)
    made = segment("vips", VIP)
    live = load_definitions(conn, author.workspace)
    found = next(item for item in live.segments if item.id == made)
    assert (found.rule, found.version, found.purpose, found.revision) == (
        VIP,
        1,
        "advertising",
        before + 1,
    )
    assert live.revision == before + 1
    assert conn.execute(
        "SELECT actor, action, subject FROM audit ORDER BY id DESC LIMIT 2"
    ).fetchall() == [
        ("key:1", "segment.publish", f"segment:{made}"),
        ("key:1", "segment.create", f"segment:{made}"),
    ]


def test_a_saved_version_is_not_live_until_it_is_published(
    conn: psycopg.Connection[Any], author: Author, segment: Callable[[str, Rule], int]
) -> None:
    made = segment("vips", VIP)
    revision = revision_of(conn)
    other = Trait("plan", Equals("pro"))
    with conn.transaction():
        assert (
            save(conn, author, "segment", made, Draft(msgspec.to_builtins(other), "email"), 1) == 2
        )
    assert revision_of(conn) == revision
    assert load_definitions(conn, author.workspace).segments[-1].rule == VIP
    with conn.transaction():
        publishing.publish_segment(conn, author, made, 2)
    live = load_definitions(conn, author.workspace).segments[-1]
    assert (live.rule, live.version, live.purpose) == (other, 2, "email")


def test_publishing_what_is_live_changes_nothing(
    conn: psycopg.Connection[Any], author: Author, segment: Callable[[str, Rule], int]
) -> None:
    made = segment("vips", VIP)
    revision, ordered = revision_of(conn), sweeps(conn)
    with conn.transaction():
        assert publishing.publish_segment(conn, author, made).revision is None
    assert (revision_of(conn), sweeps(conn)) == (revision, ordered)


def test_an_author_who_has_seen_another_version_is_refused(
    conn: psycopg.Connection[Any], author: Author, segment: Callable[[str, Rule], int]
) -> None:
    made = segment("vips", VIP)
    with (
        pytest.raises(DefinitionConflictError, match="newest version is 1, not 7"),
        conn.transaction(),
    ):
        save(conn, author, "segment", made, Draft(msgspec.to_builtins(bought(1)), "advertising"), 7)
    with pytest.raises(DefinitionConflictError), conn.transaction():
        publishing.publish_segment(conn, author, made, 2)


def test_saving_the_same_again_makes_no_version(
    conn: psycopg.Connection[Any], author: Author, segment: Callable[[str, Rule], int]
) -> None:
    made = segment("vips", VIP)
    with conn.transaction():
        assert (
            save(
                conn,
                author,
                "segment",
                made,
                Draft(msgspec.to_builtins(VIP), "advertising", "VIPs"),
            )
            == 1
        )
    assert conn.execute("SELECT name FROM segments WHERE id = %s", (made,)).fetchone() == ("VIPs",)


def test_equal_demands_share_an_aggregate_and_the_last_one_retires_it(
    conn: psycopg.Connection[Any], author: Author, segment: Callable[[str, Rule], int]
) -> None:
    one, other = segment("one", bought(1)), segment("other", bought(3))
    (held,) = load_definitions(conn, author.workspace).aggregates
    with conn.transaction():
        publishing.delete_segment(conn, author, one)
    assert load_definitions(conn, author.workspace).aggregates == (held,)
    with conn.transaction():
        publishing.pause_segment(conn, author, other)
    assert load_definitions(conn, author.workspace).aggregates == ()
    assert load_definitions(conn, author.workspace).newest_aggregate == held.id
    with conn.transaction():
        publishing.resume_segment(conn, author, other)
    (again,) = load_definitions(conn, author.workspace).aggregates
    assert again.spec == held.spec
    assert again.id > held.id


def test_true_and_one_are_different_demands(
    conn: psycopg.Connection[Any], author: Author, segment: Callable[[str, Rule], int]
) -> None:
    made = segment("one", Behaviour(EventFilter("Played", where=(Where("first", Equals(1)),))))
    with conn.transaction():
        rule = Behaviour(EventFilter("Played", where=(Where("first", Equals(value=True)),)))
        save(conn, author, "segment", made, Draft(msgspec.to_builtins(rule), "advertising"))
        publishing.publish_segment(conn, author, made)
    assert conn.execute("SELECT count(*), count(retired_at) FROM aggregates").fetchone() == (2, 1)


def test_a_sweep_names_what_changed_and_everything_that_depends_on_it(
    conn: psycopg.Connection[Any], author: Author, segment: Callable[[str, Rule], int]
) -> None:
    person(conn, author)
    orders = trait(conn, author, "orders", TraitRule("count", EventFilter("Order Completed")))
    many = segment("many", Computed("orders", AtLeast(3)))
    chained = segment("chained", All((Member(SegmentId(many)), VIP)))
    segment("apart", VIP)
    with conn.transaction():
        save(
            conn,
            author,
            "trait",
            orders,
            Draft(msgspec.to_builtins(TraitRule("count", EventFilter("Refunded")))),
        )
        published = publishing.publish_trait(conn, author, orders)
    live = load_definitions(conn, author.workspace)
    marked = {item.id for item in live.segments if item.revision == published.revision}
    assert marked == {many, chained}
    assert live.traits[0].revision == published.revision
    assert sweeps(conn)[-1] == (
        published.revision,
        live.newest_aggregate,
        [many, chained],
        "running",
        1,
    )


def test_a_sweep_of_nobody_is_done(
    conn: psycopg.Connection[Any], segment: Callable[[str, Rule], int]
) -> None:
    segment("vips", VIP)
    assert [row[3] for row in sweeps(conn)] == ["done", "done"]


def test_a_segment_in_use_is_not_deleted(
    conn: psycopg.Connection[Any], author: Author, segment: Callable[[str, Rule], int]
) -> None:
    used = segment("used", VIP)
    user = segment("user", Member(SegmentId(used)))
    with (
        pytest.raises(DefinitionConflictError, match="Other segments refer to it: user"),
        conn.transaction(),
    ):
        publishing.delete_segment(conn, author, used)
    conn.execute(
        "INSERT INTO audiences (workspace_id, segment_id, platform, name, account_id, interval_s)"
        " VALUES (%s, %s, 'meta', 'a', '1', 60)",
        (author.workspace, user),
    )
    with pytest.raises(DefinitionConflictError, match="Audiences follow it"), conn.transaction():
        publishing.delete_segment(conn, author, user)
    conn.execute("UPDATE audiences SET status = 'deleted'")
    with conn.transaction():
        publishing.delete_segment(conn, author, user)
        publishing.delete_segment(conn, author, used)
    assert {used, user}.isdisjoint(
        item.id for item in load_definitions(conn, author.workspace).segments
    )
    with pytest.raises(MissingDefinitionError), conn.transaction():
        publishing.publish_segment(conn, author, user)


def test_a_trait_in_use_is_not_deleted(
    conn: psycopg.Connection[Any], author: Author, segment: Callable[[str, Rule], int]
) -> None:
    orders = trait(conn, author, "orders", TraitRule("count", EventFilter("Order Completed")))
    user = segment("many", Computed("orders", AtLeast(3)))
    with pytest.raises(DefinitionConflictError, match="Segments use it: many"), conn.transaction():
        publishing.delete_trait(conn, author, orders)
    with conn.transaction():
        publishing.delete_segment(conn, author, user)
        publishing.delete_trait(conn, author, orders)
    assert load_definitions(conn, author.workspace).traits == ()


def test_a_circle_is_named(
    conn: psycopg.Connection[Any], author: Author, segment: Callable[[str, Rule], int]
) -> None:
    first = segment("first", VIP)
    second = segment("second", Member(SegmentId(first)))
    third = segment("third", Member(SegmentId(second)))
    with conn.transaction():
        save(
            conn,
            author,
            "segment",
            first,
            Draft(msgspec.to_builtins(All((VIP, Member(SegmentId(third))))), "advertising"),
        )
    with pytest.raises(InvalidDefinitionError) as caught, conn.transaction():
        publishing.publish_segment(conn, author, first)
    (problem,) = caught.value.problems
    assert problem.path == "$.of[1].segment"
    assert (
        f"first ({first}) → third ({third}) → second ({second}) → first ({first})"
        in problem.message
    )


def test_a_circle_through_a_paused_segment_is_one(
    conn: psycopg.Connection[Any], author: Author, segment: Callable[[str, Rule], int]
) -> None:
    first = segment("first", VIP)
    second = segment("second", Member(SegmentId(first)))
    with conn.transaction():
        publishing.pause_segment(conn, author, second)
        save(
            conn,
            author,
            "segment",
            first,
            Draft(msgspec.to_builtins(Member(SegmentId(second))), "advertising"),
        )
    with pytest.raises(InvalidDefinitionError, match="in a circle"), conn.transaction():
        publishing.publish_segment(conn, author, first)


@pytest.mark.parametrize(
    ("rule", "path"),
    [
        (All((VIP, Computed("nothing", AtLeast(1)))), "$.of[1].name"),
        (Member(SegmentId(999)), "$.segment"),
        (HasIdentifier("passport"), "$.kind"),
        (Rfm(recency=(4, 5)), "$"),
    ],
)
def test_what_is_not_there_cannot_be_referred_to(
    segment: Callable[[str, Rule], int], rule: Rule, path: str
) -> None:
    with pytest.raises(InvalidDefinitionError) as caught:
        segment("broken", rule)
    assert [problem.path for problem in caught.value.problems] == [path]


def test_live_segments_are_limited(conn: psycopg.Connection[Any], workspace: TestWorkspace) -> None:
    author = Author(workspace.id, "key:1", params=DefinitionParams(segment_limit=1))
    with pytest.raises(DefinitionConflictError, match="at most 1 segments"), conn.transaction():
        publishing.publish_segment(
            conn,
            author,
            create(conn, author, "segment", Draft(msgspec.to_builtins(VIP), "advertising", "vips")),
        )


def test_a_name_is_free_again_once_its_segment_is_deleted(
    conn: psycopg.Connection[Any], author: Author, segment: Callable[[str, Rule], int]
) -> None:
    made = segment("vips", VIP)
    with pytest.raises(DefinitionConflictError, match="name exists"):
        segment("vips", VIP)
    with conn.transaction():
        publishing.delete_segment(conn, author, made)
    segment("vips", VIP)


def test_a_draft_goes_without_a_trace_in_what_is_live(
    conn: psycopg.Connection[Any], author: Author
) -> None:
    revision = revision_of(conn)
    with conn.transaction():
        made = create(
            conn, author, "segment", Draft(msgspec.to_builtins(VIP), "advertising", "vips")
        )
        publishing.delete_segment(conn, author, made)
    assert revision_of(conn) == revision


def test_a_paused_segment_keeps_its_place_without_a_rule(
    conn: psycopg.Connection[Any], author: Author, segment: Callable[[str, Rule], int]
) -> None:
    made = segment("vips", VIP)
    with conn.transaction():
        publishing.pause_segment(conn, author, made)
    assert load_definitions(conn, author.workspace).segments[-1].rule is None
    with pytest.raises(DefinitionConflictError, match="is paused, not live"), conn.transaction():
        publishing.pause_segment(conn, author, made)
    with conn.transaction():
        published = publishing.resume_segment(conn, author, made)
    live = load_definitions(conn, author.workspace).segments[-1]
    assert (live.rule, live.revision) == (VIP, published.revision)


def test_rfm_is_used_with_new_bounds_by_the_segments_that_ask_for_it(
    conn: psycopg.Connection[Any], author: Author, segment: Callable[[str, Rule], int]
) -> None:
    with conn.transaction():
        publishing_rfm.publish_rfm(conn, author, RfmRule(), 0)
    champions = segment("champions", Rfm(recency=(4, 5)))
    with conn.transaction():
        published = publishing_rfm.set_rfm_breaks(conn, author, 1, BREAKS, {"population": 10})
    live = load_definitions(conn, author.workspace)
    assert live.rfm is not None
    assert (live.rfm.breaks, live.rfm.revision) == (BREAKS, published.revision)
    assert [item.id for item in live.segments if item.revision == published.revision] == [champions]
    with conn.transaction():
        assert publishing_rfm.set_rfm_breaks(conn, author, 2, BREAKS, {}).revision is None
    with pytest.raises(DefinitionConflictError, match="champions"), conn.transaction():
        publishing_rfm.delete_rfm(conn, author)
    with conn.transaction():
        publishing_rfm.publish_rfm(conn, author, RfmRule(look_back="30d"), 1)
    changed = load_definitions(conn, author.workspace).rfm
    assert changed is not None
    assert (changed.version, changed.breaks, changed.rule.look_back) == (2, None, "30d")


def test_instants_are_understood_in_the_time_zone_that_aggregates_are_kept_in(
    conn: psycopg.Connection[Any], author: Author, segment: Callable[[str, Rule], int]
) -> None:
    conn.execute("UPDATE workspaces SET time_zone = 'Europe/Berlin'")
    segment("early", Behaviour(EventFilter("Played", where=(Where("on", Before("2026-01-01")),))))
    (held,) = load_definitions(conn, author.workspace).aggregates
    assert held.spec.time_zone == "Europe/Berlin"


def test_publishing_waits_for_commits_of_people(
    postgres_dsn: str, segment: Callable[[str, Rule], int]
) -> None:
    done = threading.Event()

    def publish() -> None:
        segment("vips", VIP)
        done.set()

    with (
        psycopg.connect(postgres_dsn) as people,
        psycopg.connect(postgres_dsn, autocommit=True) as watch,
    ):
        people.execute("SELECT pg_advisory_xact_lock_shared(%s)", (locks.DEFINITIONS,))
        thread = threading.Thread(target=publish)
        thread.start()
        while not watch.execute(
            "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        ).fetchone():
            assert thread.is_alive()
        assert not done.is_set()
        people.commit()
        thread.join(30)
    assert done.is_set()
