"""Identity is a function of the set of facts."""

import random
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from domain.ids import MessageKey
from domain.link import BANNED, LINKED, REFUSED, Link, pair_of
from domain.profiles.profile import FactKey
from operators.identity.partition import breach, constrained_components
from tests.support.builders import WORKSPACE, definitions, identifier, key

NAMES = ("u1", "u2", "u3", "e1", "e2", "d1", "d2", "a1", "a2", "a3")
RULES = definitions(email=1, anonymous_id=2, total=5).identity


def fact(one: str, other: str, at_ms: int, status: str = LINKED) -> Link:
    return Link(
        WORKSPACE, *pair_of(key(one), key(other)), FactKey(at_ms, 0), MessageKey(b"m"), 1, status
    )


def kinds(*names: str) -> dict[bytes, str]:
    return {key(name): identifier(name).kind for name in names}


def people(*names: str, facts: list[Link]) -> set[frozenset[str]]:
    spelled = {key(name): name for name in names}
    return {
        frozenset(spelled[member] for member in component)
        for component in constrained_components(kinds(*names), facts, RULES)[0]  # type: ignore[arg-type]
    }


def test_a_second_user_on_a_shared_device_leaves_the_device_where_it_was() -> None:
    facts = [fact("u1", "d1", 1), fact("u2", "d1", 2)]
    assert people("u1", "u2", "d1", facts=facts) == {frozenset({"u1", "d1"}), frozenset({"u2"})}


def test_a_refusal_names_the_limit() -> None:
    _, verdicts = constrained_components(
        kinds("u1", "u2", "d1"),  # type: ignore[arg-type]
        [fact("u1", "d1", 1), fact("u2", "d1", 2)],
        RULES,
    )
    assert verdicts[pair_of(key("u2"), key("d1"))] == (REFUSED, "limit:user_id")


def test_a_banned_fact_counts_for_nothing() -> None:
    facts = [fact("u1", "d1", 1, BANNED), fact("u2", "d1", 2)]
    assert people("u1", "u2", "d1", facts=facts) == {frozenset({"u2", "d1"}), frozenset({"u1"})}


def test_the_total_limit_holds_across_kinds() -> None:
    assert breach({"user_id": 1, "email": 1}, {"device_id": 4}, RULES) == "limit:total"


@given(
    st.lists(
        st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES), st.integers(0, 50)), max_size=12
    ),
    st.randoms(),
)
def test_the_order_in_which_facts_are_given_decides_nothing(
    edges: list[tuple[str, str, int]], rng: random.Random
) -> None:
    facts = list(
        {(f.pair, f.key): f for f in (fact(a, b, at) for a, b, at in edges if a != b)}.values()
    )
    facts = list({f.pair: f for f in facts}.values())
    shuffled = facts[:]
    rng.shuffle(shuffled)
    assert people(*NAMES, facts=facts) == people(*NAMES, facts=shuffled)


def test_every_order_of_a_small_conflict_gives_the_same_people() -> None:
    facts = [fact("u1", "a1", 1), fact("u2", "a1", 2), fact("u2", "a2", 3), fact("u1", "a2", 4)]
    results = {
        frozenset(people("u1", "u2", "a1", "a2", facts=list(order)))
        for order in permutations(facts)
    }
    assert len(results) == 1
