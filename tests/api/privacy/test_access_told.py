"""What an archive tells, section by section, and what of other people it does not."""

from collections.abc import Callable
from typing import Any

import pytest

from config.settings import Settings
from tests.api.conftest import START_MS, Api, Insert, Tenant
from tests.api.privacy.conftest import Hand, mary
from tests.support.archives import MARY, Archive, download, write_archives

Execute = Callable[..., Any]
JOHN = ("john-4711", "john@example.com", "+16505550123", "johns-browser", "johns-word")
"""Everything that is somebody else's."""


def john(tenant: Tenant) -> None:
    """Somebody else, who uses the person's browser, where a limit keeps them apart."""
    said = {"note": "johns-word"}
    tenant.feed(
        tenant.event(
            "identify",
            START_MS + 5_000,
            userId="john-4711",
            anonymousId="browser",
            traits={"email": "john@example.com", "phone": "+16505550123", **said},
        ),
        tenant.event("page", START_MS + 6_000, userId="john-4711", anonymousId="johns-browser"),
    )


@pytest.fixture
def archive(api: Api, settings: Settings) -> Callable[[], Archive]:
    """Asks for Mary's archive."""

    def make() -> Archive:
        number = api.post("/cdp/privacy/access", MARY)["id"]
        write_archives(settings)
        return download(api, number)

    return make


def test_traits_come_with_the_event_that_stated_them(
    tenant: Tenant, archive: Callable[[], Archive]
) -> None:
    mary(tenant)
    tenant.feed(
        tenant.event("identify", START_MS + 4_000, userId="mary", traits={"plan": "gold"}),
        tenant.event("identify", START_MS + 4_000, userId="mary", traits={"size": 7}),
    )
    found = archive()
    traits = {row["name"]: row for row in found.rows("traits")}
    events = {row["event"]: row["payload"] for row in found.rows("events")}
    assert (traits["plan"]["value"], traits["size"]["value"]) == ("gold", 7)
    assert traits["plan"]["stated_at"] == "2026-09-21T14:13:24.000Z"
    assert {traits[name]["source"] for name in traits} == {"web"}
    assert events[traits["plan"]["event"]]["traits"] == {"plan": "gold"}
    assert events[traits["size"]["event"]]["traits"] == {"size": 7}


def test_consent_comes_with_its_history(tenant: Tenant, archive: Callable[[], Archive]) -> None:
    mary(tenant)
    refusal = {"consent": {"categoryPreferences": {"advertising": False, "analytics": True}}}
    tenant.feed(tenant.event("track", START_MS + 4_000, userId="mary", event="X", context=refusal))
    found = archive()
    state = {row["purpose"]: row["granted"] for row in found.rows("consent")}
    assert state == {"advertising": False, "analytics": True}
    history = [(row["purpose"], row["state"]) for row in found.rows("consent_history")]
    assert history == [
        ("advertising", "granted"), ("advertising", "refused"), ("analytics", "granted")
    ]  # fmt: skip
    forms = {(row["form"], row["entered_by"]) for row in found.rows("consent_history")}
    assert forms == {("context.consent.categoryPreferences", None)}
    assert {row["event_type"] for row in found.rows("consent_history")} == {"identify", "track"}


def test_what_staff_entered_of_consent_is_told_with_its_evidence(
    tenant: Tenant, api: Api, archive: Callable[[], Archive], drain: Callable[[], list[bytes]]
) -> None:
    mary(tenant)
    person = api.get("/cdp/profiles/lookup", kind="user_id", value="mary")["id"]
    grant = {"purpose": "analytics", "state": "granted", "reason": "by letter"}
    tenant.feed(
        tenant.event(
            "track",
            START_MS + 4_000,
            userId="mary",
            event="X",
            context={"consent": {"categoryPreferences": {"analytics": False}}},
        )
    )
    api.post(f"/cdp/profiles/{person}/consent", grant | {"evidence": "form 4711"})
    tenant.feed(*drain())
    told = archive().rows("consent_history")
    (entered,) = [row for row in told if row["form"] == "operator"]
    assert (entered["purpose"], entered["state"]) == ("analytics", "granted")
    assert (entered["reason"], entered["evidence"]) == ("by letter", "form 4711")
    assert entered["entered_by"]
    assert entered["source"] is None


def test_computed_traits_and_reasons_are_those_of_the_engine(
    tenant: Tenant, api: Api, archive: Callable[[], Archive]
) -> None:
    mary(tenant)
    found = archive()
    (segment,) = found.rows("segments")
    assert segment["reason"]["holds"] is True
    assert [child["says"] for child in segment["reason"]["of"]] == [
        "the lifecycle stage is customer",
        "consent to advertising is granted",
    ]
    (entered, *_) = found.rows("segment_changes")
    assert (entered["change"], entered["cause"]) == ("entered", "event")
    assert "the lifecycle stage is customer" in entered["rule"]
    profile = {(row["part"], row["name"]): row["value"] for row in found.rows("profile")}
    shown = api.get("/cdp/profiles/lookup", kind="user_id", value="mary")
    assert profile["profile", "lifecycle stage"] == shown["stage"]
    assert profile["activity", "events"] == shown["events"]["total"]


