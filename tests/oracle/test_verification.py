"""Verification finds nothing in right tables, and every planted mistake in wrong ones."""

from collections.abc import Callable
from dataclasses import replace

import msgspec
import pytest

from domain.ids import ProfileId, SegmentId, WorkspaceId
from domain.keys import message_key
from domain.link import Link, pair_of
from domain.profiles.leaf import Leaf, Register, encode_leaf
from domain.profiles.profile import FactKey, Person, Stage, decode_person
from domain.segments.definition import CONSENTED_CUSTOMERS, Segment, WorkspaceDefinitions
from domain.segments.event_filter import EventFilter
from domain.segments.rule import All, Behaviour, Not, Rule
from domain.stored import StoredEvent, StoredIdentifier, StoredMembership
from oracle.outbox import outbox_differences
from oracle.report import Report
from oracle.tables import Rules, Totals
from oracle.verification import differences
from tests.oracle.tables import (
    BROWSER,
    DAY,
    MARY,
    NOW,
    RULES,
    SALT,
    SEGMENT,
    TABLET,
    HandTables,
    key,
    mary_and_a_stranger,
    row_of,
    tie,
)

CHURNS = 2_000 + 90 * DAY


def found(tables: HandTables, now_ms: int = NOW) -> list[tuple[str, str]]:
    """(kind, what) of every difference."""
    return [
        (difference.kind, difference.what)
        for difference in differences(tables, RULES, now_ms, Totals())
    ]


def mary(tables: HandTables) -> Person:
    return decode_person(tables.stored_people[0].doc)


def with_mary(tables: HandTables, person: Person) -> HandTables:
    return replace(tables, stored_people=[row_of(person), *tables.stored_people[1:]])


def with_view(**fields: object) -> Callable[[HandTables], HandTables]:
    def plant(tables: HandTables) -> HandTables:
        person = mary(tables)
        return with_mary(
            tables,
            msgspec.structs.replace(person, view=msgspec.structs.replace(person.view, **fields)),
        )

    return plant


def with_person(**fields: object) -> Callable[[HandTables], HandTables]:
    return lambda tables: with_mary(tables, msgspec.structs.replace(mary(tables), **fields))


def with_link(**fields: object) -> Callable[[HandTables], HandTables]:
    return lambda tables: replace(
        tables, stored_links=[msgspec.structs.replace(tables.stored_links[0], **fields)]
    )


def with_identifier(place: int, **fields: object) -> Callable[[HandTables], HandTables]:
    def plant(tables: HandTables) -> HandTables:
        rows = list(tables.stored_identifiers)
        rows[place] = StoredIdentifier(**{**rows[place]._asdict(), **fields})
        return replace(tables, stored_identifiers=rows)

    return plant


def with_membership(segment: SegmentId, profile: ProfileId) -> Callable[[HandTables], HandTables]:
    return lambda tables: replace(
        tables,
        stored_memberships=[*tables.stored_memberships, StoredMembership(segment, profile, 1)],
    )


def test_right_tables_have_no_differences() -> None:
    totals = Totals()
    assert list(differences(mary_and_a_stranger(), RULES, NOW, totals)) == []
    assert totals == Totals(
        events=3, commands=0, identifiers=3, people=2, links=1, refused=0, banned=0, memberships=1
    )


