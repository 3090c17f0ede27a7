"""Builds the destination of each ad platform from its settings: codec, account, access and pace."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from config.platforms import OAuthAccess, PlatformSettings
from config.settings import Settings
from domain.instants import to_ms
from sinks.activation.destination import Destination
from sinks.http.messages import Transport
from sinks.http.oauth import OAuthTransport
from sinks.http.rate_limit import LocalTokens, RateLimitedTransport, SharedTokens, Tokens

_PACE_TIMEOUT_S: Final = 0.25
"""Longest wait for Valkey, before a process keeps the pace by itself."""


@contextmanager
def pace_server(settings: Settings) -> "Iterator[redis.Redis | None]":
    """Connections to the server that holds the shared pace; None where no server is configured."""
    url, once = settings.redis.url.get_secret_value(), Retry(NoBackoff(), 1)
    if not url:
        yield None
        return
    with redis.Redis.from_url(
        url, socket_timeout=_PACE_TIMEOUT_S, socket_connect_timeout=_PACE_TIMEOUT_S, retry=once
    ) as client:
        yield client


class Wiring:
    """Makes destinations.

    Args:
        settings: the configuration.
        transport: sends requests as they are.
        valkey: holds the shared pace; None: this process keeps it by itself.
        now: aware clock.
        wait: waits so many seconds for the pace.
    """

    def __init__(
        self,
        settings: Settings,
        transport: Transport,
        valkey: "redis.Redis | None",
        now: Callable[[], datetime],
        wait: Callable[[float], object],
    ) -> None:
        self._settings = settings
        self._transport = transport
        self._valkey = valkey
        self._now = now
        self._wait = wait

    def destinations(self) -> dict[str, Destination]:
        """Every platform that is connected, by name."""
        return {
            name: self.destination(name)
            for name, section in self._settings.platforms.items()
            if section.connected
        }

    def destination(self, platform: str) -> Destination:
        """One platform, by name.

        Raises:
            KeyError: there is no such platform.
        """
        section = self._settings.platforms[platform]
        tokens = self._tokens(platform, section)
        paced = RateLimitedTransport(
            self._transport, tokens, self._settings.delivery.pace_patience, self._wait
        )
        return Destination(section.codec, self._access(section, paced), paced)

    def _access(self, section: PlatformSettings, transport: RateLimitedTransport) -> Transport:
        if not isinstance(section, OAuthAccess):
            return transport
        return OAuthTransport(transport, section.grant, section.tokens, self._now)

    def _tokens(self, name: str, section: PlatformSettings) -> Tokens:
        rate_per_s, burst = section.requests_per_s, section.burst
        if self._valkey is None:
            return LocalTokens(rate_per_s, burst, self._now_ms)
        account = f"{name}:{section.account}"
        return SharedTokens(self._valkey, account, rate_per_s, burst, self._now_ms)

    def _now_ms(self) -> int:
        return to_ms(self._now())
