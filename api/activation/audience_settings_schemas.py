"""Schema of a change of an audience's settings."""

from collections.abc import Mapping

from pydantic import ConfigDict, Field

from api.activation.audience_sync_schemas import AudienceName, Holdout, Interval, TimeToLive
from api.web.values import Request
from store.activation.settings import Setting, Value


class AudienceUpdate(Request):
    """New settings of an audience; what is left out stays as it is."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"interval_s": 7200, "ttl_s": None, "holdout_percent": 10}]}
    )

    # Factories keep the defaults, which nobody reads, out of the document.
    name: AudienceName = Field(default_factory=str)
    interval_s: Interval = Field(default_factory=int)
    ttl_s: TimeToLive = Field(default_factory=int)
    holdout_percent: Holdout = Field(default_factory=int)

    @property
    def wanted(self) -> Mapping[Setting, Value]:
        """The settings that the body has, `null` included, and their values."""
        every: dict[Setting, Value] = {
            "name": self.name,
            "interval_s": self.interval_s,
            "ttl_s": self.ttl_s,
            "holdout_percent": self.holdout_percent,
        }
        return {name: value for name, value in every.items() if name in self.model_fields_set}
