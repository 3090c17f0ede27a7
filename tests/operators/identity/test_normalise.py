"""Normalising identifiers."""

import pytest

from domain.policies import IdentityRules, KindRule
from operators.identity.normalise import normalise

RULES = IdentityRules()


@pytest.mark.parametrize(
    ("kind", "raw", "value"),
    [
        ("email", " Mary@Example.COM ", "mary@example.com"),
        ("phone", "+1 (555) 987-6543", "+15559876543"),
        ("phone", "+15559876543", "+15559876543"),
        (
            "device_id",
            "AEBE52E7-03EE-455A-B3C4-E57283966239",
            "aebe52e7-03ee-455a-b3c4-e57283966239",
        ),
        ("user_id", " Case-Sensitive ", "Case-Sensitive"),
        ("anonymous_id", "00a", "00a"),
    ],
)
def test_a_value_is_spelled_one_way(kind: str, raw: str, value: str) -> None:
    assert normalise(kind, raw, RULES) == value


@pytest.mark.parametrize(
    "raw",
    [
        "", " ", "null", "NULL", "None", "undefined", "anonymous", "guest", "true", "false",
        "NaN", "0", "-1", "000-000", "[object Object]", "'id'", "{{user.id}}", "${id}",
        "not_authenticated", "a\0b", "x" * 257,
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["user_id", "anonymous_id", "device_id"])
def test_placeholders_identify_nobody(kind: str, raw: str) -> None:
    assert normalise(kind, raw, RULES) is None


@pytest.mark.parametrize(
    "raw", ["mary", "@example.com", "mary@", "mary@example", "ma ry@example.com", "a@b@c.de\n"]
)
def test_malformed_mail_addresses_identify_nobody(raw: str) -> None:
    assert normalise("email", raw, RULES) is None


@pytest.mark.parametrize(
    ("raw", "region", "value"),
    [("030 901820", "DE", "+4930901820"), ("030 901820", "", None), ("12", "DE", None)],
)
def test_a_phone_number_without_country_needs_the_default_region(
    raw: str, region: str, value: str | None
) -> None:
    assert normalise("phone", raw, RULES, region) == value


def test_a_kind_without_a_rule_is_ignored() -> None:
    assert normalise("loyalty", "L1", RULES) is None


def test_a_custom_kind_needs_only_a_rule() -> None:
    assert (
        normalise(
            "loyalty", "L1", IdentityRules(kinds={"loyalty": KindRule(1, 1, frozenset({"l0"}))})
        )
        == "L1"
    )
