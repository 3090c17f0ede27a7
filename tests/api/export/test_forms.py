"""A platform's form holds that platform's columns alone, of people who consent to its purpose,
whatever is asked for beside it."""

import io
import random
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, get_args

import psycopg
import pyarrow.parquet as pq
import pytest

from config.exports import form_kinds
from config.settings import Settings
from domain.export import ExportFormat, ExportSpec
from sinks.ads import hashing
from store.export import exports
from store.export.exports import Order
from tests.api.conftest import START_MS, Api, Tenant
from tests.api.export.conftest import EXPORT, Written
from tests.support.exporting import write_all

FORMS: Final = ("meta", "google", "tiktok", "snapchat")
RAW: Final = (b"rawmark", b"7067675127", b"7067675128")
"""Parts of everything that is known of people, lower case.

Hashes have none of them but by a chance of one in a million.
"""
BESIDE: Final[Mapping[str, Any]] = {
    "traits": None,
    "types": {"email": "text"},
    "computed": None,
    "events": True,
    "last_events": ["Order Completed"],
    "revenue": True,
}
"""What no form takes, in one spelling each."""
OTHERS: Final[tuple[tuple[str, Any], ...]] = (
    ("traits", ["email", "name", "identifier.email", "address", "external_id"]),
    ("computed", ["rawmark_count"]),
    ("events", ["rawmark Event"]),
    ("traits", []),
    ("events", False),
    ("computed", []),
    ("guard_formulas", False),
    ("identifier_kinds", ["email"]),
    ("identifier_kinds", ["email", "phone"]),
    ("purpose", "advertising"),
)


@pytest.fixture(autouse=True)
def marked(
    tenant: Tenant,
    customers: None,  # noqa: ARG001 - people beside them
    postgres_dsn: str,
) -> None:
    """Somebody who consents and somebody who does not, with a mark in everything that is known of
    them."""
    for number, consent in ((7, True), (8, False)):
        email = f"RawMark{number}@example.com"
        traits = {
            "email": email,
            "phone": f"+1706767512{number}",
            "name": "Rawmark Person",
            "identifier.email": email,
            "external_id": "rawmark-external",
            "address": {"city": "Rawmark City", "lines": [email, {"phone": "+17067675127"}]},
            "rawmark": "rawmark",
        }
        context = {
            "traits": traits,
            "consent": {"categoryPreferences": {"advertising": consent, "rawmark_purpose": True}},
        }
        tenant.feed(
            tenant.event(
                "track",
                START_MS,
                event="rawmark Event",
                userId=f"rawmark-user-{number}",
                anonymousId=f"rawmark-anonymous-{number}",
                context=context,
                properties={"email": email},
            )
        )
    with psycopg.connect(postgres_dsn) as conn:
        conn.execute("""
            INSERT INTO memberships (segment_id, profile_id, workspace_id, version, since_at)
            SELECT s.id, p.id, p.workspace_id, 1, now() FROM segments s
                JOIN profiles p USING (workspace_id)
            ON CONFLICT DO NOTHING
            """)


def readable(content: bytes, form: str) -> bytes:
    """An export's bytes, and of Parquet its names and values, too."""
    if form != "parquet":
        return content
    table = pq.read_table(io.BytesIO(content))
    return content + repr((table.schema.names, table.to_pylist())).encode()


def assert_clean(content: bytes, form: str) -> None:
    """Nothing raw is in it, the one who consents is, and the other is not."""
    found = readable(content, form).lower()
    assert [mark for mark in RAW if mark in found] == []
    assert hashing.digest("rawmark8@example.com").encode() not in found
    assert b"stage" not in found
    assert b"orders" not in found


def requests(form: str, kind: str) -> Iterator[dict[str, Any]]:
    """Ways to ask: each thing beside the form, and some of everything together."""
    base = {"identifiers": form, "format": kind}
    yield base
    yield from (base | {name: value} for name, value in BESIDE.items())
    rng = random.Random(f"{form} {kind}")
    for _ in range(4):
        extra = dict(rng.sample(OTHERS, 3)) | dict(
            rng.sample(list(BESIDE.items()), rng.randrange(2))
        )
        yield base | extra


