"""The hot projection: what it answers, and that nothing old is ever stored after a commit."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import msgspec
import pytest
import redis
from redis.asyncio import Redis

from config.settings import Settings
from domain.changes import Facts
from domain.ids import IdentifierKey
from domain.keys import identifier_key
from sinks.profiles.cache import (
    ProfileCache,
    ProfileCacheParams,
    connect_profile_cache,
    profile_name,
)
from store.fetch import Pool
from store.profiles.profiles import StoredProfile, by_key, owner
from tests.api.conftest import START_MS, Api, Tenant

PATIENT = ProfileCacheParams(timeout=timedelta(seconds=30))
"""A slow machine does not make Valkey away."""


def drop(settings: Settings, facts: list[Facts]) -> None:
    """What UNIFY does after a commit."""
    with redis.Redis.from_url(settings.redis.url.get_secret_value()) as client:
        client.unlink(*(profile_name(profile) for each in facts for profile in each.profiles))


def test_a_second_lookup_does_not_ask_postgres(tenant: Tenant, api: Api) -> None:
    tenant.feed(tenant.event("page", userId="u1"))
    first = api.get("/cdp/profiles/lookup", kind="user_id", value="u1")
    tenant.feed(tenant.event("page", userId="u1"))  # committed, and nobody has told Redis

    assert api.get("/cdp/profiles/lookup", kind="user_id", value="u1") == first


def test_a_lookup_sees_a_commit_once_redis_was_told(
    tenant: Tenant, api: Api, settings: Settings
) -> None:
    tenant.feed(tenant.event("page", userId="u1"))
    api.get("/cdp/profiles/lookup", kind="user_id", value="u1")

    drop(settings, tenant.feed(tenant.event("page", userId="u1")))

    assert api.get("/cdp/profiles/lookup", kind="user_id", value="u1")["events"]["total"] == 2


def test_an_identifier_that_moved_leads_to_its_new_person(
    tenant: Tenant, api: Api, settings: Settings, drain: Callable[[], list[bytes]]
) -> None:
    def person(kind: str, value: str) -> str:
        return str(api.get("/cdp/profiles/lookup", kind=kind, value=value)["id"])

    tenant.feed(
        tenant.event("page", START_MS, anonymousId="a1"),
        tenant.event("page", START_MS, userId="u1"),
    )
    apart = person("anonymous_id", "a1"), person("user_id", "u1")
    drop(
        settings, tenant.feed(tenant.event("identify", START_MS + 1, userId="u1", anonymousId="a1"))
    )
    together = person("anonymous_id", "a1"), person("user_id", "u1")
    api.post(
        f"/cdp/profiles/{together[0]}/unmerge",
        {"identifiers": [{"kind": "user_id", "value": "u1"}], "reason": "a mistake"},
    )
    drop(settings, tenant.feed(*drain()))

    assert len(set(apart)) == 2
    assert len(set(together)) == 1
    assert person("anonymous_id", "a1") != person("user_id", "u1")


class Postgres:
    """Reads the store, and lets a commit happen at a chosen moment of a read."""

    def __init__(self, dsn: str) -> None:
        self.pool = Pool(dsn, min_size=1, max_size=2, open=False)
        self.loads = 0
        self.after_load: Callable[[], None] = lambda: None

    async def owner(self, workspace: int, key: IdentifierKey) -> bytes | None:
        return await owner(self.pool, workspace, key)

    async def load(self, workspace: int, key: IdentifierKey) -> StoredProfile | None:
        self.loads += 1
        found = await by_key(self.pool, workspace, key)
        self.after_load()
        return found


async def events_of(hot: ProfileCache, tenant: Tenant) -> int:
    found = await hot.by_identifier(tenant.id, identifier_key(tenant.salt, "user_id", "u1"))
    assert found is not None
    return found.person.view.events


def hot_profiles(
    postgres: Postgres, client: Redis, params: ProfileCacheParams | None = None
) -> ProfileCache:
    return ProfileCache(
        client, postgres.owner, postgres.load, params or PATIENT, "token", lambda: 0.0
    )


def test_what_was_read_before_a_commit_is_not_stored_after_it(
    tenant: Tenant, settings: Settings
) -> None:
    async def scenario() -> tuple[int, int]:
        postgres = Postgres(settings.postgres.dsn.get_secret_value())
        async with (
            postgres.pool,
            connect_profile_cache(settings.redis.url.get_secret_value(), PATIENT) as client,
        ):
            hot = hot_profiles(postgres, client)

            def commit() -> None:
                postgres.after_load = lambda: None
                drop(settings, tenant.feed(tenant.event("page", userId="u1")))

            postgres.after_load = commit
            return await events_of(hot, tenant), await events_of(hot, tenant)

    tenant.feed(tenant.event("page", userId="u1"))

    assert asyncio.run(scenario()) == (1, 2)


def test_readers_who_come_together_agree_and_fill_once(tenant: Tenant, settings: Settings) -> None:
    async def scenario() -> tuple[set[int], int]:
        postgres = Postgres(settings.postgres.dsn.get_secret_value())
        async with (
            postgres.pool,
            connect_profile_cache(settings.redis.url.get_secret_value(), PATIENT) as client,
        ):
            hot = hot_profiles(postgres, client)
            seen = await asyncio.gather(*(events_of(hot, tenant) for _ in range(20)))
            loads = postgres.loads
            await events_of(hot, tenant)
            return set(seen), postgres.loads - loads

    tenant.feed(tenant.event("page", userId="u1"))

    assert asyncio.run(scenario()) == ({1}, 0)


def test_another_workspaces_key_is_never_answered(tenant: Tenant, settings: Settings) -> None:
    async def scenario() -> list[StoredProfile | None]:
        postgres = Postgres(settings.postgres.dsn.get_secret_value())
        async with (
            postgres.pool,
            connect_profile_cache(settings.redis.url.get_secret_value(), PATIENT) as client,
        ):
            hot = hot_profiles(postgres, client)
            await events_of(hot, tenant)
            key = identifier_key(tenant.salt, "user_id", "u1")
            return [await hot.by_identifier(tenant.id + 1, key)]

    tenant.feed(tenant.event("page", userId="u1"))

    assert asyncio.run(scenario()) == [None]


@pytest.mark.parametrize("junk", [b"V", b"Vjunk", b"", b"other"])
def test_an_entry_that_cannot_be_read_is_passed_over(
    tenant: Tenant, settings: Settings, api: Api, junk: bytes
) -> None:
    (facts,) = tenant.feed(tenant.event("page", userId="u1"))
    api.get("/cdp/profiles/lookup", kind="user_id", value="u1")
    with redis.Redis.from_url(settings.redis.url.get_secret_value()) as client:
        client.set(profile_name(facts.profiles[0]), junk)

    assert api.get("/cdp/profiles/lookup", kind="user_id", value="u1")["events"]["total"] == 1


def test_what_an_earlier_version_left_in_redis_is_answered_with_when_segments_began(
    tenant: Tenant, api: Api, settings: Settings
) -> None:
    tenant.feed(
        tenant.event(
            "track",
            userId="u1",
            event="Order Completed",
            properties={"revenue": 5},
            context={"consent": {"categoryPreferences": {"advertising": True}}},
        )
    )
    first = api.get("/cdp/profiles/lookup", kind="user_id", value="u1")
    name = profile_name(UUID(first["id"]).bytes)
    with redis.Redis.from_url(settings.redis.url.get_secret_value()) as client:
        kept = client.get(name)
        assert isinstance(kept, bytes)
        fields = msgspec.msgpack.decode(kept[1:])
        assert fields.pop("since")
        client.set(name, kept[:1] + msgspec.msgpack.encode(fields), ex=60)

    assert first["segments"][0]["since"] is not None
    assert api.get("/cdp/profiles/lookup", kind="user_id", value="u1") == first