def test_pushes_tell_the_persons_part_alone(
    tenant: Tenant, api: Api, hand: Hand, archive: Callable[[], Archive], execute: Execute
) -> None:
    mary(tenant)
    profile = api.get("/cdp/profiles/lookup", kind="user_id", value="mary")["id"]
    hand.audience(profile)
    execute(
        "UPDATE push_requests SET rows = jsonb_build_array(jsonb_build_array(%s::text,"
        ' \'["id", "hash-of-mary", "", ""]\'::jsonb), jsonb_build_array('
        ' \'00000000-0000-0000-0000-000000000001\', \'["x", "hash-of-john", "", ""]\'::jsonb))',
        profile,
    )
    found = archive()
    (push,) = found.rows("pushes")
    assert push["fields"] == {"external_id": "id", "email": "hash-of-mary"}
    assert push["forms"]["external_id"] == "as it is"
    assert push["forms"]["email"].startswith("SHA-256")
    assert (push["platform"], push["audience"], push["operation"]) == ("meta", "Buyers", "add")
    assert b"hash-of-john" not in found.everything
    assert [row["state"] for row in found.rows("audiences")] == ["present"]


def test_nothing_of_somebody_else_is_in_it(
    tenant: Tenant, api: Api, archive: Callable[[], Archive]
) -> None:
    mary(tenant)
    john(tenant)
    other = api.get("/cdp/profiles/lookup", kind="user_id", value="john-4711")["id"]
    found = archive()
    (conflict,) = found.rows("conflicts")
    assert {conflict["one"], conflict["other"]} == {"somebody else", "anonymous_id: browser"}
    assert conflict["reason"] == "limit:user_id"
    leaked = [mark for mark in (*JOHN, other, other.replace("-", "")) if mark.encode() in
              found.everything]  # fmt: skip
    assert leaked == []


def test_an_unmerge_names_no_one_else(
    tenant: Tenant, api: Api, archive: Callable[[], Archive], insert: Insert
) -> None:
    mary(tenant)
    keys = [row["key"] for row in api.get("/cdp/profiles/lookup", kind="user_id", value="mary")[
        "identifiers"]]  # fmt: skip
    other = "deadbeefdeadbeefdeadbeefdeadbeef"
    detail = f'{{"links": [["{keys[0].replace("-", "")}", "{other}"]], "reason": "mistake"}}'
    insert(
        "audit", workspace_id=tenant.id, at="2026-03-01T00:00:00Z", actor="key:9",
        action="unmerge", subject=f"profile:{other}", detail=detail,
    )  # fmt: skip
    insert(
        "merges", workspace_id=tenant.id, kind="unmerge", survivor=keys[0], other=other,
        cause=other, occurred_at="2026-03-01T00:00:00Z", recorded_at="2026-03-01T00:00:00Z",
    )  # fmt: skip
    found = archive()
    unmerge = next(row for row in found.rows("audit") if row["action"] == "unmerge")
    assert unmerge["subject"] == "profile:somebody else"
    assert unmerge["detail"]["links"] == [[keys[0].replace("-", ""), "somebody else"]]
    assert unmerge["detail"]["reason"] == "[withheld]"
    (merge, *_) = [row for row in found.rows("merges") if row["kind"] == "unmerge"]
    assert (merge["other"], merge["cause"]) == ("somebody else", None)
    assert b"deadbeef" not in found.everything


def letter(tenant: Tenant, insert: Insert, number: int, payload: str, **more: Any) -> int:
    values = {
        "workspace_id": tenant.id, "log": "l", "partition": 0, "position": number, "index": 0,
        "reason": "no_json", "detail": "", "payload": payload.encode(),
        "recorded_at": "2026-03-01T00:00:00Z",
    }  # fmt: skip
    return insert("dead_letters", **(values | more))


