"""Leases on partitions of the embedded log, in Valkey, shared fairly among live workers.

One hash per log holds ``w:<worker>`` → instant until which the worker lives, ``p:<partition>`` →
its holder, and ``clock`` → instant of the last beat. A lease holds as long as its holder lives, so
one beat renews all of them. Beating, taking and giving back are Lua scripts: the server runs each
whole, on its own clock, even when its memory is full: workers who lost their leases then could
never make room.

A worker whose share shrinks gives partitions back itself, between two batches, so that an orderly
hand-over never overlaps. After a crash the others take over when the dead worker's time is up, at
most a lifetime later: where the server's clock went back, all instants go back with it. A worker
that cannot beat stops reading when its own time is up. Clocks that disagree or a process that was
suspended can still make two readers; the fence in Postgres makes that harmless.

Workers whose share is zero stand by.
"""

import secrets
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from os import getpid
from threading import Event as Flag
from threading import Lock, Thread
from time import monotonic
from typing import Final, cast

import redis
import structlog
from redis.backoff import NoBackoff
from redis.retry import Retry

from domain.instants import MS

logger = structlog.get_logger(__name__)

_BEAT: Final = """#!lua flags=allow-oom
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local me, lifetime, partitions = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local back = math.max(0, tonumber(redis.call('HGET', KEYS[1], 'clock') or now) - now)
local all = redis.call('HGETALL', KEYS[1])
local workers, alive, holder = {me}, {[me] = true}, {}
for i = 1, #all, 2 do
  local kind, name = string.sub(all[i], 1, 2), string.sub(all[i], 3)
  if kind == 'p:' then
    holder[name] = all[i + 1]
  elseif kind == 'w:' and name ~= me then
    local ends = tonumber(all[i + 1]) - back
    if ends > now then
      workers[#workers + 1] = name
      alive[name] = true
      if back > 0 then redis.call('HSET', KEYS[1], all[i], ends) end
    else
      redis.call('HDEL', KEYS[1], all[i])
    end
  end
end
redis.call('HSET', KEYS[1], 'clock', now, 'w:' .. me, now + lifetime)
table.sort(workers)
local share = math.floor(partitions / #workers)
for rank, name in ipairs(workers) do
  if name == me and rank <= partitions % #workers then share = share + 1 end
end
local held, free = {}, {}
for number = 0, partitions - 1 do
  local name = string.format('%d', number)
  if holder[name] == me then
    held[#held + 1] = number
  elseif not (holder[name] and alive[holder[name]]) then
    free[#free + 1] = number
  end
end
for _, number in ipairs(free) do
  if #held >= share then break end
  redis.call('HSET', KEYS[1], 'p:' .. string.format('%d', number), me)
  held[#held + 1] = number
end
return {share, held}
"""

_GIVE_BACK: Final = """
for i = 2, #ARGV do
  if redis.call('HGET', KEYS[1], 'p:' .. ARGV[i]) == ARGV[1] then
    redis.call('HDEL', KEYS[1], 'p:' .. ARGV[i])
  end
end
"""

_LEAVE: Final = """
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  if all[i] == 'w:' .. ARGV[1] or (string.sub(all[i], 1, 2) == 'p:' and all[i + 1] == ARGV[1]) then
    redis.call('HDEL', KEYS[1], all[i])
  end
end
"""


@dataclass(frozen=True)
class LeaseParams:
    """How quickly partitions change hands.

    Attributes:
        lifetime: after this long without a beat a worker's partitions are taken over.
        beat: time between beats; a fraction of `lifetime`, so that one lost beat costs nothing.
        request_limit: longest wait for an answer of the server.
    """

    lifetime: timedelta = timedelta(seconds=2.5)
    beat: timedelta = timedelta(milliseconds=500)
    request_limit: timedelta = timedelta(seconds=1)


def worker_name() -> str:
    """A name that no other live worker has: host, process, and a random part."""
    return f"{socket.gethostname()}:{getpid()}:{secrets.token_hex(4)}"


class Leases:
    """The partitions that this worker may read.

    Args:
        url: of the Valkey server.
        log: whose partitions.
        partitions: how many there are.
        worker: this worker's name. One that restarts under its old name has its old partitions at
            once.
        params: see `LeaseParams`.
    """

    def __init__(
        self, url: str, log: str, partitions: int, worker: str, params: LeaseParams | None = None
    ) -> None:
        self._params = params or LeaseParams()
        limit_s = self._params.request_limit.total_seconds()
        once = Retry(NoBackoff(), 1)
        self._client = redis.Redis.from_url(
            url, protocol=2, socket_timeout=limit_s, socket_connect_timeout=limit_s, retry=once
        )
        self._beat_script = self._client.register_script(_BEAT)
        self._give_back_script = self._client.register_script(_GIVE_BACK)
        self._leave_script = self._client.register_script(_LEAVE)
        self._key = f"stratum:leases:{log}"
        self._partitions = partitions
        self._worker = worker
        self._lock = Lock()
        self._held: frozenset[int] = frozenset()
        self._share = 0
        self._until = 0.0
        self._stop = Flag()
        self._thread = Thread(target=self._beat_on, name="leases", daemon=True)

    def start(self) -> None:
        """Begin to beat, in a thread of its own."""
        self._thread.start()

    def owned(self) -> frozenset[int]:
        """Partitions that this worker owns right now; none once its lease has expired."""
        with self._lock:
            return self._held if monotonic() < self._until else frozenset()

    def release_surplus(self) -> frozenset[int]:
        """Release what exceeds this worker's share, and return what it owns.

        Called between two batches, with nothing under way.

        Raises:
            redis.RedisError: the server did not answer; the surplus is released another time.
        """
        with self._lock:
            surplus = sorted(self._held)[self._share :]
            self._held -= frozenset(surplus)
            if surplus:
                self._give_back_script(keys=[self._key], args=[self._worker, *surplus])
        return self.owned()

    def beat(self) -> None:
        """Renew, and take what is free up to the fair share.

        Raises:
            redis.RedisError: not renewed.
        """
        lifetime_ms = self._params.lifetime // MS
        with self._lock:
            began = monotonic()
            answer = self._beat_script(
                keys=[self._key], args=[self._worker, lifetime_ms, self._partitions]
            )
            share, held = cast("tuple[int, Iterable[int]]", answer)
            before, self._held = self._held, frozenset(held)
            self._share = share
            # The server counts whole milliseconds, so its lease may end one before ours would.
            self._until = began + (lifetime_ms - 1) / 1000
        if before != self._held:
            logger.info("leases_changed", log=self._key, held=sorted(self._held), share=share)

    def close(self) -> None:
        """Stop beating and give everything back at once."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        with self._lock:
            self._held = frozenset()
        try:
            self._leave_script(keys=[self._key], args=[self._worker])
        except redis.RedisError as error:
            logger.warning("leases_not_given_back", error=type(error).__name__)
        self._client.close()

    def _beat_on(self) -> None:
        while not self._stop.is_set():
            try:
                self.beat()
            except redis.RedisError as error:
                logger.warning("lease_beat_failed", error=type(error).__name__)
            self._stop.wait(self._params.beat.total_seconds())