@pytest.mark.parametrize(
    ("plant", "expected"),
    [
        (with_view(first_ms=999), ("view", "first_ms")),
        (with_view(last_ms=2_001), ("view", "last_ms")),
        (with_view(types={"page": 2, "track": 1}), ("view", "types.page")),
        (with_view(names={"page:Home": 1}), ("view", "names.track:Order Completed")),
        (with_view(traits={"plan": Register("silver", 2_000, tie("purchase"))}),
            ("view", "traits.plan")),
        (with_view(traits={"plan": Register("gold", 1_999, tie("purchase"))}),
            ("view", "traits.plan")),
        (with_view(groups={"g": Register({}, 1, 1)}), ("view", "groups.g")),
        (with_view(sessions=[1_000, 1_000, 2_000, 2_000]), ("view", "sessions")),
        (with_view(revenue={"USD": (1, 1251)}), ("view", "revenue.USD")),
        (with_view(consent={}), ("view", "consent.advertising")),
        (with_view(overflow=True), ("view", "overflow")),
        (with_person(stage=Stage.KNOWN, wake_ms=0), ("stage", "stage")),
        (with_person(wake_ms=CHURNS + 1), ("stage", "wake")),
        (with_person(wake_ms=0), ("stage", "wake")),
        (with_person(flips={SEGMENT: CHURNS - 1}), ("stage", "wake")),
        (with_person(granted=[]), ("consent", "granted")),
        (with_person(segments={}), ("membership", "segments in doc")),
        (with_person(segments={SEGMENT: 2}), ("membership", "segments in doc")),
        (with_person(kinds={"user_id": 1}), ("person", "kinds")),
        (with_person(refused=1), ("person", "refused")),
        (with_person(last_link=FactKey(1_000, 0)), ("person", "last_link")),
        (with_person(sole=MARY), ("leaf", "sole")),
        (with_link(status="refused"), ("link", "status")),
        (with_link(key=FactKey(2_001, tie("purchase"))), ("link", "first_ms, tie, rank")),
        (with_link(cause=message_key(SALT, "visit")), ("link", "cause")),
        (with_identifier(1, leaf=None), ("leaf", "leaf")),
        (with_identifier(1, leaf=b"\xc1"), ("leaf", "leaf")),
        (with_identifier(1, leaf=encode_leaf(Leaf(types={"page": 1}))), ("leaf", "first_ms")),
        (with_identifier(2, leaf=encode_leaf(Leaf())), ("leaf", "leaf")),
        (with_identifier(1, value="another browser"), ("identity", "kind, value")),
        (with_identifier(1, kind="device_id"), ("identity", "kind, value")),
        (with_identifier(1, profile=ProfileId(TABLET)), ("identity", "split")),
        (lambda tables: replace(tables, stored_memberships=[]), ("membership", "segment 7")),
        (with_membership(SEGMENT, ProfileId(TABLET)), ("membership", "segment 7")),
        (with_membership(SegmentId(8), ProfileId(TABLET)), ("membership", "segments")),
        (lambda tables: replace(tables, stored_links=[]), ("link", "row")),
        (lambda tables: replace(tables, stored_people=tables.stored_people[:1]),
            ("identity", "profile")),
        (lambda tables: replace(tables, stored_identifiers=tables.stored_identifiers[1:]),
            ("identity", "row")),
        (lambda tables: replace(tables, stored_events=tables.stored_events[:2]),
            ("identity", "row")),
    ],
)  # fmt: skip
def test_a_planted_mistake_is_found(
    plant: Callable[[HandTables], HandTables], expected: tuple[str, str]
) -> None:
    assert expected in found(plant(mary_and_a_stranger()))


def test_one_planted_mistake_is_one_difference() -> None:
    assert found(with_view(last_ms=2_001)(mary_and_a_stranger())) == [
        ("view", "last_ms"),
        ("person", "first_seen_at, last_seen_at"),
    ]
    assert found(with_view(overflow=True)(mary_and_a_stranger())) == [("view", "overflow")]


def test_people_merged_by_mistake_are_found() -> None:
    tables = mary_and_a_stranger()
    tables = with_identifier(2, profile=ProfileId(MARY))(
        replace(tables, stored_people=tables.stored_people[:1])
    )
    assert ("identity", "merged") in found(tables)


def test_an_event_given_to_the_wrong_leaf_is_found_and_counted_where_it_belongs() -> None:
    tables = mary_and_a_stranger()
    events = list(tables.stored_events)
    events[0] = events[0]._replace(leaf=TABLET)
    assert found(replace(tables, stored_events=events)) == [("event", "leaf")]


def test_a_payload_that_nobody_can_read_is_found() -> None:
    tables = mary_and_a_stranger()
    broken = StoredEvent(message_key(SALT, "broken"), "", "track", TABLET, 1, 1, b"{")
    assert found(replace(tables, stored_events=[*tables.stored_events, broken])) == [
        ("event", "payload")
    ]


def test_a_person_whose_wake_is_due_may_still_hold_the_stage_of_before() -> None:
    assert found(mary_and_a_stranger(), CHURNS + 5) == []


