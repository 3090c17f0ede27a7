"""The hot projection of profiles in Redis.

Identifier → profile id → profile, filled by readers and dropped by UNIFY after each commit.

Keys: ``stratum:i:<identifier key>`` holds a profile id, ``stratum:p:<profile id>`` holds a profile
with its identifiers (ids in hex). Redis holds nothing that Postgres does not: flush it, or lose it,
and answers only get slower.

Filling is free of races by leases (Nishtala et al., "Scaling Memcache at Facebook", NSDI 2013,
§3.2.1): a reader that misses leaves a lease under the profile's key *before* it reads Postgres, and
its value is stored only while that lease is still there. A commit removes the key, lease included,
so that a value read before a commit is never stored after it.

An identifier's entry is only a hint: an answer counts when the profile found lists the identifier.
So identifiers may move between people (merge, unmerge) without anybody touching ``stratum:i:``, and
each process may cache hints of its own.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Final, cast

import msgspec
from redis.asyncio import BlockingConnectionPool, Redis
from redis.exceptions import RedisError

from domain.ids import IdentifierKey
from domain.instants import MS
from store.profiles.profiles import StoredProfile

_LEASE: Final = b"L"
_VALUE: Final = b"V"
_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(StoredProfile)

# KEYS[1] profile key, ARGV[1] our lease, ARGV[2] value, ARGV[3] its lifetime in ms
_FILL: Final = """
if redis.call('GET', KEYS[1]) == ARGV[1] then
    redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
    return 1
end
return 0
"""

Owner = Callable[[int, IdentifierKey], Awaitable[bytes | None]]
Load = Callable[[int, IdentifierKey], Awaitable[StoredProfile | None]]


@dataclass(frozen=True)
class ProfileCacheParams:
    """How long the projection keeps what.

    Attributes:
        profile_ttl: lifetime of a profile; bounds how long an answer may be old when a worker dies
            between its commit and its invalidation.
        identifier_ttl: lifetime of an identifier's hint.
        lease_ttl: how long a reader may take to fill a profile.
        timeout: longest wait for Redis; then Postgres is asked.
        pause: how long Redis is left alone after it failed.
        connections: connections to Redis per process.
        remembered: hints that each process caches, about 200 bytes each.
    """

    profile_ttl: timedelta = timedelta(seconds=60)
    identifier_ttl: timedelta = timedelta(hours=1)
    lease_ttl: timedelta = timedelta(seconds=5)
    timeout: timedelta = timedelta(milliseconds=250)
    pause: timedelta = timedelta(seconds=1)
    connections: int = 64
    remembered: int = 50_000


def profile_name(profile: bytes) -> str:
    """Key of a profile's entry.

    What UNIFY unlinks for every profile that a commit changed or removed.
    """
    return "stratum:p:" + profile.hex()


def identifier_name(key: bytes) -> str:
    """Key of an identifier's hint."""
    return "stratum:i:" + key.hex()


def _lists(profile: StoredProfile, key: IdentifierKey) -> bool:
    return any(identifier.key == key for identifier in profile.identifiers)


def connect_profile_cache(url: str, params: ProfileCacheParams) -> Redis:
    """Open a client for the hot projection; nothing is connected yet.

    Args:
        url: ``redis://`` or ``unix://``.
        params: timeouts and size.
    """
    limit_s = params.timeout.total_seconds()
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=params.connections,
        timeout=limit_s,
        socket_timeout=limit_s,
        socket_connect_timeout=limit_s,
    )
    return Redis.from_pool(pool)


class ProfileCache:
    """Reads profiles by identifier: Redis first, then Postgres.

    Args:
        redis: client, or None to read Postgres only; its socket timeouts should equal
            `ProfileCacheParams.timeout`.
        owner: reads the profile id behind an identifier from Postgres.
        load: reads the profile behind an identifier from Postgres, in one snapshot.
        params: lifetimes.
        token: a random string that no other process has; makes leases distinct.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        redis: Redis | None,
        owner: Owner,
        load: Load,
        params: ProfileCacheParams,
        token: str,
        clock: Callable[[], float],
    ) -> None:
        self._redis = redis
        self._owner = owner
        self._load = load
        self._params = params
        self._token = token
        self._clock = clock
        self._leases = count()
        self._rests_until_s = float("-inf")
        self._hints: OrderedDict[IdentifierKey, bytes] = OrderedDict()

    async def by_identifier(self, workspace: int, key: IdentifierKey) -> StoredProfile | None:
        """The profile that owns an identifier, as of its last commit, or None.

        Args:
            workspace: tenant; another tenant's profile is never answered, whatever the key.
            key: of the normalised identifier.
        """
        if self._redis is None or self._clock() < self._rests_until_s:
            return await self._load(workspace, key)
        try:
            return await self._through(self._redis, workspace, key)
        except (RedisError, OSError, TimeoutError):
            self._rests_until_s = self._clock() + self._params.pause.total_seconds()
            return await self._load(workspace, key)

    async def _through(
        self, redis: Redis, workspace: int, key: IdentifierKey
    ) -> StoredProfile | None:
        hint = self._hints.get(key)
        if hint is not None:
            known = await self._cached(redis, hint, workspace, key)
            if known is not None:
                return known
        told = cast("bytes | None", await redis.get(identifier_name(key)))
        if told is not None and told != hint:
            known = await self._cached(redis, told, workspace, key)
            if known is not None:
                self._remember(key, told)
                return known
        return await self._fill(redis, workspace, key)

    async def _fill(self, redis: Redis, workspace: int, key: IdentifierKey) -> StoredProfile | None:
        profile = await self._owner(workspace, key)
        if profile is None:
            return None
        name = profile_name(profile)
        lease = _LEASE + f"{self._token}:{next(self._leases)}".encode()
        leased = await redis.set(name, lease, px=self._params.lease_ttl, nx=True)
        found = await self._load(workspace, key)
        # Merged or split meanwhile: the next reader fills the right entry.
        if found is None or found.person.id != profile:
            return found
        if leased:
            await redis.eval(
                _FILL, 1, name, lease, _VALUE + _ENCODER.encode(found), str(self._ttl_ms)
            )
        await redis.set(identifier_name(key), profile.hex(), px=self._params.identifier_ttl)
        self._remember(key, profile.hex().encode())
        return found

    def _remember(self, key: IdentifierKey, profile_hex: bytes) -> None:
        self._hints[key] = profile_hex
        self._hints.move_to_end(key)
        if len(self._hints) > self._params.remembered:
            self._hints.popitem(last=False)

    @property
    def _ttl_ms(self) -> int:
        return self._params.profile_ttl // MS

    @staticmethod
    async def _cached(
        redis: Redis, profile_hex: bytes, workspace: int, key: IdentifierKey
    ) -> StoredProfile | None:
        value = cast("bytes | None", await redis.get(b"stratum:p:" + profile_hex))
        if value is None or not value.startswith(_VALUE):
            return None
        try:
            found = _DECODER.decode(memoryview(value)[1:])
        except msgspec.DecodeError:  # written by another version of the engine
            return None
        return found if found.workspace == workspace and _lists(found, key) else None
