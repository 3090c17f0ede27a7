"""TikTok's answers, each with its class."""

import json

import pytest

from sinks.ads.outcomes import Delivered, Described, Found, Outcome, Rejected, Retry, Written
from sinks.ads.platform import Create, Delete, Find, PlatformCall, Read, Write
from sinks.ads.tiktok.codec import Tiktok, TiktokParams
from sinks.http.messages import Response

TIKTOK = Tiktok(TiktokParams(account_id="7178918106775994370"), "token")
ADD = Write("add", "167290896", (("a", "", ""),) * 4, 7)
REMOVE = Write("remove", "167290896", (("a", "", ""),) * 4, 7)
FIND = Find("VIP", "ours")
CREATE = Create("VIP", "ours")
READ = Read("167290896")
DELETE = Delete("167290896")
EVERY = (ADD, REMOVE, FIND, CREATE, READ, DELETE)
MARKED = json.loads(TIKTOK.encode(CREATE)[0].body)["custom_audience_name"]


def answer(operation: PlatformCall, code: int, data: object = None, status: int = 200) -> Outcome:
    body = {"code": code, "message": "mary@example.com", "request_id": "r", "data": data}
    return TIKTOK.decode(operation, Response(status, {}, json.dumps(body).encode()))


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        *[(code, "reauth") for code in (40102, 40104, 40105, 40106, 40110, 40113, 40114)],
        *[(code, "permission") for code in (40001, 40003, 40118, 40125, 40130, 40300, 40301)],
        *[(code, "invalid") for code in (40000, 40007, 40011, 40061, 40062, 40900, 40905, 40910)],
        (41000, "policy"),
    ],
)
@pytest.mark.parametrize("operation", EVERY)
@pytest.mark.parametrize("status", [200, 400, 500])
def test_permanent_codes_are_rejected_whatever_the_status(
    code: int, reason: str, operation: PlatformCall, status: int
) -> None:
    outcome = answer(operation, code, status=status)

    assert isinstance(outcome, Rejected)
    assert (outcome.reason, outcome.detail) == (reason, str(code))
    assert outcome.advice
    assert "mary" not in repr(outcome)


@pytest.mark.parametrize(
    ("code", "wait_s"), [(40133, 1.0), (40100, 60.0), (40016, 60.0), (40132, 60.0), (61000, 60.0)]
)
@pytest.mark.parametrize("operation", EVERY)
def test_throttle_codes_wait(code: int, wait_s: float, operation: PlatformCall) -> None:
    assert answer(operation, code) == Retry("throttled", wait_s)


@pytest.mark.parametrize("code", [50000, 50002, 51003, 51010, 51063, 51305, 60001])
@pytest.mark.parametrize("status", [200, 500])
def test_faults_of_the_server_are_tried_again(code: int, status: int) -> None:
    assert answer(ADD, code, status=status) == Retry("transient")


@pytest.mark.parametrize("code", [40201, 40202, 40050])
@pytest.mark.parametrize("operation", EVERY)
def test_conflicts_and_duplicates_are_tried_again_later(code: int, operation: PlatformCall) -> None:
    assert answer(operation, code) == Retry("busy", 60.0)


def test_unknown_code_is_tried_again() -> None:
    assert answer(ADD, 49999) == Retry("unexpected")


@pytest.mark.parametrize("operation", [ADD, REMOVE])
def test_parameter_error_of_a_write_may_be_an_update_under_way(operation: PlatformCall) -> None:
    assert answer(operation, 40002) == Retry("busy", 60.0)


@pytest.mark.parametrize(
    ("operation", "reason"),
    [(READ, "missing"), (DELETE, "missing"), (FIND, "invalid"), (CREATE, "invalid")],
)
def test_parameter_error_elsewhere_is_final(operation: PlatformCall, reason: str) -> None:
    outcome = answer(operation, 40002)

    assert isinstance(outcome, Rejected)
    assert outcome.reason == reason


