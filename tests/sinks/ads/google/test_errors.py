"""Google's answers, each with its class."""

import json
from typing import Any

import pytest

from sinks.ads.google.codec import Google, GoogleParams
from sinks.ads.outcomes import Accepted, Delivered, Found, Outcome, Rejected, Retry
from sinks.ads.platform import Create, Delete, Find, PlatformCall, Read, Write
from sinks.http.messages import Response

GOOGLE = Google(GoogleParams(customer_id="1234567890"))
ADD = Write("add", "709", (("email:" + "ab" * 32,),) * 20, 7)
FIND = Find("Customers", "stratum:1")


def answer(
    operation: PlatformCall, body: object, status: int = 200, headers: dict[str, str] | None = None
) -> Outcome:
    return GOOGLE.decode(operation, Response(status, headers or {}, json.dumps(body).encode()))


def error(
    code: int,
    status: str,
    violations: tuple[tuple[str, str], ...] = (),
    info: dict[str, Any] | None = None,
    more: tuple[dict[str, Any], ...] = (),
    headers: dict[str, str] | None = None,
    operation: PlatformCall = ADD,
) -> Outcome:
    details: list[dict[str, Any]] = [
        {"@type": "type.googleapis.com/google.rpc.RequestInfo", "requestId": "t-1"},
        *more,
    ]
    if info:
        details.append(
            {
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "domain": "datamanager.googleapis.com",
                **info,
            }
        )
    if violations:
        listed = [
            {"field": field, "description": "mary@example.com", "reason": reason}
            for field, reason in violations
        ]
        details.append(
            {"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": listed}
        )
    return answer(
        operation,
        {
            "error": {
                "code": code,
                "message": "mary@example.com",
                "status": status,
                "details": details,
            }
        },
        code,
        headers,
    )


@pytest.mark.parametrize(
    ("code", "status", "reason"),
    [
        (401, "UNAUTHENTICATED", "reauth"),
        (403, "PERMISSION_DENIED", "permission"),
        (404, "NOT_FOUND", "missing"),
        (400, "INVALID_ARGUMENT", "invalid"),
        (400, "FAILED_PRECONDITION", "invalid"),
        (400, "OUT_OF_RANGE", "invalid"),
        (409, "ALREADY_EXISTS", "invalid"),
        (501, "UNIMPLEMENTED", "invalid"),
    ],
)
def test_permanent_statuses_are_rejected(code: int, status: str, reason: str) -> None:
    outcome = error(code, status)

    assert isinstance(outcome, Rejected)
    assert (outcome.reason, outcome.detail, outcome.rows) == (reason, f"{code}/{status}", ())
    assert outcome.advice
    assert "mary" not in repr(outcome)


@pytest.mark.parametrize(
    ("code", "status", "reason"),
    [
        (503, "UNAVAILABLE", "transient"),
        (504, "DEADLINE_EXCEEDED", "transient"),
        (500, "INTERNAL", "transient"),
        (500, "UNKNOWN", "transient"),
        (499, "CANCELLED", "transient"),
        (409, "ABORTED", "busy"),
        (418, "TEAPOT", "unexpected"),
        (400, "", "unexpected"),
    ],
)
def test_temporary_and_unknown_statuses_are_tried_again(
    code: int, status: str, reason: str
) -> None:
    assert error(code, status) == Retry(reason)


