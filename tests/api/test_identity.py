"""The identity graph, merge histories, conflicts, and taking people apart again."""

from collections.abc import Callable

from tests.api.conftest import START_MS, Api, Tenant


def person(api: Api, kind: str, value: str) -> str:
    return str(api.get("/cdp/profiles/lookup", kind=kind, value=value)["id"])


def shared_device(tenant: Tenant) -> None:
    """u1 and u2 use one device; it belongs to u1, whose event came first."""
    tenant.feed(
        tenant.event("identify", START_MS, userId="u1", anonymousId="device", messageId="first"),
        tenant.event(
            "identify", START_MS + 1, userId="u2", anonymousId="device", messageId="second"
        ),
    )


def test_the_graph_shows_identifiers_links_and_causes(tenant: Tenant, api: Api) -> None:
    tenant.feed(
        tenant.event("page", START_MS, anonymousId="a1", name="Home"),
        tenant.event(
            "identify",
            START_MS + 1,
            userId="u1",
            anonymousId="a1",
            traits={"email": "m@example.com"},
        ),
    )

    graph = api.get(f"/cdp/profiles/{person(api, 'user_id', 'u1')}/graph")

    nodes = {node["kind"]: node for node in graph["nodes"]}
    assert nodes.keys() == {"user_id", "email", "anonymous_id"}
    assert nodes["anonymous_id"]["first_event"]["type"] == "page"
    assert nodes["email"]["first_event"]["type"] == "identify"
    links = {frozenset((link["a"]["kind"], link["b"]["kind"])): link for link in graph["links"]}
    assert links.keys() == {frozenset(("user_id", "email")), frozenset(("user_id", "anonymous_id"))}
    assert {link["status"] for link in graph["links"]} == {"linked"}
    assert {link["cause"]["type"] for link in graph["links"]} == {"identify"}
    assert graph["conflicts"] == []
    assert not graph["truncated"]


def test_a_refused_link_is_a_conflict_with_a_sentence(tenant: Tenant, api: Api) -> None:
    shared_device(tenant)

    (conflict,) = api.get("/cdp/conflicts")["items"]
    graph = api.get(f"/cdp/profiles/{person(api, 'user_id', 'u2')}/graph")

    assert conflict["status"] == "refused"
    assert (
        conflict["reason"]
        == "Uniting these two would give one person more than 1 identifier of kind user_id."
    )
    assert {conflict["a"]["value"], conflict["b"]["value"]} == {"u2", "device"}
    assert {conflict["a"]["profile_id"], conflict["b"]["profile_id"]} == {
        person(api, "user_id", "u1"),
        person(api, "user_id", "u2"),
    }
    assert graph["conflicts"] == [conflict]
    assert graph["links"] == []


def test_conflicts_are_paged_newest_first(tenant: Tenant, api: Api) -> None:
    tenant.feed(
        *(
            tenant.event("identify", START_MS + number, userId=f"u{number}", anonymousId="device")
            for number in range(8)
        )
    )

    conflicts = api.everything("/cdp/conflicts", limit=3)

    assert len(conflicts) == 7
    assert [each["stated_at"] for each in conflicts] == sorted(
        (each["stated_at"] for each in conflicts), reverse=True
    )


def test_merge_histories_name_the_event_and_the_link(tenant: Tenant, api: Api) -> None:
    tenant.feed(
        tenant.event("page", START_MS, anonymousId="a1"),
        tenant.event("page", START_MS, anonymousId="a2"),
    )
    before = {person(api, "anonymous_id", "a1"), person(api, "anonymous_id", "a2")}
    tenant.feed(
        tenant.event("identify", START_MS + 1, userId="u1", anonymousId="a1", messageId="joins")
    )
    tenant.feed(
        tenant.event("identify", START_MS + 2, userId="u1", anonymousId="a2", messageId="joins too")
    )
    survivor = person(api, "user_id", "u1")

    history = api.everything(f"/cdp/profiles/{survivor}/merges", limit=1)

    last = history[0]
    assert last["kind"] == "merge"
    assert last["cause"]["message_id"] == "joins too"
    assert last["cause"]["type"] == "identify"
    assert {end["value"] for end in last["link"]} == {"u1", "a2"}
    assert before <= {survivor} | {each["other"] for each in history} | {
        each["survivor"] for each in history
    }
    assert api.everything("/cdp/merges", limit=1) == history
    assert api.everything("/cdp/merges", kind="unmerge") == []


def family(tenant: Tenant) -> None:
    """Two people who share an address: u1 – address – a1 and a2 on it."""
    tenant.feed(
        tenant.event("identify", START_MS, userId="u1", traits={"email": "family@example.com"}),
        tenant.event(
            "identify", START_MS + 1, anonymousId="a1", traits={"email": "family@example.com"}
        ),
        tenant.event("page", START_MS + 2, anonymousId="a1", name="Toys"),
    )