@pytest.mark.parametrize("kind", get_args(ExportFormat))
@pytest.mark.parametrize("form", FORMS)
def test_nothing_raw_is_in_a_platforms_form_whatever_is_asked_for(
    operator: Api, segment: int, form: str, kind: str
) -> None:
    taken = 0
    rule = {"type": "trait", "name": "rawmark", "condition": {"op": "equals", "value": "rawmark"}}
    for number, body in enumerate(requests(form, kind)):
        who = {"segment_id": segment} if number % 3 else {"rule": rule, "purpose": "advertising"}
        answer = operator.http.post(EXPORT, json=who | body)
        beside = [name for name in BESIDE if name in body and body[name] not in ([], False)]
        if answer.status_code == 422:
            assert beside, (body, answer.text)
            assert any(name in answer.json()["detail"] for name in beside)
            continue
        assert answer.status_code == 200
        assert_clean(answer.content, kind)
        wanted = body.get("identifier_kinds", [])
        assert hashing.digest("rawmark7@example.com").encode() in readable(
            answer.content, kind
        ) or "email" not in (wanted or ["email"])
        assert not beside
        taken += 1
    assert taken


@pytest.mark.parametrize("form", FORMS)
def test_a_file_in_a_platforms_form_has_that_platforms_columns_alone(
    written: Written, segment: int, form: str
) -> None:
    view, content = written(segment_id=segment, format="csv", identifiers=form)

    assert content.decode().splitlines()[0] == ",".join(
        f"identifier.{kind}"
        for kind in form_kinds(form)  # type: ignore[arg-type]
    )
    assert_clean(content, "csv")
    assert view["without_consent"] == 2


@pytest.mark.parametrize("form", FORMS)
def test_a_platforms_form_is_for_people_who_consent_to_the_platforms_purpose(
    operator: Api, segment: int, form: str
) -> None:
    wanted = {"segment_id": segment, "identifiers": form}
    for purpose in ({"purpose": "none", "reason": "because"}, {"purpose": "rawmark_purpose"}):
        answer = operator.http.post(EXPORT, json=wanted | purpose)
        assert answer.status_code == 422
        assert "advertising" in answer.json()["detail"]
    assert operator.get("/cdp/exports")["items"] == []


def test_the_purpose_of_a_form_is_the_platforms_whatever_the_segments_is(
    written: Written, segment: int, postgres_dsn: str
) -> None:
    with psycopg.connect(postgres_dsn) as conn:
        conn.execute("UPDATE segments SET purpose = 'rawmark_purpose' WHERE id = %s", (segment,))

    view, content = written(segment_id=segment, format="ndjson", identifiers="meta")

    assert view["purpose"] == "advertising"
    assert_clean(content, "ndjson")


@pytest.mark.parametrize(
    "spec",
    [
        ExportSpec("csv", "advertising", segment=1, identifiers="meta", kinds=("email",)),
        ExportSpec("parquet", "none", "a reason", segment=1, traits=(), identifiers="google"),
        ExportSpec("json", "advertising", segment=1, traits=(), revenue=True, identifiers="tiktok"),
    ],
)
def test_an_order_of_an_older_version_that_would_tell_more_fails_and_says_why(
    operator: Api,
    settings: Settings,
    tenant: Tenant,
    segment: int,
    tmp_path: Path,
    spec: ExportSpec,
) -> None:
    assert segment == spec.segment
    with psycopg.connect(settings.postgres.dsn.get_secret_value()) as conn:
        number = exports.order(conn, tenant.id, "key:1", Order(spec, "file", 5, ["id"]), 10)

    assert write_all(settings) == 1

    view = operator.get(f"/cdp/exports/{number}")
    assert (view["status"], view["reason"], view["rows"]) == ("failed", "form", 0)
    assert "order it again" in view["advice"]
    assert list(tmp_path.rglob("export-*")) == []