@pytest.mark.parametrize(
    ("google", "reason"),
    [
        ("TERMS_AND_CONDITIONS_NOT_SIGNED", "terms"),
        ("EU_POLITICAL_ADVERTISING_DECLARATION_REQUIRED", "terms"),
        ("INVALID_USER_LIST_ID", "missing"),
        ("NOT_FOUND", "missing"),
        ("REQUEST_TOO_OLD", "missing"),
        ("INVALID_REQUEST_ID", "missing"),
        ("PERMISSION_DENIED", "permission"),
        ("OPERATING_ACCOUNT_LOGIN_ACCOUNT_MISMATCH", "permission"),
        ("NOT_ALLOWLISTED", "permission"),
        ("ADVERTISER_NOT_ALLOWLISTED_FOR_UPLOADED_DATA", "permission"),
        ("USER_LIST_MUTATION_NOT_SUPPORTED", "policy"),
        ("INVALID_USER_LIST_TYPE", "invalid"),
        ("TOO_MANY_AUDIENCE_MEMBERS", "invalid"),
        ("DISPLAY_NAME_ALREADY_USED", "invalid"),
        ("MEMBERSHIP_DURATION_TOO_LONG", "invalid"),
        ("INVALID_DESTINATION", "invalid"),
        ("A_REASON_OF_TOMORROW", "invalid"),
    ],
)
def test_reason_of_a_violation_decides(google: str, reason: str) -> None:
    outcome = error(
        400, "INVALID_ARGUMENT", (("destinations[0]", google),), {"reason": "INVALID_ARGUMENT"}
    )

    assert isinstance(outcome, Rejected)
    assert (outcome.reason, outcome.detail, outcome.rows) == (
        reason,
        f"400/INVALID_ARGUMENT/{google}",
        (),
    )
    assert outcome.advice


@pytest.mark.parametrize(
    ("code", "status", "google", "reason"),
    [
        (403, "PERMISSION_DENIED", "SERVICE_DISABLED", "permission"),
        (403, "PERMISSION_DENIED", "ACCESS_TOKEN_SCOPE_INSUFFICIENT", "reauth"),
        (401, "UNAUTHENTICATED", "ACCESS_TOKEN_EXPIRED", "reauth"),
    ],
)
def test_reason_of_the_whole_decides_where_no_violation_does(
    code: int, status: str, google: str, reason: str
) -> None:
    outcome = error(code, status, info={"reason": google})

    assert isinstance(outcome, Rejected)
    assert (outcome.reason, outcome.detail) == (reason, f"{code}/{status}/{google}")


@pytest.mark.parametrize("reason", ["INTERNAL_ERROR", "DEADLINE_EXCEEDED"])
def test_violation_that_passes_is_tried_again(reason: str) -> None:
    assert error(400, "INVALID_ARGUMENT", (("audience_members[3]", reason),)) == Retry("transient")


@pytest.mark.parametrize(
    ("fields", "rows"),
    [
        (("audience_members[17].user_data.user_identifiers[0].email_address",), (17,)),
        (("audienceMembers[3]", "audience_members[2]", "audience_members[3].user_data"), (2, 3)),
        (("audience_members[20]",), ()),
        (("audience_members[3]", "destinations[0]"), ()),
        (("encoding",), ()),
    ],
)
def test_bad_rows_are_named_where_nothing_else_is_wrong(
    fields: tuple[str, ...], rows: tuple[int, ...]
) -> None:
    outcome = error(
        400, "INVALID_ARGUMENT", tuple((field, "INVALID_SHA256_FORMAT") for field in fields)
    )

    assert isinstance(outcome, Rejected)
    assert (outcome.reason, outcome.rows) == ("invalid", rows)


@pytest.mark.parametrize(
    "reason",
    ["INVALID_USER_LIST_TYPE", "TERMS_AND_CONDITIONS_NOT_SIGNED", "INVALID_ENUM_VALUE", ""],
)
def test_member_named_for_a_fault_that_is_not_its_own_is_no_bad_row(reason: str) -> None:
    outcome = error(400, "INVALID_ARGUMENT", (("audience_members[0]", reason),))

    assert isinstance(outcome, Rejected)
    assert outcome.rows == ()


def test_throttle_waits_by_the_quota_that_is_used_up() -> None:
    def throttle(limit: str) -> Outcome:
        return error(
            429,
            "RESOURCE_EXHAUSTED",
            info={"reason": "RATE_LIMIT_EXCEEDED", "metadata": {"quota_limit": limit}},
        )

    assert throttle("IngestionMutateRequestsPerMinutePerProject") == Retry("throttled", 60.0)
    assert throttle("IngestionMutateRequestsPerDayPerProject") == Retry("throttled", 3600.0)
    assert error(429, "RESOURCE_EXHAUSTED") == Retry("throttled", 60.0)


