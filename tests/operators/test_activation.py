"""Net change: replaying its operations on the platform's list gives the desired set."""

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.ids import ProfileId
from operators.activation import NO_CONSENT, NO_IDENTIFIER, Confirmed, NetChange, Row, net_change

PEOPLE = [ProfileId(bytes([n]) * 16) for n in range(6)]
people = st.sampled_from(PEOPLE)
hashes = st.sampled_from(["", "e1", "e2", "e3", "e4"])
devices = st.sampled_from(["", "d1", "d2"])


@st.composite
def rows(draw: st.DrawFn) -> dict[ProfileId, Row]:
    return {
        person: (person.hex(), draw(hashes), draw(devices))
        for person in draw(st.lists(people, unique=True, max_size=6))
    }


def replay(held: set[Row], change: NetChange) -> set[Row]:
    """Do what a platform does: a remove takes every row that shares an identifier, an add puts its
    row in."""
    held = set(held)
    for _, removed in change.removes:
        held = {
            row for row in held if not any(a == b != "" for a, b in zip(row, removed, strict=True))
        }
    return held | {row for _, row in change.adds}


@settings(deadline=None)
@given(rows(), rows())
def test_replayed_operations_give_the_desired_set(
    desired: dict[ProfileId, Row], held: dict[ProfileId, Row]
) -> None:
    change = net_change(desired, {person: Confirmed(row) for person, row in held.items()})

    assert replay(set(held.values()), change) == set(desired.values())


@settings(deadline=None)
@given(rows(), rows(), st.sets(people))
def test_unconfirmed_rows_converge_whether_the_platform_has_them_or_not(
    desired: dict[ProfileId, Row], planned: dict[ProfileId, Row], applied: set[ProfileId]
) -> None:
    change = net_change(
        desired, {person: Confirmed(row, certain=False) for person, row in planned.items()}
    )

    held = {row for person, row in planned.items() if person in applied}
    assert replay(held, change) == set(desired.values())


@settings(deadline=None)
@given(rows(), rows(), st.sets(people))
def test_withdrawn_people_are_removed_first_and_never_added(
    desired: dict[ProfileId, Row], held: dict[ProfileId, Row], withdrawn: set[ProfileId]
) -> None:
    change = net_change(
        desired, {person: Confirmed(row) for person, row in held.items()}, withdrawn
    )

    assert withdrawn.isdisjoint(person for person, _ in change.adds)
    order = [person in withdrawn for person, _ in change.removes]
    assert order == sorted(order, reverse=True)
    assert set(held) & withdrawn <= {person for person, _ in change.removes}


@settings(deadline=None)
@given(rows())
def test_equal_rows_net_to_nothing(held: dict[ProfileId, Row]) -> None:
    assert net_change(held, {person: Confirmed(row) for person, row in held.items()}) == NetChange(
        [], [], {}
    )


def test_changed_row_is_removed_and_added() -> None:
    old, new = ("p0", "e1", ""), ("p0", "e2", "")

    change = net_change({PEOPLE[0]: new}, {PEOPLE[0]: Confirmed(old)})

    assert change == NetChange([(PEOPLE[0], old)], [(PEOPLE[0], new)], {})


def test_row_that_shares_an_identifier_with_a_removed_one_is_added_again() -> None:
    stays, leaves = ("p1", "e1", ""), ("p0", "e1", "")

    change = net_change(
        {PEOPLE[1]: stays}, {PEOPLE[1]: Confirmed(stays), PEOPLE[0]: Confirmed(leaves)}
    )

    assert change == NetChange([(PEOPLE[0], leaves)], [(PEOPLE[1], stays)], {})


def test_members_left_out_are_counted_by_reason() -> None:
    change = net_change({PEOPLE[0]: None, PEOPLE[1]: ("p1", "e1", "")}, {}, {PEOPLE[1]})

    assert change == NetChange([], [], {NO_IDENTIFIER: 1, NO_CONSENT: 1})


def test_row_that_is_a_list_shares_an_identifier_in_another_place() -> None:
    moved, stays = ProfileId(b"a" * 16), ProfileId(b"b" * 16)
    held = {moved: Confirmed(("email:1", "phone:9")), stays: Confirmed(("phone:9",))}

    change = net_change({stays: ("phone:9",)}, held)

    assert change.removes == [(moved, ("email:1", "phone:9"))]
    assert change.adds == [(stays, ("phone:9",))], "the removal took the one who stays as well"


def test_earlier_row_that_was_not_removed_goes_and_the_present_one_is_sent_again() -> None:
    person, row = ProfileId(b"a" * 16), ("email:2",)

    change = net_change({person: row}, {person: Confirmed(row, old=(("email:1",),))})

    assert (change.removes, change.adds) == ([(person, ("email:1",))], [(person, row)])


def test_withdrawn_persons_earlier_rows_go_too() -> None:
    person = ProfileId(b"a" * 16)

    change = net_change({}, {person: Confirmed(("email:2",), old=(("email:1",),))}, {person})

    assert [row for _, row in change.removes] == [("email:1",), ("email:2",)]
    assert change.adds == []
