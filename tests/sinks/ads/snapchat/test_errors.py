"""Snapchat's answers, each with its class."""

import json

import pytest

from sinks.ads.outcomes import Delivered, Described, Found, Outcome, Rejected, Retry, Written
from sinks.ads.platform import Create, Delete, Find, PlatformCall, Read, Write
from sinks.ads.snapchat.codec import Snapchat, SnapchatParams
from sinks.http.messages import Response

SNAPCHAT = Snapchat(SnapchatParams(account_id="8adc3db7-8148-4fbf-999c-8d2266369d74"))
ADD = Write("add", "5677923948298240", (("a", "", ""),) * 4, 7)
REMOVE = Write("remove", "5677923948298240", (("a", "", ""),) * 4, 7)
FIND = Find("VIP", "ours")
CREATE = Create("VIP", "ours")
READ = Read("5677923948298240")
DELETE = Delete("5677923948298240")
EVERY = (ADD, REMOVE, FIND, CREATE, READ, DELETE)


def answer(operation: PlatformCall, body: object, status: int = 200) -> Outcome:
    return SNAPCHAT.decode(operation, Response(status, {}, json.dumps(body).encode()))


def error(operation: PlatformCall, status: int, code: str | None = None) -> Outcome:
    texts = {"debug_message": "mary@example.com", "display_message": "mary@example.com"}
    return answer(
        operation,
        {"request_status": "ERROR", "request_id": "r", "error_code": code, **texts},
        status,
    )


def success(
    operation: PlatformCall, key: str, *parts: object, status: str = "SUCCESS", **more: object
) -> Outcome:
    return answer(
        operation, {"request_status": status, "request_id": "r", key: list(parts), **more}
    )


def segment(**fields: object) -> dict[str, object]:
    return {
        "sub_request_status": "SUCCESS",
        "segment": {"id": "1", "name": "VIP", "description": "ours"} | fields,
    }


@pytest.mark.parametrize(
    ("status", "code", "reason"),
    [
        (401, None, "reauth"),
        (403, None, "permission"),
        (403, "E3002", "permission"),
        (200, "E3002", "permission"),
        (400, "E1001", "invalid"),
        (400, "E2023", "invalid"),
        (405, None, "invalid"),
        (406, None, "invalid"),
        (413, None, "invalid"),
    ],
)
@pytest.mark.parametrize("operation", EVERY)
def test_permanent_answers_are_rejected(
    status: int, code: str | None, reason: str, operation: PlatformCall
) -> None:
    outcome = error(operation, status, code)

    assert isinstance(outcome, Rejected)
    assert (outcome.reason, outcome.detail) == (reason, f"{status} {code or ''}".rstrip())
    assert outcome.advice
    assert "mary" not in repr(outcome)


@pytest.mark.parametrize("status", [404, 410])
@pytest.mark.parametrize(
    ("operation", "reason"),
    [
        (ADD, "missing"),
        (REMOVE, "missing"),
        (READ, "missing"),
        (DELETE, "missing"),
        (FIND, "permission"),
        (CREATE, "permission"),
    ],
)
def test_what_is_not_found_is_the_segment_or_the_account(
    status: int, operation: PlatformCall, reason: str
) -> None:
    outcome = error(operation, status)

    assert isinstance(outcome, Rejected)
    assert outcome.reason == reason


def test_refused_token_without_json_needs_a_person() -> None:
    outcome = SNAPCHAT.decode(ADD, Response(401, {}, b"unauthorized"))

    assert isinstance(outcome, Rejected)
    assert outcome.reason == "reauth"


def test_refused_grant_needs_a_person() -> None:
    outcome = SNAPCHAT.decode(ADD, Response(401, fault="reauth"))

    assert isinstance(outcome, Rejected)
    assert outcome.reason == "reauth"
    assert outcome.advice


@pytest.mark.parametrize("body", [b"Too Many Requests", b'{"request_status":"ERROR"}', b""])
def test_throttle_waits_whatever_its_body(body: bytes) -> None:
    assert SNAPCHAT.decode(ADD, Response(429, {}, body)) == Retry("throttled", 1.0)


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
@pytest.mark.parametrize("body", [b"<html>", b'{"request_status":"ERROR","error_code":"E1000"}'])
def test_faults_of_the_server_are_tried_again(status: int, body: bytes) -> None:
    assert SNAPCHAT.decode(ADD, Response(status, {}, body)) == Retry("transient")