def test_a_person_who_was_woken_must_have_left() -> None:
    tables = mary_and_a_stranger()
    woken = with_person(stage=Stage.CHURNED, wake_ms=0, segments={}, flips={})(tables)
    assert found(replace(woken, stored_memberships=[]), CHURNS) == []
    assert found(woken, CHURNS) == [("membership", "segment 7"), ("membership", "segments in doc")]
    assert ("stage", "stage") in found(replace(woken, stored_memberships=[]), CHURNS - 1)


def with_rule(rule: Rule | None, version: int = 1, revision: int = 0, **changed: object) -> Rules:
    """The rules of the tables, with another definition of Mary's segment."""
    definitions = WorkspaceDefinitions(
        WorkspaceId(1),
        revision,
        segments=(Segment(SEGMENT, WorkspaceId(1), version, rule, revision=revision),),
    )
    return replace(RULES, definitions=definitions, **changed)  # type: ignore[arg-type]


def found_with(rules: Rules, tables: HandTables, now_ms: int = NOW) -> list[str]:
    return [difference.what for difference in differences(tables, rules, now_ms, Totals())]


NEVER_TRUE, BOUGHT = All((Not(All(())),)), Behaviour(EventFilter("Order Completed"), window="10m")


def test_a_membership_follows_from_the_live_rule_and_version() -> None:
    tables = mary_and_a_stranger()
    assert found_with(with_rule(NEVER_TRUE), tables) == ["segment 7"]
    assert found_with(with_rule(CONSENTED_CUSTOMERS, version=2), tables) == ["segment 7 version"]
    assert found_with(with_rule(None, version=2), tables) == []


def test_while_a_sweep_runs_people_may_stand_as_before() -> None:
    tables = mary_and_a_stranger()
    edited = with_rule(NEVER_TRUE, version=2, revision=9)
    assert found_with(edited, tables) == ["segment 7"]
    assert found_with(replace(edited, sweeping=True), tables) == []
    assert found_with(replace(edited, sweeping=True), with_person(definitions=9)(tables)) == [
        "segment 7"
    ]


def test_a_window_counts_until_its_end_and_a_due_wake_may_still_come() -> None:
    over = 2_000 + 10 * 60_000
    waiting = with_person(flips={SEGMENT: over}, wake_ms=over)(mary_and_a_stranger())
    assert found_with(with_rule(BOUGHT), waiting, over - 1) == []
    assert found_with(with_rule(BOUGHT), waiting, over) == []
    assert found_with(with_rule(BOUGHT), mary_and_a_stranger(), over) == ["segment 7"]
    gone = replace(with_person(flips={}, segments={})(waiting), stored_memberships=[])
    assert found_with(with_rule(BOUGHT), gone, over) == []
    assert found_with(with_rule(BOUGHT), gone, over - 1) == ["segment 7"]


def test_a_wake_that_would_come_too_late_is_foreseen() -> None:
    over = 2_000 + 10 * 60_000
    for flips, expected in (
        ({SEGMENT: over}, []),
        ({SEGMENT: over - 9}, []),
        ({SEGMENT: over + 1}, ["segment 7 flip"]),
        ({}, ["segment 7 flip"]),
    ):
        tables = with_person(flips=flips, wake_ms=over - 9)(mary_and_a_stranger())
        assert found_with(with_rule(BOUGHT, foresee=True), tables, over - 10) == expected
    assert (
        found_with(
            with_rule(BOUGHT, foresee=True),
            with_person(flips={SEGMENT: over}, wake_ms=over)(mary_and_a_stranger()),
            over + 5,
        )
        == []
    )


def test_changes_add_up_to_memberships() -> None:
    mary, other = ProfileId(MARY), ProfileId(TABLET)
    rows = [StoredMembership(SEGMENT, mary, 1)]
    assert list(outbox_differences([(SEGMENT, mary, 1)], rows)) == []
    assert [difference.stored for difference in outbox_differences([], rows)] == ["0"]
    assert [
        difference.stored
        for difference in outbox_differences([(SEGMENT, mary, 2), (SEGMENT, other, -1)], rows)
    ] == ["2", "-1"]


