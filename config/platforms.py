"""Settings of ad platforms: the connector's Params with its secret beside them."""

from pydantic import ConfigDict, SecretStr
from pydantic.dataclasses import dataclass

from sinks.ads.meta import MetaParams


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
