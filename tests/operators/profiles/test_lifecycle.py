"""Lifecycle at every instant."""

from domain.ids import ProfileId
from domain.policies import ProfileRules
from domain.profiles.leaf import Leaf, Revenue
from domain.profiles.profile import Person, Stage
from operators.profiles.lifecycle import stage_at
from tests.support.builders import WORKSPACE

RULES = ProfileRules()


def person(kinds: dict[str, int], last_order_ms: int | None = None) -> Person:
    view = (
        Leaf()
        if last_order_ms is None
        else Leaf(revenue={"USD": Revenue(1, 5)}, last_order_ms=last_order_ms)
    )
    return Person(ProfileId(b"p"), WORKSPACE, 1, view, kinds)


def test_an_anonymous_visitor_is_anonymous() -> None:
    assert stage_at(person({"anonymous_id": 1}), RULES, 0) == (Stage.ANONYMOUS, 0)


def test_an_email_address_makes_a_visitor_known() -> None:
    assert stage_at(person({"anonymous_id": 1, "email": 1}), RULES, 0) == (Stage.KNOWN, 0)


def test_a_purchase_makes_a_customer_and_sets_the_instant_of_churn() -> None:
    assert stage_at(person({"anonymous_id": 1}, 1_000), RULES, 2_000) == (
        Stage.CUSTOMER,
        1_000 + RULES.churn_after_ms,
    )


def test_churn_comes_exactly_at_its_instant_and_not_a_millisecond_before() -> None:
    due = 1_000 + RULES.churn_after_ms
    assert [stage_at(person({}, 1_000), RULES, now)[0] for now in (due - 1, due)] == [
        Stage.CUSTOMER,
        Stage.CHURNED,
    ]