def test_a_command_bans_a_link_and_parts_the_people() -> None:
    tables = mary_and_a_stranger()
    body = msgspec.json.encode({"kind": "unmerge", "links": [[BROWSER.hex(), MARY.hex()]]})
    command = StoredEvent(message_key(SALT, "command"), "", "unmerge", MARY, 9, 9, body)
    still_one = replace(tables, stored_events=[*tables.stored_events, command])
    assert found(still_one) == [("link", "status"), ("link", "ruled_ms"), ("identity", "merged")]


def banned(at_ms: int, *, reason: str = "a typo", stands: str = "banned") -> HandTables:
    """Mary's browser was parted from her at 9, for a typo; and what the row says of it."""
    tables = mary_and_a_stranger()
    pair = [BROWSER.hex(), MARY.hex()]
    body = msgspec.json.encode({"kind": "unmerge", "links": [pair], "reason": "a typo"})
    command = StoredEvent(message_key(SALT, "command"), "", "unmerge", MARY, 9, 9, body)
    (link,) = tables.stored_links
    row = msgspec.structs.replace(link, status=stands, reason=reason, ruled_ms=at_ms)
    return replace(tables, stored_events=[*tables.stored_events, command], stored_links=[row])


@pytest.mark.parametrize(
    ("at_ms", "reason", "difference"),
    [(9, "a typo", []), (8, "a typo", ["ruled_ms"]), (9, "no reason", ["reason"])],
)
def test_a_ban_says_when_and_why_it_was_given(
    at_ms: int, reason: str, difference: list[str]
) -> None:
    told = [what for place, what in found(banned(at_ms, reason=reason)) if place == "link"]
    assert told == difference


def test_a_ban_from_before_bans_had_an_instant_is_only_a_ban() -> None:
    told = [what for place, what in found(banned(0, reason="whatever")) if place == "link"]
    assert told == []


@pytest.mark.parametrize(("at_ms", "stands"), [(10, "linked"), (9, "banned"), (8, "banned")])
def test_the_latest_command_about_a_link_counts_and_of_one_instant_the_ban(
    at_ms: int, stands: str
) -> None:
    for status in ("linked", "banned"):
        tables = banned(max(at_ms, 9), reason="a typo" if status == "banned" else "", stands=status)
        body = msgspec.json.encode({"kind": "allow", "links": [[MARY.hex(), BROWSER.hex()]]})
        lifted = StoredEvent(message_key(SALT, "lifts"), "", "allow", MARY, at_ms, at_ms, body)
        told = found(replace(tables, stored_events=[lifted, *tables.stored_events]))
        assert (("link", "status") in told) == (status != stands)


def test_a_ban_without_a_command_is_found() -> None:
    ghost = Link(
        WorkspaceId(1),
        *pair_of(TABLET, key("user_id", "x")),
        FactKey(1, 1),
        message_key(SALT, "?"),
        0,
        "banned",
    )
    tables = mary_and_a_stranger()
    assert found(replace(tables, stored_links=[*tables.stored_links, ghost])) == [("link", "row")]


def test_a_report_counts_and_names_but_never_shows_what_a_person_said() -> None:
    tables = with_view(traits={"plan": Register("silver", 2_000, tie("purchase"))})(
        mary_and_a_stranger()
    )
    report = Report("default", NOW)
    report.differences.extend(differences(tables, RULES, NOW, report.totals))
    text = "\n".join(report.lines())
    assert "1 differences: 1 view" in text
    assert f"person {MARY.hex()}: traits.plan" in text
    assert "gold" not in text
    assert "silver" not in text


def test_any_size_of_chunk_gives_the_same_answer() -> None:
    tables = with_view(overflow=True)(mary_and_a_stranger())
    for chunk in (1, 2, 100):
        kinds = [
            difference.what
            for difference in differences(tables, replace(RULES, chunk=chunk), NOW, Totals())
        ]
        assert kinds == ["overflow"]


def test_a_membership_of_nobody_is_found() -> None:
    tables = mary_and_a_stranger()
    tables.stored_memberships.append(StoredMembership(SEGMENT, ProfileId(b"nobody".ljust(16)), 1))
    assert found(tables) == [("membership", "person")]