def test_dead_letters_are_told_where_they_name_nobody_else(
    tenant: Tenant, archive: Callable[[], Archive], insert: Insert
) -> None:
    mary(tenant)
    john(tenant)
    mine = letter(tenant, insert, 1, '{"to": "Mary@Example.com", "word": "mine"')
    both = letter(tenant, insert, 2, '{"to": "mary@example.com", "cc": "john@example.com"')
    letter(tenant, insert, 3, '{"to": "john@example.com"')
    nobodys = letter(tenant, insert, 4, '{"to": "mary@example.com", "z": 1', workspace_id=None)
    again = letter(tenant, insert, 5, '{"messageId": "m1", "word": "again"}')
    strange = [
        letter(tenant, insert, 10 + place, f'{{"to": "mary@example.com", {more}')
        for place, more in enumerate(
            (
                '"to": "never@seen.example"}', '"n": {"phone": "+16505550999"}}',
                '"userId": "never-seen"}', '"a": [{"previousId": "never-seen"}]}',
                '"anonymousId": "never-seen"', '"user_id": 4711',
            )
        )
    ]  # fmt: skip

    rows = {row["letter"]: row for row in archive().rows("dead_letters")}

    assert rows.keys() == {mine, both, nobodys, again, *strange}
    assert {rows[each]["content"] for each in strange} == {None}
    assert "mine" in rows[mine]["content"]
    assert "again" in rows[again]["content"]
    assert (rows[both]["content"], rows[nobodys]["content"]) == (None, None)
    assert "other people" in rows[both]["note"]
    assert "no workspace" in rows[nobodys]["note"]


def export(tenant: Tenant, insert: Insert, began: str, ended: str, spec: str) -> int:
    return insert(
        "exports", workspace_id=tenant.id, kind="file", spec=spec, requested_by="key:1",
        status="expired", started_at=began, finished_at=ended,
    )  # fmt: skip


def test_exports_are_told_that_may_have_held_the_person(
    tenant: Tenant, archive: Callable[[], Archive], insert: Insert, execute: Execute
) -> None:
    mary(tenant)
    segment = execute("SELECT min(segment_id) FROM memberships")
    execute("UPDATE changes SET changed_at = '2026-10-01'")
    execute("UPDATE memberships SET since_at = '2026-10-01'")
    spec = f'{{"format": "csv", "purpose": "ads", "segment": {segment}, "traits": ["plan"]}}'
    rule = '{"format": "json", "purpose": "ads", "rule": {"type": "segment", "segment": 1}}'
    held = export(tenant, insert, "2026-10-02", "2026-10-02", spec)
    export(tenant, insert, "2026-09-25", "2026-09-26", spec)  # before they were in it
    export(tenant, insert, "2026-01-01", "2026-01-02", rule)  # before they were known
    may = export(tenant, insert, "2026-10-03", "2026-10-03", rule)

    rows = archive().rows("exports")

    assert [row["export"] for row in rows] == [held, may]
    assert [row["certainty"][:7] for row in rows] == ["you wer", "not kno"]
    assert [row["traits"] for row in rows] == ["plan", "all traits"]


def test_what_was_erased_before_is_told(
    tenant: Tenant, api: Api, archive: Callable[[], Archive], execute: Execute
) -> None:
    mary(tenant)
    (key,) = [row["key"] for row in api.get(
        "/cdp/profiles/lookup", kind="email", value="mary@example.com")["identifiers"]
        if row["kind"] == "email"]  # fmt: skip
    execute("INSERT INTO erased_identifiers VALUES (%s, %s, %s, 3)", key, tenant.id, START_MS)
    (row,) = archive().rows("suppressed")
    assert (row["value"], row["for_ever"]) == ("mary@example.com", False)
    assert row["until"] == "2026-09-21T14:13:20.000Z"


def test_secrets_are_in_no_file(
    tenant: Tenant, archive: Callable[[], Archive], execute: Execute
) -> None:
    mary(tenant)
    everything = archive().everything
    secrets = [tenant.salt, tenant.salt.hex().encode(), tenant.admin.encode()]
    hashes = execute("SELECT array_agg(encode(key_hash, 'hex')) FROM api_keys")
    assert [
        one for one in (*secrets, *(each.encode() for each in hashes)) if one in everything
    ] == []


def test_a_restriction_is_told_in_words(
    tenant: Tenant, api: Api, archive: Callable[[], Archive], drain: Callable[[], list[bytes]]
) -> None:
    mary(tenant)
    body = MARY | {"reason": "case 116", "evidence": "letter 4711"}
    api.post("/cdp/privacy/restrictions", body)
    tenant.feed(*drain())
    found = archive()
    states = {row["purpose"]: row["granted"] for row in found.rows("consent")}
    assert states == {"advertising": False, "any use beyond storage": False}
    (told,) = [row for row in found.rows("consent_history") if row["form"] == "operator"]
    assert (told["purpose"], told["state"]) == ("any use beyond storage", "refused")
    assert (told["reason"], told["evidence"]) == ("case 116", "letter 4711")
    kinds = {row["kind"]: row["status"] for row in found.rows("requests")}
    assert kinds == {"restriction": "completed", "access": "processing"}
    assert any(row["action"] == "restriction" for row in found.rows("audit"))
    assert found.rows("segments") == []
