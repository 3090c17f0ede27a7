"""What is Google's own in requests: rows as they are hashed, manager accounts, membership."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from sinks.ads.google.codec import Google, GoogleParams
from sinks.ads.platform import Create, Delete, Find, Matchable, PlatformCall, Read, Status, Write

GOLDEN = Path(__file__).parents[3] / "golden" / "google"
GOOGLE = Google(GoogleParams(customer_id="123-456-7890"))
MANAGED = Google(GoogleParams(customer_id="1234567890", login_customer_id="111-222-3333"))
MARY = Matchable(
    "aebe52e7-03ee-455a-b3c4-e57283966239",
    {
        "email": (
            "mary@example.com",
            "Cloudy.SanFrancisco+shopping@gmail.com",
            "cloudysanfrancisco@gmail.com",
        ),
        "phone": ("+1 (555) 987-6543",),
        "device_id": ("F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6",),
    },
)
JOE = Matchable(
    "bebe52e7-03ee-455a-b3c4-e57283966239", {"phone": ("+18005550100",), "user_id": ("joe",)}
)
ROWS = tuple(row for row in map(GOOGLE.row, (MARY, JOE)) if row)
OPERATIONS: dict[str, PlatformCall] = {
    "find": Find('Customers "VIP" \\ 1', "stratum:1"),
    "find_next": Find("Customers", "stratum:1", "after-1"),
    "create": Create("Customers", "stratum:1"),
    "add": Write("add", "7090784486", ROWS, 9778993),
    "remove": Write("remove", "7090784486", ROWS[:1], 9778994),
    "read": Read("7090784486"),
    "delete": Delete("7090784486"),
    "status": Status("t-00000001"),
}
EMAIL_VECTORS = {
    "mary@example.com": "f1904cf1a9d73a55fa5de0ac823c4403ded71afd4c3248d00bdcd0866552bb79",
    "cloudy.sanfrancisco+shopping@gmail.com": (
        "223ebda6f6889b1494551ba902d9d381daf2f642bae055888e96343d53e9f9c4"
    ),
    "Cloudy SanFrancisco@GMail.com": (
        "223ebda6f6889b1494551ba902d9d381daf2f642bae055888e96343d53e9f9c4"
    ),
    "user.name+nyc@example.com": "f109a2a632fbcea5fc82049f50beed3d8621bf9034399f437fb622222acccdac",
}
PHONE_VECTORS = {
    "+15559876543": "a6e349c7a8850f27ebcfa1865854e845c074da83ff19384d4b4c9df78357fa5a",
    "+18005550100": "fb4f73a6ec5fdb7077d564cdd22c3554b43ce49168550c3b12c547b78c517b30",
}


def golden(google: Google, operation: PlatformCall) -> dict[str, object]:
    (request,) = google.encode(operation)
    return {
        "method": request.method,
        "url": request.url,
        "headers": dict(request.headers),
        "body": request.body.decode(),
    }


@pytest.mark.parametrize("name", ["add", "find"])
def test_request_through_a_manager_account_equals_its_golden_file(name: str) -> None:
    assert json.loads((GOLDEN / f"{name}_managed.json").read_text()) == golden(
        MANAGED, OPERATIONS[name]
    )


@pytest.mark.parametrize(("email", "expected"), EMAIL_VECTORS.items())
def test_email_vector(email: str, expected: str) -> None:
    assert GOOGLE.row(Matchable("id", {"email": (email,)})) == (f"email:{expected}",)


@pytest.mark.parametrize(("phone", "expected"), PHONE_VECTORS.items())
def test_phone_vector(phone: str, expected: str) -> None:
    assert GOOGLE.row(Matchable("id", {"phone": (phone,)})) == (f"phone:{expected}",)


def test_all_identifiers_of_a_person_are_sent_each_once_in_any_order() -> None:
    turned = Matchable("other", {kind: values[::-1] for kind, values in MARY.identifiers.items()})

    assert GOOGLE.row(MARY) == GOOGLE.row(turned)
    assert len(ROWS[0]) == 3


@pytest.mark.parametrize(
    ("emails", "phones", "kept"),
    [
        (12, 0, (10, 0)),
        (12, 1, (9, 1)),
        (12, 12, (5, 5)),
        (1, 12, (1, 9)),
        (5, 5, (5, 5)),
        (0, 12, (0, 10)),
    ],
)
def test_no_more_identifiers_than_google_takes_and_each_kind_keeps_its_share(
    emails: int, phones: int, kept: tuple[int, int]
) -> None:
    person = Matchable(
        "id",
        {
            "email": tuple(f"p{number}@example.com" for number in range(emails)),
            "phone": tuple(f"+1555000{number:04d}" for number in range(phones)),
        },
    )

    row = GOOGLE.row(person) or ()

    assert (
        sum(value.startswith("email:") for value in row),
        sum(value.startswith("phone:") for value in row),
    ) == kept


def test_membership_is_whole_days() -> None:
    assert (
        b'"membershipDuration":"2592000s"'
        in Google(GoogleParams(membership=timedelta(days=30))).encode(Create("a", "b"))[0].body
    )
    with pytest.raises(ValueError, match="whole days"):
        GoogleParams(membership=timedelta(hours=36))
