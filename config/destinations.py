"""How each ad platform is reached: codec, account, access, rate."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from config.settings import Settings
from domain.instants import to_ms
from sinks.activation.destination import Destination
from sinks.ads.google.codec import Google
from sinks.ads.meta.codec import Meta
from sinks.ads.platform import Platform, Transport
from sinks.ads.snapchat.codec import Snapchat, one_schema
from sinks.ads.tiktok.codec import Tiktok
from sinks.http.oauth import Authorised
from sinks.http.rate_limit import LocalTokens, Paced, SharedTokens, Tokens

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


@dataclass(frozen=True)
class Account:
    """One platform as it is configured.

    Attributes:
        platform: spells its requests; without tokens it can spell all the same.
        account_id: at the platform, empty where none is set.
        connected: everything that it needs is set.
    """

    platform: Platform
    account_id: str
    connected: bool


def accounts(settings: Settings) -> Mapping[str, Account]:
    """Every platform that there is, by name."""
    meta, google, tiktok, snapchat = (
        settings.meta,
        settings.google,
        settings.tiktok,
        settings.snapchat,
    )
    known = (
        Account(Meta(meta, meta.access_token.get_secret_value()), meta.account_id, meta.connected),
        Account(Google(google), google.customer_id.replace("-", ""), google.connected),
        Account(
            Tiktok(tiktok, tiktok.access_token.get_secret_value()),
            tiktok.account_id,
            tiktok.connected,
        ),
        Account(Snapchat(snapchat), snapchat.account_id, snapchat.connected),
    )
    return {account.platform.name: account for account in known}


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
            for name, account in accounts(self._settings).items()
            if account.connected
        }

    def destination(self, platform: str) -> Destination:
        """One platform, by name.

        Raises:
            KeyError: there is no such platform.
        """
        account = accounts(self._settings)[platform]
        paced = Paced(
            self._transport,
            self._tokens(account),
            self._settings.delivery.pace_patience,
            self._wait,
        )
        return Destination(account.platform, self._access(account.platform.name, paced), paced)

    def _access(self, platform: str, paced: Paced) -> Transport:
        google, snapchat = self._settings.google, self._settings.snapchat
        match platform:
            case "google":
                return Authorised(paced, google.grant, google.tokens, self._now)
            case "snapchat":
                return one_schema(Authorised(paced, snapchat.grant, snapchat.tokens, self._now))
        return paced

    def _tokens(self, account: Account) -> Tokens:
        limits, name = account.platform.limits, f"{account.platform.name}:{account.account_id}"
        if self._valkey is None:
            return LocalTokens(limits.requests_per_s, limits.burst, self._now_ms)
        return SharedTokens(self._valkey, name, limits.requests_per_s, limits.burst, self._now_ms)

    def _now_ms(self) -> int:
        return to_ms(self._now())
