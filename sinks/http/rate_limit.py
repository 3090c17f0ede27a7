"""The pace of one platform account: a token per HTTP request, shared through Valkey.

    RateLimitedTransport(transport, SharedTokens(…)) ── one token each ──▶ transport

Limits hold per account, whichever process, workspace or operation asks; requests for access tokens
count as well. While Valkey does not answer, each process keeps the pace by itself and says so:
several processes may then together go faster than one may.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final, Protocol

import redis
import structlog

from domain.instants import MS
from sinks.http.messages import Request, Response, Transport
from sinks.http.token_bucket import Bucket, take

logger = structlog.get_logger(__name__)

_TAKE: Final = """
local rate, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local clock = redis.call('TIME')
local now = clock[1] * 1000 + clock[2] / 1000
local held = redis.call('HMGET', KEYS[1], 'tokens', 'at_ms')
local at = math.max(tonumber(held[2]) or now, 0)
local tokens = math.min(burst, (tonumber(held[1]) or burst) + math.max(0, now - at) * rate / 1000)
local wait = 0
if tokens >= 1 then tokens = tokens - 1
else wait = math.max(1, math.ceil((1 - tokens) * 1000 / rate)) end
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'at_ms', tostring(math.max(now, at)))
redis.call('PEXPIRE', KEYS[1], math.ceil(burst * 1000 / rate) + 1000)
return wait
"""
"""`sinks.http.token_bucket.take` where all processes see the same bucket, by the server's clock."""
_TRY_AGAIN: Final = timedelta(seconds=5)
"""Pause before a server that did not answer is asked again."""


class WithheldError(Exception):
    """A request that adds people may not leave; the platform has not seen it."""


class Tokens(Protocol):
    """A bucket of tokens."""

    def __call__(self) -> int:
        """Take one; 0, or the milliseconds until there is one (nothing is taken then)."""


class LocalTokens:
    """A bucket of this process.

    Args:
        rate_per_s: tokens that come back per second.
        burst: tokens that a full bucket holds.
        now_ms: clock.
    """

    def __init__(self, rate_per_s: float, burst: int, now_ms: Callable[[], int]) -> None:
        self._rate_per_s = rate_per_s
        self._burst = burst
        self._now_ms = now_ms
        self._bucket: Bucket | None = None

    def __call__(self) -> int:
        """Take one."""
        self._bucket, wait_ms = take(self._bucket, self._now_ms(), self._rate_per_s, self._burst)
        return wait_ms


class SharedTokens:
    """A bucket in Valkey, with one of this process to fall back on.

    Args:
        client: with short time-outs; its connections are closed by whoever made it.
        name: of the account; all who share a limit use one name.
        rate_per_s: tokens that come back per second.
        burst: tokens that a full bucket holds.
        now_ms: clock of the bucket to fall back on.
    """

    def __init__(
        self,
        client: "redis.Redis",
        name: str,
        rate_per_s: float,
        burst: int,
        now_ms: Callable[[], int],
    ) -> None:
        self._name = name
        self._key = f"stratum:pace:{name}"
        self._arguments = (rate_per_s, burst)
        self._script = client.register_script(_TAKE)
        self._local = LocalTokens(rate_per_s, burst, now_ms)
        self._now_ms = now_ms
        self._away_until_ms: int | None = None

    def __call__(self) -> int:
        """Take one."""
        if self._away_until_ms is not None and self._now_ms() < self._away_until_ms:
            return self._local()
        try:
            wait_ms = int(self._script(keys=[self._key], args=self._arguments))
        except redis.RedisError as error:
            if self._away_until_ms is None:
                logger.warning("pace_not_shared", account=self._name, reason=type(error).__name__)
            self._away_until_ms = self._now_ms() + _TRY_AGAIN // MS
            return self._local()
        if self._away_until_ms is not None:
            logger.info("pace_shared", account=self._name)
            self._away_until_ms = None
        return wait_ms


class RateLimitedTransport:
    """A `Transport` that spends a token per request. Used by one thread.

    A caller with other work acquires the first token of an operation by `try_acquire`; a
    further request of the same operation waits for its token here, and comes back as ``throttled``
    where that would take longer than `patience`.

    A request that adds people leaves only within `permitting`, and asks there once its token is
    taken: nothing that may take time lies between the answer and the exchange. Each HTTP request
    asks for itself, those into which one write is split, and repeated ones, too.

    Args:
        transport: sends requests.
        tokens: the account's bucket.
        patience: longest wait for one request.
        wait: waits so many seconds, less where the process is asked to stop.
    """

    def __init__(
        self,
        transport: Transport,
        tokens: Tokens,
        patience: timedelta = timedelta(seconds=10),
        wait: Callable[[float], object] = time.sleep,
    ) -> None:
        self._transport = transport
        self._tokens = tokens
        self._patience_ms = patience // MS
        self._wait = wait
        self._acquired = False
        self._permit: Callable[[], bool] = _refuse_all

    @contextmanager
    def permitting(self, permit: Callable[[], bool]) -> Iterator[None]:
        """Let requests that add people leave where `permit` says so, asked for each of them.

        Outside of this none leaves.
        """
        self._permit = permit
        try:
            yield
        finally:
            self._permit = _refuse_all

    def try_acquire(self) -> bool:
        """Acquire the token of the next request; False where there is none now."""
        self._acquired = self._acquired or self._tokens() == 0
        return self._acquired

    def __call__(self, request: Request) -> Response:
        """Send one request within the rate limit.

        Raises:
            WithheldError: it adds people, and may not leave now.
        """
        left_ms = self._patience_ms
        while not self._acquired:
            wait_ms = self._tokens()
            if wait_ms == 0:
                break
            if wait_ms > left_ms:
                return Response(0, fault="throttled")
            left_ms -= wait_ms
            self._wait(wait_ms / 1000)
        self._acquired = False
        if request.adds and not self._permit():
            raise WithheldError
        return self._transport(request)


def _refuse_all() -> bool:
    return False
