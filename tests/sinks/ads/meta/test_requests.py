"""Golden request files: the bytes that go to Meta, one file per operation."""

import json
from pathlib import Path

import pytest

from sinks.ads.meta.codec import Meta, MetaParams
from sinks.ads.platform import Create, Delete, Find, Matchable, Operation, Read, Write

GOLDEN = Path(__file__).parents[3] / "golden" / "meta"
META = Meta(MetaParams(account_id="111"), "secret-token")
MARY = Matchable(
    "aebe52e7-03ee-455a-b3c4-e57283966239",
    {
        "email": ("mary@example.com", "zoe@example.com"),
        "phone": ("+15559876543",),
        "device_id": ("F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6",),
    },
)
JOE = Matchable(
    "bebe52e7-03ee-455a-b3c4-e57283966239", {"email": ("janedoe@gmail.com",), "user_id": ("joe",)}
)
ROWS = tuple(row for row in map(META.row, (MARY, JOE)) if row)
OPERATIONS: dict[str, Operation] = {
    "find": Find("Customers", "stratum:1"),
    "find_next": Find("Customers", "stratum:1", "c1"),
    "create": Create("Customers", "stratum:1"),
    "add": Write("add", "23850000000000001", ROWS, 9778993),
    "remove": Write("remove", "23850000000000001", ROWS[:1], 9778994),
    "read": Read("23850000000000001"),
    "delete": Delete("23850000000000001"),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_request_equals_its_golden_file(name: str) -> None:
    request = META.encode(OPERATIONS[name])

    assert json.loads((GOLDEN / f"{name}.json").read_text()) == {
        "method": request.method,
        "url": request.url,
        "headers": dict(request.headers),
        "body": request.body.decode(),
    }


@pytest.mark.parametrize("name", OPERATIONS)
def test_token_and_rows_stay_out_of_reprs(name: str) -> None:
    shown = repr(META) + repr(OPERATIONS[name]) + repr(META.encode(OPERATIONS[name])) + repr(MARY)

    assert "secret-token" not in shown
    assert "mary@example.com" not in shown
    assert ROWS[0][1] not in shown


def test_smallest_of_several_emails_is_chosen_in_any_order() -> None:
    one = Matchable("id", {"email": ("zoe@example.com", "mary@example.com")})
    other = Matchable("id", {"email": ("mary@example.com", "zoe@example.com")})

    assert META.row(one) == META.row(other) == ("id", ROWS[0][1], "", "")


def test_person_with_nothing_to_match_on_has_no_row() -> None:
    assert (
        META.row(
            Matchable("id", {"user_id": ("u1",), "email": ("none",), "phone": ("+0000000000",)})
        )
        is None
    )


def test_device_id_is_sent_raw() -> None:
    assert ROWS[0][3] == "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"
