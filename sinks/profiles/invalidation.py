"""Drops changed people from the profile cache, so that the next reader fetches them again.

Delivery: tried once per commit, after it. Where Redis does not answer, entries may be as old as
their lifetime (`sinks.profiles.cache`) and the dataflow continues.
"""

from collections.abc import Sequence

import redis
import structlog
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from redis.backoff import NoBackoff
from redis.retry import Retry

from domain.changes import Facts
from sinks.profiles.cache import profile_name

logger = structlog.get_logger(__name__)


class _Partition(StatelessSinkPartition[Facts]):
    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def write_batch(self, items: Sequence[Facts]) -> None:
        names = {profile_name(profile) for facts in items for profile in facts.profiles}
        if not names:
            return
        try:
            self._client.unlink(*names)
        except redis.RedisError as error:
            logger.warning(
                "projection_not_invalidated", people=len(names), reason=type(error).__name__
            )

    def close(self) -> None:
        self._client.close()


class ProfileCacheInvalidation(DynamicSink[Facts]):
    """The sink of facts.

    Args:
        url: of the Redis or Valkey server.
        timeout_s: longest wait for it; the dataflow waits with it.
    """

    def __init__(self, url: str, timeout_s: float = 0.25) -> None:
        self._url = url
        self._timeout_s = timeout_s

    def build(
        self, _step_id: str, _worker_index: int, _worker_count: int
    ) -> StatelessSinkPartition[Facts]:
        """Called by Bytewax once per worker."""
        once = Retry(NoBackoff(), 1)
        return _Partition(
            redis.Redis.from_url(
                self._url,
                socket_timeout=self._timeout_s,
                socket_connect_timeout=self._timeout_s,
                retry=once,
            )
        )
