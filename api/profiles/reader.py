"""Reads people for the profile routes, from the profile cache or Postgres, and shows them."""

from datetime import datetime
from functools import partial
from secrets import token_hex
from time import monotonic
from typing import Annotated
from uuid import UUID

from redis.asyncio import Redis

from api.profiles.parts_schemas import SegmentRef
from api.profiles.programs import Programs
from api.profiles.schemas import Profile, ProfileSummary
from api.web.deps import Caller, state
from api.web.errors import NotFoundError
from api.web.values import now
from config.settings import Settings
from domain.instants import to_ms
from domain.keys import identifier_key
from domain.profiles.profile import Person, Stage
from operators.identity.normalise import normalise
from operators.profiles.lifecycle import stage_at
from sinks.profiles.cache import ProfileCache
from store.fetch import Pool
from store.profiles.profiles import StoredProfile, by_ids, by_key, owner
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
        self._hot = ProfileCache(
            redis,
            partial(owner, pool),
            partial(by_key, pool),
            settings.query.hot,
            token_hex(8),
            monotonic,
        )
        self._shown = settings.query.identifier_preview
        self._names = SegmentNames(pool, settings.query.names_age.total_seconds())
        self._programs = programs
        self._pool = pool

    async def by_identifier(
        self, caller: Caller, kind: str, value: str, region: str
    ) -> StoredProfile:
        """The person who owns an identifier, in any notation.

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

    async def show(self, profile: StoredProfile, requested_id: UUID | None = None) -> Profile:
        """A stored person as the API shows them.

        Args:
            profile: the person.
            requested_id: the id that was asked for, which may have been merged away.
        """
        person, at = profile.person, now()
        evaluator = await self._programs.for_workspace(person.workspace)
        evaluation = evaluator.evaluate(person, to_ms(at))
        segments = await self._segments(profile, person)
        stage = self._stage(person, at)
        return Profile.from_person(
            person,
            stage,
            profile.identifiers,
            segments,
            evaluation,
            requested_id or UUID(bytes=person.id),
        )

    async def summary(self, profile: StoredProfile) -> ProfileSummary:
        """A stored person as listings show them."""
        person = profile.person
        segments = await self._segments(profile, person)
        return ProfileSummary.from_person(
            person, self._stage(person, now())[0], profile.identifiers, segments
        )

    async def summaries(self, workspace: int, ids: list[UUID]) -> dict[UUID, ProfileSummary]:
        """Those of some people who are there, by id, as listings show them."""
        found = await by_ids(self._pool, workspace, ids, self._shown)
        return {summary.id: summary for summary in [await self.summary(one) for one in found]}

    def _stage(self, person: Person, at: datetime) -> tuple[Stage, int]:
        """The stage, and when it changes by itself (ms, 0 for never), however late a wake is."""
        return stage_at(person, self._profile, to_ms(at))

    async def _segments(self, profile: StoredProfile, person: Person) -> list[SegmentRef]:
        """The segments that a person is in.

        What an earlier version left in Redis does not say since when; until it ends, Postgres does.
        """
        names = await self._names.names_of(person.workspace, list(person.segments), monotonic())
        since = profile.since
        if since is None and names:
            stored = await by_key(self._pool, person.workspace, person.id)
            since = stored.since if stored else None
        return [SegmentRef.of(segment, name, (since or {}).get(segment)) for segment, name in names]


Profiles = Annotated[ProfileReader, state("profiles")]
"""Parameter of a route that finds or shows people."""
