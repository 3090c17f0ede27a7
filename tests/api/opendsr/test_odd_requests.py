"""Whatever a controller sends, the answer is OpenDSR's and says what is wrong; nothing breaks."""

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.conftest import Api, Tenant
from tests.api.opendsr.conftest import IDS, MARY, REQUESTS, Controller, request
from tests.api.privacy.conftest import mary
from tests.api.test_odd_requests import _changed
from tests.support.certificates import DOMAIN

HOOK = "https://controller.example/hook"
WHOLE = request(
    "access",
    status_callback_urls=[HOOK],
    group_id="a group",
    extensions={DOMAIN: {"afterwards": "new"}},
    property_id="1",
)


def post(api: Api, content: bytes) -> httpx.Response:
    return api.http.post(REQUESTS, content=content, headers={"content-type": "application/json"})


def checked(answer: httpx.Response) -> int:
    """The status, of an answer that is one of the documented ones."""
    status = answer.status_code
    assert status in {201, 400, 409}, answer.text
    if status != 201:
        error = answer.json()["error"]
        assert (error["code"], bool(error["errors"])) == (status, True)
        assert "ary@" not in answer.text.lower(), "nothing of an identity is repeated"
    return status


def test_an_odd_value_in_any_place_is_told(tenant: Tenant, api: Api) -> None:
    mary(tenant)
    seen: Counter[int] = Counter()

    for body in _changed(WHOLE):
        seen[checked(post(api, json.dumps(body).encode()))] += 1

    assert seen[400] > 100, seen
    entered = api.get("/cdp/privacy/requests", limit=200)["items"]
    assert {one["kind"] for one in entered} == {"access"}


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(st.characters(), max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
bodies = st.fixed_dictionaries(
    {
        "regulation": st.sampled_from(["gdpr", "ccpa"]) | json_values,
        "subject_request_id": st.sampled_from(IDS[:5]) | json_values,
        "subject_request_type": st.sampled_from(["access", "erasure", "portability"]) | json_values,
        "submitted_time": st.datetimes().map(lambda at: f"{at.isoformat()}Z") | json_values,
        "subject_identities": st.lists(st.just(MARY) | json_values, max_size=3) | json_values,
    },
    optional={"status_callback_urls": json_values, "extensions": json_values},
)


def test_no_body_breaks_it(tenant: Tenant, api: Api) -> None:
    mary(tenant)

    @settings(
        max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None
    )
    @given(body=json_values | bodies)
    def check(body: Any) -> None:
        checked(post(api, json.dumps(body).encode(errors="surrogatepass")))

    check()


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff", b"[]", b"null", b'"x"', b"[" * 5_000, b'{"a":' * 3_000, b"NaN"],
    ids=range(9),
)
def test_what_is_no_request_is_a_400(api: Api, content: bytes) -> None:
    assert checked(post(api, content)) == 400


def test_deep_extensions_are_refused_or_taken(api: Api) -> None:
    for depth in (100, 900, 2_000):
        deep = b'{"a":' * depth + b"1" + b"}" * depth
        whole = json.dumps(WHOLE | {"extensions": {"x": 0}}).encode()
        checked(post(api, whole.replace(b'{"x": 0}', deep)))


def test_a_body_that_is_too_large_and_one_without_a_key(
    api: Api, asks: Callable[[str], Api]
) -> None:
    large = api.http.post(REQUESTS, content=b" " * 3_000_000)
    assert (large.status_code, large.json()["error"]["code"]) == (413, 413)
    nobody = asks("").http.post(REQUESTS, content=b"[" * 100_000)
    assert (nobody.status_code, nobody.json()["error"]["code"]) == (401, 401)


@pytest.mark.parametrize(
    ("identity", "why"),
    [
        ({"identity_format": "sha256", "identity_value": "0" * 64}, "hashed"),
        ({"identity_format": "md5"}, "hashed"),
        ({"identity_type": "fax"}, "not supported"),
        ({"identity_type": ""}, "identity_type"),
        ({"identity_value": "mary"}, "identifies nobody"),
        ({"identity_value": " \t"}, "identifies nobody"),
        ({"identity_type": "phone", "identity_value": "0650"}, "identifies nobody"),
        ({"identity_type": "user_id", "identity_value": "null"}, "identifies nobody"),
        ({"identity_type": "user_id", "identity_value": "a\x00b"}, "identifies nobody"),
    ],
)
def test_an_identity_that_finds_nobody_is_refused_with_the_reason(
    tenant: Tenant, api: Api, controller: Controller, identity: dict[str, str], why: str
) -> None:
    mary(tenant)

    refusal = controller.send(request(subject_identities=[MARY, MARY | identity]), 400)

    assert why in str(refusal)
    assert "1" in str(refusal["errors"][0]["message"]), "which one"
    assert api.get("/cdp/privacy/requests")["items"] == []


@pytest.mark.parametrize(
    "number",
    [
        IDS[0].upper(),
        IDS[0].replace("-", ""),
        "a7551968-d5d6-14b2-9831-815ac9017798",
        "a7551968-d5d6-44b2-c831-815ac9017798",
        f"{IDS[0]}\n",
        f"urn:uuid:{IDS[0]}",
    ],
)
def test_an_id_is_a_uuid_of_version_4_in_lower_case(controller: Controller, number: str) -> None:
    controller.send(request(subject_request_id=number), 400)


def test_an_unknown_law_and_a_future_instant_are_refused(controller: Controller) -> None:
    refusal = controller.send(request(regulation="pipeda"), 400)
    assert "gdpr, ccpa" in refusal["message"]
    assert (
        "future" in controller.send(request(submitted_time="2999-01-01T00:00:00Z"), 400)["message"]
    )
    controller.send(request(subject_identities=[]), 400)
    controller.send(request(subject_identities=[MARY] * 51), 400)


@pytest.mark.parametrize(
    "url",
    [
        "http://controller.example/x",
        "ftp://controller.example/x",
        "https://",
        "https:///x",
        "https://user@controller.example/",
        "https://user:secret@controller.example/",
        "https://controller.example/#part",
        "https://controller.example:99999/",
        "https://controller.example:x/",
        "https://contro ller.example/",
        "https://controller.example/\n",
        "https://10.0.0.1/x",
        "https://127.1.1.1/x",
        "https://[::1]/x",
        "https://[::ffff:10.0.0.1]/x",
        "https://[64:ff9b::7f00:1]/x",
        "https://169.254.169.254/latest/meta-data",
        "https://éxample.com/",
        "//controller.example/x",
        "",
        "https://controller.example/" + "x" * 2_048,
    ],
)
def test_an_address_that_callbacks_never_go_to_is_refused(
    controller: Controller, api: Api, url: str
) -> None:
    refusal = controller.send(request("access", status_callback_urls=[HOOK, url]), 400)

    assert "status_callback_urls" in str(refusal)
    assert api.get("/cdp/privacy/requests")["items"] == []


@pytest.mark.parametrize("number", ["1", "x", "%00", IDS[0].upper(), "a" * 2_000])
def test_an_odd_id_in_the_path_is_no_request(controller: Controller, number: str) -> None:
    controller.status(number, 400)