@pytest.mark.parametrize("status", [200, 400, 403, 404, 418])
def test_html_page_is_tried_again(status: int) -> None:
    assert SNAPCHAT.decode(ADD, Response(status, {}, b"<html>Service Unavailable</html>")) == Retry(
        "html"
    )


@pytest.mark.parametrize("status", [418, 451])
def test_unknown_status_is_tried_again(status: int) -> None:
    assert error(ADD, status) == Retry("unexpected")


def test_throttled_token_endpoint_waits() -> None:
    assert SNAPCHAT.decode(ADD, Response(0, fault="throttled")) == Retry("throttled", 1.0)


@pytest.mark.parametrize("body", [[], "ok", 3, None, {}, {"request_status": 1}])
def test_answer_that_is_no_envelope_is_tried_again(body: object) -> None:
    assert answer(ADD, body) == Retry("html")


@pytest.mark.parametrize(
    "body", [{}, {"users": []}, {"users": 3}, {"users": [None]}, {"segments": "x"}]
)
def test_success_without_content_is_tried_again(body: dict[str, object]) -> None:
    assert answer(ADD, {"request_status": "SUCCESS"} | body) == Retry("unexpected")


@pytest.mark.parametrize("status", ["success", "SUCCESS"])
def test_written_rows_are_delivered(status: str) -> None:
    part = {"sub_request_status": status, "user": {"number_uploaded_users": 4}}

    assert (
        success(ADD, "users", part, status=status)
        == success(REMOVE, "users", part, status=status)
        == Written(rows=4)
    )


@pytest.mark.parametrize("operation", EVERY)
def test_part_that_failed_fails_the_whole(operation: PlatformCall) -> None:
    good = {"sub_request_status": "SUCCESS"}
    bad = {"sub_request_status": "ERROR", "sub_request_error_reason": "mary@example.com"}

    assert success(operation, "users", good, bad) == Retry("unexpected")
    assert success(operation, "segments", bad) == Retry("unexpected")


def test_part_that_failed_with_a_known_code_is_rejected() -> None:
    outcome = success(
        ADD, "users", {"sub_request_status": "ERROR", "sub_request_error_reason": "E3002: no"}
    )

    assert isinstance(outcome, Rejected)
    assert (outcome.reason, outcome.detail) == ("permission", "200 E3002")


def test_created_segment_gives_its_id() -> None:
    assert success(CREATE, "segments", segment(id="5677923948298240"), status="success") == Found(
        platform_id="5677923948298240"
    )
    assert success(CREATE, "segments") == Retry("unexpected")


def test_segment_is_found_by_its_recorded_intent() -> None:
    parts = [
        segment(id="1", description="other"),
        segment(id="3"),
        segment(id="2", name="Renamed"),
        segment(id="4", description=None),
    ]

    assert success(FIND, "segments", *parts) == Found(platform_id="2")


def test_listing_goes_on_at_our_own_address() -> None:
    link = "https://elsewhere.example/v1/adaccounts/x/segments?cursor=abc&limit=100"
    outcome = success(FIND, "segments", segment(description="other"), paging={"next_link": link})

    assert outcome == Found(after="cursor=abc&limit=100")
    (next_page,) = SNAPCHAT.encode(Find("VIP", "ours", "cursor=abc&limit=100"))
    assert next_page.url.startswith(
        "https://adsapi.snapchat.com/v1/adaccounts/8adc3db7-8148-4fbf-999c-8d2266369d74/segments?cursor=abc"
    )


@pytest.mark.parametrize("paging", [None, {}, {"next_link": None}, {"next_link": ""}])
def test_end_of_the_listing_has_no_next_page(paging: object) -> None:
    assert success(FIND, "segments", paging=paging) == Found()


def test_readback_gives_matched_people_and_states() -> None:
    held = segment(
        approximate_number_users=40,
        status="ACTIVE",
        upload_status="COMPLETE",
        targetable_status="TOO_FEW_USERS",
    )

    assert success(READ, "segments", held) == Described(
        readback={
            "size_lower": 40,
            "size_upper": 40,
            "status": "ACTIVE",
            "upload_status": "COMPLETE",
            "targetable_status": "TOO_FEW_USERS",
        }
    )


def test_readback_without_a_number_is_unknown() -> None:
    outcome = success(READ, "segments", segment())

    assert isinstance(outcome, Described)
    assert outcome.readback["size_lower"] == -1


def test_deletion_is_delivered() -> None:
    assert success(DELETE, "segments") == Delivered()