@pytest.mark.parametrize("status", [200, 403, 500, 502])
def test_html_page_is_tried_again(status: int) -> None:
    assert TIKTOK.decode(ADD, Response(status, {}, b"<html>Service Unavailable</html>")) == Retry(
        "html"
    )


def test_throttle_without_json_waits() -> None:
    assert TIKTOK.decode(ADD, Response(429, {}, b"slow down")) == Retry("throttled", 60.0)


@pytest.mark.parametrize("status", [404, 405])
def test_unknown_path_is_rejected(status: int) -> None:
    outcome = TIKTOK.decode(ADD, Response(status, {}, b"404 page not found"))

    assert isinstance(outcome, Rejected)
    assert (outcome.reason, outcome.detail) == ("invalid", f"http {status}")


@pytest.mark.parametrize("body", [[], "ok", 3, None, {}, {"code": "0"}, {"message": "OK"}])
@pytest.mark.parametrize(("status", "reason"), [(200, "unexpected"), (503, "transient")])
def test_answer_without_sense_is_tried_again(body: object, status: int, reason: str) -> None:
    assert TIKTOK.decode(ADD, Response(status, {}, json.dumps(body).encode())) == Retry(reason)


def test_success_code_in_an_error_status_is_tried_again() -> None:
    assert answer(ADD, 0, status=502) == Retry("transient")


@pytest.mark.parametrize("operation", [ADD, REMOVE])
@pytest.mark.parametrize("data", [None, {}])
def test_written_rows_are_delivered(operation: PlatformCall, data: object) -> None:
    assert answer(operation, 0, data) == Written(rows=4)


def test_partial_add_is_delivered_and_shows_that_something_was_left_out() -> None:
    assert answer(ADD, 20001) == Written(rows=4, invalid=1)


def test_partial_removal_is_not_done() -> None:
    assert answer(REMOVE, 20001) == Retry("unexpected")


def test_created_audience_gives_its_id() -> None:
    assert answer(CREATE, 0, {"audience_id": "167290896"}) == Found(platform_id="167290896")
    assert answer(CREATE, 0, {}) == Retry("unexpected")


def test_audience_is_found_by_its_mark_whatever_its_name() -> None:
    listed = [
        {"audience_id": "9", "name": MARKED},
        {"audience_id": "1", "name": "VIP"},
        {"audience_id": "2", "name": f"Renamed{MARKED[-14:]}"},
        {"name": MARKED},
        None,
    ]

    assert answer(FIND, 0, {"list": listed, "page_info": {"page": 1, "total_page": 4}}) == Found(
        platform_id="2"
    )


@pytest.mark.parametrize(
    ("pages", "after"),
    [
        ({"page": 1, "total_page": 2}, "2"),
        ({"page": 2, "total_page": 2}, ""),
        ({}, ""),
        (None, ""),
        ({"page": "1"}, ""),
    ],
)
def test_listing_goes_on_until_its_last_page(pages: object, after: str) -> None:
    assert answer(FIND, 0, {"list": [], "page_info": pages}) == Found(after=after)


def test_listing_without_a_list_is_tried_again() -> None:
    assert answer(FIND, 0, {}) == Retry("unexpected")


def test_readback_gives_matched_people_and_state() -> None:
    held = {"audience_id": "167290896", "cover_num": 1200, "is_valid": True, "is_expiring": False}

    assert answer(READ, 0, {"list": [held]}) == Described(
        readback={"size_lower": 1200, "size_upper": 1200, "valid": 1, "expiring": 0}
    )


def test_readback_without_a_number_is_unknown() -> None:
    outcome = answer(READ, 0, {"list": [{"audience_id": "167290896"}]})

    assert isinstance(outcome, Described)
    assert outcome.readback["size_lower"] == -1


def test_audience_that_is_not_listed_is_missing() -> None:
    outcome = answer(READ, 0, {"list": [{"audience_id": "1"}]})

    assert isinstance(outcome, Rejected)
    assert outcome.reason == "missing"


def test_deletion_is_delivered() -> None:
    assert answer(DELETE, 0) == Delivered()
