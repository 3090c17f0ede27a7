"""What is TikTok's own in requests: paths, e-mail forms, device columns, marked names."""

import json

import msgspec
import pytest

from sinks.ads.platform import Create, Delete, Find, Matchable, PlatformCall, Read, Write
from sinks.ads.tiktok.codec import Tiktok, TiktokParams

PARAMS = TiktokParams(account_id="7178918106775994370")
TIKTOK = Tiktok(PARAMS, "secret-token")
MARY = Matchable(
    "aebe52e7-03ee-455a-b3c4-e57283966239",
    {
        "email": ("Mary@example.com", "zoe@example.com"),
        "phone": ("+1 (800) 555-0100",),
        "device_id": ("F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6",),
    },
)
JANE = Matchable(
    "bebe52e7-03ee-455a-b3c4-e57283966239", {"email": ("janedoe@gmail.com",), "user_id": ("jane",)}
)
ROWS = tuple(row for row in map(TIKTOK.row, (MARY, JANE)) if row)
OPERATIONS: dict[str, PlatformCall] = {
    "find": Find("VIP buyers", "stratum:1"),
    "find_next": Find("VIP buyers", "stratum:1", "2"),
    "create": Create("VIP buyers", "stratum:1"),
    "add": Write("add", "167290896", ROWS, 9778993),
    "remove": Write("remove", "167290896", ROWS[:1], 9778994),
    "read": Read("167290896"),
    "delete": Delete("167290896"),
}


def created_name(name: str, intent: str = "stratum:1") -> str:
    spelled: str = json.loads(TIKTOK.encode(Create(name, intent))[0].body)["custom_audience_name"]
    return spelled


@pytest.mark.parametrize("name", OPERATIONS)
def test_path_ends_in_a_slash(name: str) -> None:
    assert TIKTOK.encode(OPERATIONS[name])[0].url.partition("?")[0].endswith("/")


def test_row_matches_published_hashes() -> None:
    assert ROWS == (
        (
            "f1904cf1a9d73a55fa5de0ac823c4403ded71afd4c3248d00bdcd0866552bb79",
            "fb4f73a6ec5fdb7077d564cdd22c3554b43ce49168550c3b12c547b78c517b30",
            "30a5154b77ab8b2ddbe19f5e7af72f33cc2a4a41f22940d965102650a1c72863",
        ),
        ("d6117306485ed0e50afab3ac871e98f81699151f30281527d63ff5f233656c69", "", ""),
    )


def test_stripped_form_drops_dots_and_suffix_at_every_domain() -> None:
    stripped = Tiktok(TiktokParams(account_id="1", email_form="stripped"), "token")

    assert stripped.row(Matchable("id", {"email": ("jane.doe+news@gmail.com",)})) == (
        ROWS[1][0],
        "",
        "",
    )


def test_device_id_fills_the_chosen_columns_only() -> None:
    one = Tiktok(TiktokParams(account_id="1", device_columns=("AAID_SHA256",)), "token")
    body = json.loads(one.encode(Write("add", "167290896", ROWS, 1))[0].body)

    assert body["id_schema"] == ["EMAIL_SHA256", "PHONE_SHA256", "AAID_SHA256"]
    assert body["batch_data"][0][2]["id"] == ROWS[0][2]
    assert body["batch_data"][1][1:] == [{}, {}]


def test_without_columns_no_device_id_is_sent() -> None:
    none = Tiktok(TiktokParams(account_id="1", device_columns=()), "token")

    assert none.row(MARY) == (*ROWS[0][:2], "")
    assert none.row(Matchable("id", {"device_id": MARY.identifiers["device_id"]})) is None
    assert none.kinds == ("email", "phone")


def test_long_name_is_cut_and_keeps_its_mark() -> None:
    assert len(created_name("x" * 200)) == 70
    assert created_name("x" * 200)[-14:] == created_name("y")[-14:]


def test_mark_differs_by_intent() -> None:
    assert created_name("a", "stratum:1") != created_name("a", "stratum:2")


def test_body_is_json_of_one_list_per_person() -> None:
    body = msgspec.json.decode(TIKTOK.encode(OPERATIONS["add"])[0].body)

    assert [len(row) for row in body["batch_data"]] == [4, 4]
