"""Reads people for the profile routes, from the profile cache or Postgres, and shows them."""

from datetime import datetime
from functools import partial
from secrets import token_hex
from time import monotonic
from typing import Annotated
from uuid import UUID

from redis.asyncio import Redis

from api.profiles.programs import Programs
from api.profiles.schemas import Profile, ProfileSummary
from api.web.deps import Caller, held
from api.web.errors import NotFoundError
from api.web.values import now
from config.settings import Settings
from domain.instants import to_ms
from domain.keys import identifier_key
from domain.profiles.profile import Person, Stage
from operators.identity.normalise import normalise
from operators.profiles.lifecycle import stage_at
from sinks.profiles.cache import HotProfiles
from store.fetch import Pool
from store.profiles.profiles import StoredProfile, by_key, owner
from store.segments.segments import SegmentNames


class ProfileReader:
    """Finds people and shows them as of now.

    Args:
        settings: the configuration.
        pool: open pool.
        redis: client of the hot projection; None to read Postgres only.
        programs: compiled definitions.
    """

    def __init__(
        self, settings: Settings, pool: Pool, redis: Redis | None, programs: Programs
    ) -> None:
        self._identity, self._profile = settings.identity, settings.profile
        self._hot = HotProfiles(
            redis,
            partial(owner, pool),
            partial(by_key, pool),
            settings.query.hot,
            token_hex(8),
            monotonic,
        )
        self._names = SegmentNames(pool, settings.query.names_age.total_seconds())
        self._programs = programs

    async def by_identifier(
        self, caller: Caller, kind: str, value: str, region: str
    ) -> StoredProfile:
        """The person who owns an identifier, in any spelling.

        Raises:
            NotFoundError: the workspace knows no such person.
        """
        spelled = normalise(kind, value, self._identity, region.upper())
        if spelled is None:
            raise NotFoundError("profile")
        key = identifier_key(caller.salt, kind, spelled)
        found = await self._hot.by_identifier(caller.workspace, key)
        if found is None:
            raise NotFoundError("profile")
        return found

    async def show(self, found: StoredProfile, asked: UUID | None = None) -> Profile:
        """A stored person as the API shows them.

        Args:
            found: the person.
            asked: the id that was asked for, which may have been merged away.
        """
        person, at = found.person, now()
        judge = await self._programs.of(person.workspace)
        judged = judge.of(person, to_ms(at))
        names = await self._segments(person)
        stage = self._stage(person, at)
        return Profile.of(
            person, stage, found.identifiers, names, judged, asked or UUID(bytes=person.id)
        )

    async def summary(self, found: StoredProfile) -> ProfileSummary:
        """A stored person as listings show them."""
        person = found.person
        names = await self._segments(person)
        return ProfileSummary.of(person, self._stage(person, now())[0], found.identifiers, names)

    def _stage(self, person: Person, at: datetime) -> tuple[Stage, int]:
        """The stage, and when it changes by itself (ms, 0 for never), however late a wake is."""
        return stage_at(person, self._profile, to_ms(at))

    async def _segments(self, person: Person) -> list[str]:
        return await self._names.of(person.workspace, list(person.segments), monotonic())


Profiles = Annotated[ProfileReader, held("profiles")]
"""Parameter of a route that finds or shows people."""
