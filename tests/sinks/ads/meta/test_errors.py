"""Meta's answers, each with its class."""

import json

import pytest

from sinks.ads.meta.codec import Meta, MetaParams
from sinks.ads.outcomes import Delivered, Described, Found, Outcome, Rejected, Retry, Written
from sinks.ads.platform import Create, Delete, Find, PlatformCall, Read, Write
from sinks.http.messages import Response

META = Meta(MetaParams(account_id="111"), "token")
ADD = Write("add", "238", (("p", "", "", ""),) * 4, 7)


def answer(
    operation: PlatformCall, body: object, status: int = 200, headers: dict[str, str] | None = None
) -> Outcome:
    return META.decode(operation, Response(status, headers or {}, json.dumps(body).encode()))


def error(code: int, subcode: int = 0, status: int = 400, **more: object) -> Outcome:
    return answer(
        ADD,
        {"error": {"message": "mary@example.com", "code": code, "error_subcode": subcode, **more}},
        status,
    )


@pytest.mark.parametrize(
    ("code", "subcode", "reason"),
    [
        (190, 463, "reauth"),
        (190, 460, "reauth"),
        (102, 0, "reauth"),
        (200, 0, "permission"),
        (294, 0, "permission"),
        (10, 0, "permission"),
        (200, 1870090, "terms"),
        (100, 33, "missing"),
        (1487366, 0, "missing"),
        (100, 0, "invalid"),
        (105, 0, "invalid"),
        (194, 0, "invalid"),
        (2635, 0, "invalid"),
        (2650, 1870147, "invalid"),
        (1487301, 0, "invalid"),
        (2656, 0, "invalid"),
        (100, 1713230, "policy"),
        (1713228, 0, "policy"),
        (368, 0, "policy"),
        (2655, 0, "policy"),
    ],
)
@pytest.mark.parametrize("status", [200, 400, 403, 429, 500])
def test_permanent_codes_are_rejected_whatever_the_status(
    code: int, subcode: int, reason: str, status: int
) -> None:
    outcome = error(code, subcode, status)

    assert isinstance(outcome, Rejected)
    assert outcome.reason == reason
    assert outcome.advice
    assert "mary" not in repr(outcome)


@pytest.mark.parametrize("code", [4, 17, 32, 613, 80000, 80003, 80004, 80014])
@pytest.mark.parametrize("status", [400, 403, 429])
def test_throttle_codes_wait_whatever_the_status(code: int, status: int) -> None:
    assert error(code, status=status) == Retry("throttled", 60.0)


def test_throttle_waits_as_long_as_the_usage_header_says() -> None:
    usage = {
        "111": [
            {"type": "custom_audience", "call_count": 100, "estimated_time_to_regain_access": 7}
        ]
    }

    outcome = answer(
        ADD, {"error": {"code": 80003}}, 403, {"x-business-use-case-usage": json.dumps(usage)}
    )

    assert outcome == Retry("throttled", 420.0)


@pytest.mark.parametrize("code", [1, 2, 341, 803, 5000, 21009])
def test_transient_codes_are_tried_again(code: int) -> None:
    assert error(code) == Retry("transient")


def test_flagged_transient_is_tried_again_whatever_the_code() -> None:
    assert error(100, is_transient=True) == Retry("transient")


def test_busy_audience_is_tried_again() -> None:
    assert error(2650, 1870145) == Retry("busy")


def test_unknown_code_is_tried_again() -> None:
    assert error(987654) == Retry("unexpected")


@pytest.mark.parametrize("status", [200, 500, 502])
def test_html_page_is_tried_again(status: int) -> None:
    assert META.decode(ADD, Response(status, {}, b"<html>Service Unavailable</html>")) == Retry(
        "html"
    )


@pytest.mark.parametrize("body", [[], "ok", 3, None, {}, {"success": True}])
def test_answer_without_sense_is_tried_again(body: object) -> None:
    assert answer(ADD, body) == Retry("unexpected")


def test_error_status_without_error_object_is_tried_again() -> None:
    assert answer(ADD, {"num_received": 4}, 503) == Retry("transient")


@pytest.mark.parametrize("samples", [{}, [], {"0": "x"}, ["x"]])
def test_written_rows_are_delivered_with_the_invalid_count(samples: object) -> None:
    body = {
        "audience_id": "238",
        "num_received": 4,
        "num_invalid_entries": 1,
        "invalid_entry_samples": samples,
    }

    assert answer(ADD, body) == Written(rows=4, invalid=1)


def test_usage_above_the_limit_asks_for_a_pause() -> None:
    usage = json.dumps(
        {
            "111": [
                {"type": "custom_audience", "call_count": 85, "estimated_time_to_regain_access": 0}
            ]
        }
    )

    outcome = answer(ADD, {"num_received": 4}, headers={"x-business-use-case-usage": usage})

    assert outcome == Written(rows=4, pause_s=60.0)


@pytest.mark.parametrize("header", ["", "{", "[]", '{"call_count":"x"}', '{"111":[null]}'])
def test_usage_header_that_cannot_be_read_is_ignored(header: str) -> None:
    assert answer(ADD, {"num_received": 4}, headers={"x-app-usage": header}) == Written(rows=4)


def test_audience_is_found_by_name_and_intent() -> None:
    listed = {
        "data": [
            {"id": "1", "name": "a", "description": "other"},
            {"id": "2", "name": "a", "description": "ours"},
        ],
        "paging": {"cursors": {"after": "c1"}, "next": "https://…"},
    }

    assert answer(Find("a", "ours"), listed) == Found(platform_id="2")
    assert answer(Find("b", "ours"), listed) == Found(after="c1")


def test_end_of_the_listing_has_no_cursor() -> None:
    assert (
        answer(Find("a", "ours"), {"data": [], "paging": {"cursors": {"after": "c1"}}}) == Found()
    )


def test_created_audience_gives_its_id() -> None:
    assert answer(Create("a", "ours"), {"id": "238"}) == Found(platform_id="238")


def test_readback_gives_the_size_range_and_states() -> None:
    body = {
        "id": "238",
        "approximate_count_lower_bound": 4900,
        "approximate_count_upper_bound": 5100,
        "delivery_status": {"code": 200},
        "operation_status": {"code": 411},
    }

    assert answer(Read("238"), body) == Described(
        readback={
            "size_lower": 4900,
            "size_upper": 5100,
            "delivery_status": 200,
            "operation_status": 411,
        }
    )


def test_deletion_needs_success() -> None:
    assert answer(Delete("238"), {"success": True}) == Delivered()
    assert answer(Delete("238"), {"success": False}) == Retry("unexpected")
