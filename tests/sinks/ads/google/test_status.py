"""Google's own view of a list and of an accepted request, as a person sees it."""

import json

import pytest

from sinks.ads.google.codec import Google, GoogleParams
from sinks.ads.outcomes import Described, Outcome, Processed, Retry
from sinks.ads.platform import PlatformCall, Read, Status
from sinks.http.messages import Response

GOOGLE = Google(GoogleParams(customer_id="1234567890"))


def answer(operation: PlatformCall, body: object) -> Outcome:
    return GOOGLE.decode(operation, Response(200, body=json.dumps(body).encode()))


def test_readback_shows_sizes_match_rate_and_eligibility() -> None:
    held = {
        "id": "709",
        "membershipStatus": "OPEN",
        "sizeInfo": {"displayNetworkMembersCount": "1200", "searchNetworkMembersCount": "900"},
        "targetNetworkInfo": {"eligibleForSearch": True},
        "ingestedUserListInfo": {"contactIdInfo": {"matchRatePercentage": 61}},
    }

    assert answer(Read("709"), held) == Described(
        readback={
            "size_lower": 900,
            "size_upper": 1200,
            "size_display": 1200,
            "size_search": 900,
            "size_youtube": -1,
            "size_gmail": -1,
            "match_rate": 61,
            "membership_status": "OPEN",
            "eligible_for_display": 0,
            "eligible_for_search": 1,
        }
    )


def test_readback_of_a_new_list_is_unknown() -> None:
    outcome = answer(Read("709"), {"id": "709"})

    assert isinstance(outcome, Described)
    assert [outcome.readback[name] for name in ("size_lower", "size_upper", "match_rate")] == [
        -1,
        -1,
        -1,
    ]


def status(**told: object) -> Outcome:
    return answer(Status("t-1"), {"requestStatusPerDestination": [told]})


@pytest.mark.parametrize("name", ["PROCESSING", "REQUEST_STATUS_UNKNOWN", "", "TOMORROW"])
def test_request_under_way_is_asked_about_later(name: str) -> None:
    assert status(requestStatus=name) == Retry("busy", 1800)


def test_no_destination_is_asked_about_later() -> None:
    assert answer(Status("t-1"), {"requestStatusPerDestination": []}) == Retry("busy", 1800)


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("MATCH_RATE_RANGE_UNKNOWN", -1, -1),
        ("MATCH_RATE_RANGE_NOT_ELIGIBLE", -1, -1),
        ("MATCH_RATE_RANGE_LESS_THAN_20", 0, 19),
        ("MATCH_RATE_RANGE_20_TO_30", 20, 30),
        ("MATCH_RATE_RANGE_91_TO_100", 91, 100),
    ],
)
def test_result_of_an_add_names_its_match_rate(name: str, low: int, high: int) -> None:
    counts = {"recordCount": "1000", "userIdentifierCount": "2100", "uploadMatchRateRange": name}
    readback: dict[str, int | str] = {
        "status": "SUCCESS",
        "records": 1000,
        "identifiers": 2100,
        "match_rate_low": low,
        "match_rate_high": high,
    }

    outcome = status(
        requestStatus="SUCCESS", audienceMembersIngestionStatus={"userDataIngestionStatus": counts}
    )

    assert outcome == Processed(1000, 0, readback)


def test_result_of_a_partial_success_counts_errors_and_warnings_by_reason() -> None:
    outcome = status(
        requestStatus="PARTIAL_SUCCESS",
        errorInfo={
            "errorCounts": [
                {"recordCount": "12", "reason": "PROCESSING_ERROR_REASON_DENIED_CONSENT"},
                {"recordCount": "1", "reason": "mary@example.com"},
            ]
        },
        warningInfo={
            "warningCounts": [
                {"recordCount": "3", "reason": "PROCESSING_WARNING_REASON_INTERNAL_ERROR"}
            ]
        },
        audienceMembersRemovalStatus={
            "userDataRemovalStatus": {"recordCount": "1000", "userIdentifierCount": "2100"}
        },
    )

    assert isinstance(outcome, Processed)
    assert (outcome.rows, outcome.invalid) == (1000, 13)
    assert outcome.readback == {
        "status": "PARTIAL_SUCCESS",
        "records": 1000,
        "identifiers": 2100,
        "match_rate_low": -1,
        "match_rate_high": -1,
        "error_denied_consent": 12,
        "error_unspecified": 1,
        "warning_internal_error": 3,
    }


def test_failed_request_has_no_valid_row() -> None:
    outcome = status(
        requestStatus="FAILED",
        audienceMembersIngestionStatus={"userDataIngestionStatus": {"recordCount": "5"}},
    )

    assert isinstance(outcome, Processed)
    assert (outcome.rows, outcome.invalid, outcome.readback["status"]) == (5, 5, "FAILED")
