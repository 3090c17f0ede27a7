"""Settings of ad platforms: the connector's Params with its secret beside them."""

from pydantic import ConfigDict, SecretStr
from pydantic.dataclasses import dataclass

from sinks.ads.google.codec import GoogleParams
from sinks.ads.meta.codec import MetaParams
from sinks.ads.snapchat.codec import SnapchatParams
from sinks.ads.tiktok.codec import TiktokParams
from sinks.http.oauth import Grant, TokenParams


@dataclass(frozen=True, config=ConfigDict(extra="forbid", coerce_numbers_to_str=True))
class Meta(MetaParams):
    """Meta. Connected once `account_id` and `access_token` are set.

    Attributes:
        access_token: of a system user with ads_management; ``STRATUM_META__ACCESS_TOKEN``.
    """

    access_token: SecretStr = SecretStr("")

    @property
    def connected(self) -> bool:
        """Whether anything can be sent."""
        return bool(self.account_id and self.access_token.get_secret_value())


@dataclass(frozen=True, config=ConfigDict(extra="forbid", coerce_numbers_to_str=True))
class Google(GoogleParams):
    """Google.

    Connected once `customer_id`, `client_id`, `client_secret` and `refresh_token` are set.

    Attributes:
        token_url: where access tokens are asked for.
        client_id: of an OAuth client in the Cloud project that has the Data Manager API enabled.
        client_secret: of that client; ``STRATUM_GOOGLE__CLIENT_SECRET``.
        refresh_token: of a Google account with access to the ad account;
            ``STRATUM_GOOGLE__REFRESH_TOKEN``.
        tokens: when access tokens are renewed.
    """

    token_url: str = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address, not a token
    client_id: str = ""
    client_secret: SecretStr = SecretStr("")
    refresh_token: SecretStr = SecretStr("")
    tokens: TokenParams = TokenParams()

    @property
    def grant(self) -> Grant:
        """What access tokens are asked for with."""
        return Grant(
            self.token_url,
            self.client_id,
            self.client_secret.get_secret_value(),
            self.refresh_token.get_secret_value(),
        )

    @property
    def connected(self) -> bool:
        """Whether anything can be sent."""
        grant = self.grant
        return bool(
            self.customer_id and grant.client_id and grant.client_secret and grant.refresh_token
        )


@dataclass(frozen=True, config=ConfigDict(extra="forbid", coerce_numbers_to_str=True))
class Tiktok(TiktokParams):
    """TikTok. Connected once `account_id` and `access_token` are set.

    Attributes:
        access_token: long-term token of an app with the audience permission;
            ``STRATUM_TIKTOK__ACCESS_TOKEN``.
    """

    access_token: SecretStr = SecretStr("")

    @property
    def connected(self) -> bool:
        """Whether anything can be sent."""
        return bool(self.account_id and self.access_token.get_secret_value())


@dataclass(frozen=True, config=ConfigDict(extra="forbid", coerce_numbers_to_str=True))
class Snapchat(SnapchatParams):
    """Snapchat.

    Connected once `account_id`, `client_id`, `client_secret` and `refresh_token` are set.

    Attributes:
        token_url: where access tokens are asked for.
        client_id: of an OAuth app in the business account.
        client_secret: of that app; ``STRATUM_SNAPCHAT__CLIENT_SECRET``.
        refresh_token: of a user who may manage audiences of the ad account;
            ``STRATUM_SNAPCHAT__REFRESH_TOKEN``.
        tokens: when access tokens are renewed.
    """

    token_url: str = "https://accounts.snapchat.com/login/oauth2/access_token"  # noqa: S105 - an address, not a token
    client_id: str = ""
    client_secret: SecretStr = SecretStr("")
    refresh_token: SecretStr = SecretStr("")
    tokens: TokenParams = TokenParams()

    @property
    def grant(self) -> Grant:
        """What access tokens are asked for with."""
        return Grant(
            self.token_url,
            self.client_id,
            self.client_secret.get_secret_value(),
            self.refresh_token.get_secret_value(),
        )

    @property
    def connected(self) -> bool:
        """Whether anything can be sent."""
        grant = self.grant
        return bool(
            self.account_id and grant.client_id and grant.client_secret and grant.refresh_token
        )
