"""The page's golden file is what the API says today, and leaves nothing of the language out."""

import json
from typing import Any, Final, get_args

from domain.segments.conditions import Condition
from domain.segments.rule import Measure, Rule
from tests.dashboard import golden, recipes
from tests.dashboard.language import language

STALE: Final = "make golden writes it again"


def table(name: str) -> Any:
    return language()[name]


def described() -> list[dict[str, Any]]:
    rules: list[dict[str, Any]] = json.loads(golden.PATH.read_text())["rules"]
    return rules


def test_the_golden_file_is_up_to_date() -> None:
    assert golden.PATH.read_text() == golden.document(), STALE


def test_the_recipes_are_up_to_date() -> None:
    assert recipes.PATH.read_text() == recipes.document(), STALE


def test_there_are_nineteen_recipes_and_each_says_what_it_needs() -> None:
    found: list[Any] = list(recipes.recipes())
    assert len(found) == 19
    assert all(recipe["text"].endswith(".") and "*" not in recipe["text"] for recipe in found)
    needs = {recipe["title"]: recipe["needs"] for recipe in found}
    assert needs["Repeat buyers without the app"]["segments"] == [
        {"path": "$.of[0].segment", "name": "Repeat buyers"}
    ]
    assert [one["name"] for one in needs["Category affinity"]["traits"]] == ["favourite_category"]
    assert [title for title in needs if needs[title]["rfm"]] == ["Best customers at risk"]


def test_the_table_names_every_node_operator_and_measure() -> None:
    assert list(table("nodes")) == [node.__struct_config__.tag for node in get_args(Rule)]
    operators = [operator.__struct_config__.tag for operator in get_args(Condition)]
    assert list(table("operators")) == operators
    assert list(table("measures")) == list(get_args(Measure))
    assert [name for name, row in table("measures").items() if row["kind"] == "instant"] == [
        "first_at",
        "last_at",
    ]


def test_every_node_operator_and_measure_has_words() -> None:
    texts = json.dumps(described())
    for tag in table("nodes"):
        assert f'"type": "{tag}"' in texts
    for tag in table("operators"):
        assert f'"op": "{tag}"' in texts
    for measure in table("measures"):
        assert f'"measure": "{measure}"' in texts


def test_hundreds_of_rules_could_be_published_and_hundreds_could_not() -> None:
    wrong = [bool(rule["problems"]) for rule in described()]
    assert wrong.count(False) > 500
    assert wrong.count(True) > 100