def test_unmerging_identifiers_makes_them_a_person_of_their_own(
    tenant: Tenant, api: Api, drain: Callable[[], list[bytes]]
) -> None:
    family(tenant)
    whole = person(api, "user_id", "u1")

    accepted = api.post(
        f"/cdp/profiles/{whole}/unmerge",
        {"identifiers": [{"kind": "anonymous_id", "value": "a1"}], "reason": "the daughter"},
    )
    command = f"/cdp/commands/{accepted['command_id']}"

    assert [{end["value"] for end in pair} for pair in accepted["links"]] == [
        {"family@example.com", "a1"}
    ]
    assert api.get(command)["status"] == "pending"
    tenant.feed(*drain())
    assert api.get(command)["status"] == "processed"
    assert (
        person(api, "user_id", "u1")
        == person(api, "email", "family@example.com")
        != person(api, "anonymous_id", "a1")
    )
    (entry,) = api.get("/cdp/audit", action="unmerge")["items"]
    assert entry["detail"]["reason"] == "the daughter"
    assert entry["subject"] == f"profile:{whole}"
    daughter = api.get(f"/cdp/profiles/{person(api, 'anonymous_id', 'a1')}/merges")["items"]
    assert [each["kind"] for each in daughter][:1] == ["unmerge"]
    banned = [
        link
        for link in api.get(f"/cdp/profiles/{person(api, 'user_id', 'u1')}/graph")["links"]
        if link["status"] == "banned"
    ]
    assert [link["reason"] for link in banned] == ["the daughter"]
    tenant.feed(
        tenant.event(
            "identify", START_MS + 9, anonymousId="a1", traits={"email": "family@example.com"}
        )
    )
    assert person(api, "email", "family@example.com") != person(api, "anonymous_id", "a1")


def test_unmerging_links_bans_just_these(
    tenant: Tenant, api: Api, drain: Callable[[], list[bytes]]
) -> None:
    family(tenant)
    whole = person(api, "user_id", "u1")
    nodes = {
        node["value"]: {"key": node["key"]}
        for node in api.get(f"/cdp/profiles/{whole}/graph")["nodes"]
    }

    api.post(
        f"/cdp/profiles/{whole}/unmerge",
        {"links": [[nodes["u1"], nodes["family@example.com"]]], "reason": "typo"},
    )
    tenant.feed(*drain())

    assert (
        person(api, "anonymous_id", "a1")
        == person(api, "email", "family@example.com")
        != person(api, "user_id", "u1")
    )


def test_an_unmerge_that_makes_no_sense_is_refused_and_does_nothing(
    tenant: Tenant, api: Api, drain: Callable[[], list[bytes]]
) -> None:
    family(tenant)
    tenant.feed(tenant.event("identify", START_MS, userId="stranger"))
    whole = person(api, "user_id", "u1")
    one, other, far = (
        {"kind": kind, "value": value}
        for kind, value in (("user_id", "u1"), ("anonymous_id", "a1"), ("user_id", "stranger"))
    )
    email = {"kind": "email", "value": "family@example.com"}
    path = f"/cdp/profiles/{whole}/unmerge"

    for body, status in (
        ({"identifiers": [far], "reason": "a mistake"}, 422),
        ({"identifiers": [one, other, email], "reason": "a mistake"}, 409),
        ({"links": [[one, other]], "reason": "a mistake"}, 422),
        ({"identifiers": [one], "links": [[one, email]], "reason": "a mistake"}, 422),
        ({"identifiers": [{"kind": "email"}], "reason": "a mistake"}, 422),
        ({"identifiers": [one], "reason": ""}, 422),
        ({"reason": "a mistake"}, 422),
        ({"identifiers": [one], "reason": "a mistake", "force": True}, 422),
    ):
        api.post(path, body, status)

    assert drain() == []
    assert [each for each in api.get("/cdp/audit")["items"] if each["actor"] != "stratum"] == []


def test_an_unmerge_needs_the_admin_scope(tenant: Tenant, asks: Callable[[str], Api]) -> None:
    family(tenant)
    operator = asks(tenant.write)
    body = {"identifiers": [{"kind": "user_id", "value": "u1"}], "reason": "a mistake"}

    operator.post(f"/cdp/profiles/{person(operator, 'user_id', 'u1')}/unmerge", body, 403)


def test_a_command_that_was_never_given_is_not_found(api: Api) -> None:
    api.get("/cdp/commands/unmerge-1-0123456789abcdef", 404)
    api.get("/cdp/commands/anything", 422)
