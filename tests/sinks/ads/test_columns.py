"""A column gives one value of a person, or all of them."""

from typing import Final

from sinks.ads import hashing
from sinks.ads.columns import Column
from sinks.ads.meta.codec import Meta, MetaParams

EMAIL: Final = Column("email", ("EMAIL",), hashing.email_plain)
ADA: Final = {"email": ("unknown", "Zoe@example.com", " ada@example.com", "ADA@example.com")}


def test_the_value_is_the_smallest_usable_spelling_hashed() -> None:
    assert EMAIL.value(ADA) == hashing.digest("ada@example.com")


def test_a_value_that_the_platform_takes_as_it_is_is_not_hashed() -> None:
    plain = Column("email", ("EMAIL",), hashing.email_plain, hashed=False)
    assert plain.value(ADA) == "ada@example.com"


def test_without_a_usable_value_nothing_is_hashed() -> None:
    assert EMAIL.value({"email": ("unknown",)}) == EMAIL.value({}) == ""


def test_without_a_field_there_is_no_value() -> None:
    assert Column("email", (), hashing.email_plain).value(ADA) == ""


def test_digests_are_those_of_every_usable_value_each_once_and_sorted() -> None:
    expected = sorted(map(hashing.digest, ("ada@example.com", "zoe@example.com")))
    assert EMAIL.digests(ADA) == expected


def test_rows_from_before_a_column_was_added_are_filled_up() -> None:
    meta = Meta(MetaParams(account_id="1"), "token")
    whole = ("id-1", "mail", "phone", "device")
    assert meta.filled((whole, ("id-2", "mail"))) == [whole, ("id-2", "mail", "", "")]


def test_rows_of_today_are_left_as_they_are() -> None:
    rows = (("id-1", "mail", "phone", "device"),)
    assert Meta(MetaParams(account_id="1"), "token").filled(rows) is rows
