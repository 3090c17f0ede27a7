"""The reference of the lookup benchmark: one route that answers one GET of Redis."""

import os
from typing import Final

from redis.asyncio import Redis
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_client: Final = Redis.from_url(os.environ["BENCH_REDIS_URL"])


async def get(request: Request) -> Response:
    """The value of ``?key=``."""
    return Response(await _client.get(request.query_params["key"]), media_type="application/json")


app = Starlette(routes=[Route("/get", get)])