def test_throttle_waits_as_long_as_google_says() -> None:
    info = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "17.5s"}

    assert error(429, "RESOURCE_EXHAUSTED", more=(info,)) == Retry("throttled", 17.5)
    assert error(429, "RESOURCE_EXHAUSTED", headers={"retry-after": "9"}) == Retry("throttled", 9.0)
    assert error(
        429, "RESOURCE_EXHAUSTED", headers={"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}
    ) == Retry("throttled", 60.0)


def test_free_text_in_the_place_of_a_code_is_not_shown() -> None:
    outcome = error(
        400,
        "INVALID_ARGUMENT",
        (("audience_members[0]", "bad mary@example.com"),),
        {"reason": "mary@example.com"},
    )

    assert isinstance(outcome, Rejected)
    assert outcome.detail == "400/INVALID_ARGUMENT"


@pytest.mark.parametrize("fault", ["timeout", "connection", "throttled", "transient"])
def test_no_answer_is_tried_again(fault: str) -> None:
    assert GOOGLE.decode(ADD, Response(0, fault=fault)) == Retry(fault)


def test_refused_grant_needs_a_person() -> None:
    outcome = GOOGLE.decode(ADD, Response(401, fault="reauth"))

    assert isinstance(outcome, Rejected)
    assert (outcome.reason, outcome.detail) == ("reauth", "invalid_grant")
    assert outcome.advice


@pytest.mark.parametrize(
    ("body", "status", "expected"),
    [
        (b"<html>Bad Gateway</html>", 502, Retry("html")),
        (b"", 200, Retry("html")),
        (b"[]", 200, Retry("unexpected")),
        (b"{}", 500, Retry("transient")),
        (b'{"error":"oops"}', 400, Retry("transient")),
        (b"{}", 200, Retry("unexpected")),
        (b'{"requestId":7}', 200, Retry("unexpected")),
        (b'{"requestId":""}', 200, Retry("unexpected")),
        (b'{"error":{"code":"mary","status":7,"details":"x"}}', 400, Retry("unexpected")),
        (
            b'{"error":{"status":"INVALID_ARGUMENT","details":[7,{"fieldViolations":[8,{"field":9}]}]}}',
            400,
            None,
        ),
    ],
)
def test_answer_that_makes_no_sense(body: bytes, status: int, expected: Outcome | None) -> None:
    outcome = GOOGLE.decode(ADD, Response(status, body=body))

    assert outcome == expected if expected else isinstance(outcome, Rejected)


def test_accepted_write_has_a_receipt() -> None:
    assert answer(ADD, {"requestId": "t-1"}) == Accepted(
        rows=20, receipt="t-1", receipt_after_s=1800
    )
    assert answer(ADD, {"requestId": "t-1", "fieldWarnings": [{"field": "x"}]}) == Accepted(
        rows=20, receipt="t-1", receipt_after_s=1800
    )


def test_list_is_found_by_name_and_intent() -> None:
    lists = [
        {"id": "1", "displayName": "Customers", "description": "mine"},
        {"id": "3", "displayName": "Customers", "description": "stratum:1"},
        {"id": "2", "displayName": "customers", "description": "stratum:1"},
    ]

    assert answer(FIND, {"userLists": lists, "nextPageToken": "n"}) == Found(platform_id="3")
    assert answer(FIND, {"userLists": lists[:1], "nextPageToken": "n"}) == Found(after="n")
    assert answer(FIND, {}) == Found()
    assert answer(FIND, {"userLists": "none"}) == Retry("unexpected")


def test_created_deleted_and_read() -> None:
    assert answer(Create("a", "b"), {"id": "709", "name": "accountTypes/…"}) == Found(
        platform_id="709"
    )
    assert answer(Create("a", "b"), {"name": "x"}) == Retry("unexpected")
    assert answer(Delete("709"), {}) == Delivered()
    assert answer(Read("709"), {}) == Retry("unexpected")
