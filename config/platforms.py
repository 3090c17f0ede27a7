"""Settings of ad platforms: the Params of each row of `sinks.ads.registry`, with its access."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Final

from pydantic import ConfigDict, SecretStr
from pydantic.dataclasses import dataclass

from sinks.ads.platform import Platform, PlatformParams
from sinks.ads.registry import PLATFORMS, PlatformSpec
from sinks.http.oauth import Grant, TokenParams

_CONFIG: Final = ConfigDict(extra="forbid", coerce_numbers_to_str=True)


@dataclass(frozen=True, config=_CONFIG)
class PlatformSettings(PlatformParams, ABC):
    """The section of one platform: its account, and how access to it is proven."""

    spec: ClassVar[PlatformSpec]

    @property
    @abstractmethod
    def secrets(self) -> tuple[str, ...]:
        """What access takes; an empty text is one that is not set."""

    @property
    def connected(self) -> bool:
        """Whether anything can be sent."""
        return bool(self.account and all(self.secrets))

    @property
    def codec(self) -> Platform:
        """The platform; without access it can still encode rows."""
        return self.spec.codec(self)


@dataclass(frozen=True, config=_CONFIG)
class TokenAccess(PlatformSettings, ABC):
    """Access by a long-lived token.

    Attributes:
        access_token: set ``STRATUM_<PLATFORM>__ACCESS_TOKEN``.
    """

    access_token: SecretStr = SecretStr("")

    @property
    def secrets(self) -> tuple[str, ...]:
        """The token."""
        return (self.access_token.get_secret_value(),)

    @property
    def codec(self) -> Platform:
        """The platform, whose requests carry the token."""
        return self.spec.codec(self, self.access_token.get_secret_value())


@dataclass(frozen=True, config=_CONFIG)
class OAuthAccess(PlatformSettings, ABC):
    """Access by OAuth 2.0 tokens, requested with a refresh token.

    Attributes:
        token_url: where access tokens are requested.
        client_id: of our application at the platform.
        client_secret: of that application; set ``STRATUM_<PLATFORM>__CLIENT_SECRET``.
        refresh_token: of the user who connected the platform; set
            ``STRATUM_<PLATFORM>__REFRESH_TOKEN``.
        tokens: when access tokens are renewed.
    """

    token_url: str = ""
    client_id: str = ""
    client_secret: SecretStr = SecretStr("")
    refresh_token: SecretStr = SecretStr("")
    tokens: TokenParams = TokenParams()

    @property
    def secrets(self) -> tuple[str, ...]:
        """The client, its secret and the refresh token."""
        secrets = self.client_secret, self.refresh_token
        return (self.client_id, *(secret.get_secret_value() for secret in secrets))

    @property
    def grant(self) -> Grant:
        """What access tokens are requested with."""
        return Grant(self.token_url, *self.secrets)


def _section(spec: PlatformSpec) -> type[PlatformSettings]:
    """Make the class of a platform's section; Params come first, their defaults win."""
    body: dict[str, Any] = {"__module__": __name__, "spec": spec}
    if spec.token_url:
        body |= {"__annotations__": {"token_url": str}, "token_url": spec.token_url}
    access = OAuthAccess if spec.token_url else TokenAccess
    made: type[PlatformSettings] = type(spec.codec.__name__, (spec.params, access), body)
    dataclass(made, frozen=True, config=_CONFIG)
    return made


SECTIONS: Final[Mapping[str, type[PlatformSettings]]] = {
    name: _section(spec) for name, spec in PLATFORMS.items()
}
"""Platform → class of its section; without arguments it makes one that is not connected."""
