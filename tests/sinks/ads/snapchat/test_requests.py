"""What is Snapchat's own in requests: one per kind of identifier, phone forms, long names."""

import json

import pytest

from sinks.activation.destination import exchange
from sinks.ads.hashing import digest
from sinks.ads.outcomes import Written
from sinks.ads.platform import Create, Matchable, Write
from sinks.ads.snapchat.codec import Snapchat, SnapchatParams
from sinks.http.messages import Request, Response

ACCOUNT = "8adc3db7-8148-4fbf-999c-8d2266369d74"
SNAPCHAT = Snapchat(SnapchatParams(account_id=ACCOUNT))
PERSON = Matchable(
    "aebe52e7-03ee-455a-b3c4-e57283966239",
    {
        "email": ("Person@email.com", "zoe@example.com"),
        "phone": ("+1 (706) 767-5127",),
        "device_id": ("F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6",),
    },
)
JANE = Matchable(
    "bebe52e7-03ee-455a-b3c4-e57283966239", {"email": ("janedoe@gmail.com",), "user_id": ("jane",)}
)
ROWS = tuple(row for row in map(SNAPCHAT.row, (PERSON, JANE)) if row)
ADD = Write("add", "5677923948298240", ROWS, 9778993)
OK = Response(
    200,
    {},
    b'{"request_status":"SUCCESS","users":[{"sub_request_status":"SUCCESS","user":{"number_uploaded_users":2}}]}',
)


class Line:
    """A transport that answers what it is told to, and notes what it was asked."""

    def __init__(self, *answers: Response) -> None:
        self.answers = list(answers)
        self.sent: list[Request] = []

    def __call__(self, request: Request) -> Response:
        self.sent.append(request)
        return self.answers.pop(0) if self.answers else OK

    def schemas(self) -> list[list[str]]:
        return [
            schema
            for request in self.sent
            for schema in [user["schema"] for user in json.loads(request.body)["users"]]
        ]


def test_row_matches_published_hashes() -> None:
    assert ROWS == (
        (
            "b375b7bbddb3de3298fbc7641063d9f03a38e118aa4480c8ab9f58740982e8bd",
            "2fd199db6d3fa9fe754886ff1822f2867fcb104a6639495eca25c2978efe4ed4",
            "30a5154b77ab8b2ddbe19f5e7af72f33cc2a4a41f22940d965102650a1c72863",
        ),
        ("d6117306485ed0e50afab3ac871e98f81699151f30281527d63ff5f233656c69", "", ""),
    )


@pytest.mark.parametrize("phone", ["+1(706)-767-5127", "0017067675127", "017067675127"])
def test_phone_is_digits_without_leading_zeros(phone: str) -> None:
    assert SNAPCHAT.row(Matchable("id", {"phone": (phone,)})) == ("", ROWS[0][1], "")


def test_phone_may_be_sent_with_its_plus() -> None:
    e164 = Snapchat(SnapchatParams(account_id=ACCOUNT, phone_form="e164"))

    assert e164.row(Matchable("id", {"phone": ("+1 800 555 0100",)})) == (
        "",
        digest("+18005550100"),
        "",
    )


def test_each_identifier_is_sent_once() -> None:
    shared = (ROWS[0], (ROWS[1][0], ROWS[0][1], ""))
    requests = SNAPCHAT.encode(Write("add", "1", shared, 1))
    users = [user for request in requests for user in json.loads(request.body)["users"]]

    assert [len(user["data"]) for user in users] == [2, 1, 1]


def test_kinds_that_nobody_has_are_left_out() -> None:
    line = Line()
    exchange(SNAPCHAT, Write("add", "1", ROWS[1:], 1), line)

    assert line.schemas() == [["EMAIL_SHA256"]]


def test_one_kind_of_identifier_goes_out_at_a_time() -> None:
    line = Line()

    assert exchange(SNAPCHAT, ADD, line) == Written(rows=2)
    assert len(line.sent) == 3
    assert line.schemas() == [["EMAIL_SHA256"], ["PHONE_SHA256"], ["MOBILE_AD_ID_SHA256"]]


@pytest.mark.parametrize(
    "failure",
    [
        Response(0, fault="timeout"),
        Response(401, fault="reauth"),
        Response(429, {}, b"slow down"),
        Response(500, {}, b'{"request_status":"ERROR"}'),
        Response(200, {}, b"<html>"),
        Response(200, {}, b'{"request_status":"ERROR","error_code":"E3002"}'),
        Response(200, {}, b'{"request_status":"SUCCESS","users":[{"sub_request_status":"ERROR"}]}'),
    ],
)
def test_first_failure_ends_a_write_and_is_its_answer(failure: Response) -> None:
    line = Line(OK, failure)

    assert exchange(SNAPCHAT, ADD, line) == SNAPCHAT.decode(ADD, failure)
    assert len(line.sent) == 2


def test_long_name_is_cut() -> None:
    (segment,) = json.loads(SNAPCHAT.encode(Create("x" * 500, "stratum:1"))[0].body)["segments"]

    assert len(segment["name"]) == 375
