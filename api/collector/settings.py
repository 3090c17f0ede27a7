"""Settings that browser SDKs of Segment and RudderStack fetch before they send: no plugins.

Sources: @segment/analytics-next (``/v1/projects/{write key}/settings``), @rudderstack/analytics-js
(``/sourceConfig/``).
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

import msgspec
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from api.collector.answers import cross_origin, preflight, refuse, reply
from api.collector.collector import Collector
from api.collector.errors import Refusal
from api.collector.request import basic_user, query_key
from store.workspaces.registry import KnownSource

SEGMENT_PATH: Final = "/v1/projects/{write_key}/settings"
RUDDER_PATHS: Final = ("/sourceConfig/", "/sourceConfig")
_METHODS: Final = ("GET", "HEAD", "OPTIONS")


def segment_settings(_source: KnownSource, write_key: str) -> dict[str, Any]:
    """Segment's shape: one integration, this collector."""
    return {
        "integrations": {
            "Segment.io": {
                "apiKey": write_key,
                "addBundledMetadata": True,
                "unbundledIntegrations": [],
            }
        },
        "plan": {
            "track": {"__default": {"enabled": True}},
            "identify": {"__default": {"enabled": True}},
        },
        "edgeFunction": {},
        "remotePlugins": [],
    }


def rudder_settings(source: KnownSource, write_key: str) -> dict[str, Any]:
    """RudderStack's shape: an enabled source without destinations.

    Errors and metrics of the SDK are not collected.
    """
    off = {"enabled": False}
    return {
        "source": {
            "id": str(source.id),
            "name": source.name,
            "writeKey": write_key,
            "workspaceId": str(source.workspace),
            "enabled": True,
            "config": {"statsCollection": {"errors": off, "metrics": off}},
            "destinations": [],
        }
    }


class SourceSettings:
    """One settings path as an ASGI application.

    Args:
        collector: knows the sources.
        shape: builds the response.
        path: as metrics name it.
    """

    def __init__(
        self, collector: Collector, shape: Callable[[KnownSource, str], dict[str, Any]], path: str
    ) -> None:
        self.path = path
        self._collector = collector
        self._shape = shape

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer one request."""
        params = self._collector.params
        if scope["method"] == "OPTIONS":
            await preflight(scope, send, params)
            return
        write_key = scope["path_params"].get("write_key") or basic_user(scope) or query_key(scope)
        origin = cross_origin(scope, params)
        try:
            source = await self._collector.source(write_key)
        except Refusal as refusal:
            await refuse(send, refusal, origin)
        else:
            await reply(
                send, HTTPStatus.OK, msgspec.json.encode(self._shape(source, write_key)), origin
            )


def settings_routes(collector: Collector) -> list[BaseRoute]:
    """The routes of the settings paths."""
    shapes = {SEGMENT_PATH: segment_settings, **dict.fromkeys(RUDDER_PATHS, rudder_settings)}
    return [
        Route(
            path, SourceSettings(collector, shape, path), methods=_METHODS, include_in_schema=False
        )
        for path, shape in shapes.items()
    ]
