"""Who gives way when there are too many connections."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.edge.crowd import Crowd, neighbourhood


class Guest:
    """A connection that only has an address."""

    def __init__(self, address: str, crowd: Crowd) -> None:
        self.address = address
        self._crowd = crowd
        self.displaced = False

    def displace(self) -> None:
        self.displaced = True
        self._crowd.leave(self)


def test_whoever_has_many_gives_way_to_their_own() -> None:
    crowd = Crowd(limit=6, address_limit=3)
    others = [Guest(address, crowd) for address in ("b", "c")]
    many = [Guest("a", crowd) for _ in range(9)]
    for guest in (*others, *many):
        crowd.enter(guest)

    assert [guest.displaced for guest in many] == [True] * 6 + [False] * 3
    assert not any(guest.displaced for guest in others)


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.sampled_from(["enter", "prove", "leave"])), max_size=80
    )
)
def test_the_crowd_is_bounded_and_nobody_with_a_key_gives_way(steps: list[tuple[int, str]]) -> None:
    crowd, inside, proven = Crowd(limit=5, address_limit=2), list[Guest](), list[Guest]()
    for number, step in steps:
        if step == "enter":
            inside.append(Guest(str(number), crowd))
            crowd.enter(inside[-1])
        elif number < len(inside):
            getattr(crowd, step)(inside[number])
            if step == "prove":
                proven.append(inside[number])
            else:
                inside.pop(number)
        inside = [guest for guest in inside if not guest.displaced]
        assert len(inside) <= max(5, len(proven))
        assert not any(guest.displaced for guest in proven)


@pytest.mark.parametrize(
    ("host", "counted"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8::1", "20010db800000000"),
        ("fe80::1%eth0", "fe80000000000000"),
    ],
)
def test_an_address_of_the_sixth_version_counts_by_its_network(host: str, counted: str) -> None:
    assert neighbourhood(host) == counted
