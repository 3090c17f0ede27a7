"""Whoever is restricted is in no file, and takes along every file that may hold them."""

from typing import Any

import pytest

from tests.api.conftest import Api, Tenant
from tests.api.export.conftest import Written, people
from tests.api.export.test_withdrawn import LATER_MS, refusal, status
from tests.support.restricting import restriction

ANY: dict[str, Any] = {"format": "ndjson", "purpose": "none", "reason": "court order 12"}
PLAN = {"type": "trait", "name": "plan", "condition": {"op": "exists"}}


@pytest.mark.parametrize("asked", [{"format": "ndjson", "purpose": "advertising"}, ANY])
def test_a_restriction_revokes_files_of_any_purpose_that_hold_the_person(
    tenant: Tenant, operator: Api, segment: int, written: Written, asked: dict[str, Any]
) -> None:
    of_segment, _ = written(**asked, segment_id=segment)
    of_rule, _ = written(**asked, rule=PLAN)

    tenant.feed(restriction(tenant.id, tenant.salt, "u1", LATER_MS))

    assert status(operator, of_segment) == ("revoked", "withdrawn")
    assert status(operator, of_rule) == ("revoked", "withdrawn")
    operator.get(f"/cdp/exports/{of_segment['id']}/download", expect=410)


@pytest.mark.parametrize("whose", ["segment", "rule"])
def test_who_is_restricted_is_in_no_file_until_they_are_released(
    tenant: Tenant, operator: Api, segment: int, written: Written, whose: str
) -> None:
    asked = ANY | ({"segment_id": segment} if whose == "segment" else {"rule": PLAN})
    tenant.feed(restriction(tenant.id, tenant.salt, "u1", LATER_MS))
    without, content = written(**asked)
    assert people(content).keys() == {"u2", "u3"}

    tenant.feed(refusal(tenant, "u1", "email", LATER_MS + 1))
    assert status(operator, without)[0] == "done"  # it never held them

    tenant.feed(restriction(tenant.id, tenant.salt, "u1", LATER_MS + 2, released=True))
    _, content = written(**asked)
    assert "u1" in people(content)


def test_a_merge_with_somebody_restricted_revokes(
    tenant: Tenant, operator: Api, segment: int, written: Written
) -> None:
    tenant.feed(tenant.event("page", LATER_MS, anonymousId="a9", name="Home"))
    record = restriction(tenant.id, tenant.salt, "a9", LATER_MS, kind="anonymous_id")
    tenant.feed(record)
    export, _ = written(**ANY, segment_id=segment)

    tenant.feed(tenant.event("identify", LATER_MS, userId="u2", anonymousId="a9"))

    assert status(operator, export) == ("revoked", "withdrawn")
    _, content = written(**ANY, rule=PLAN)
    assert people(content).keys() == {"u1", "u3"}
