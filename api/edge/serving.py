"""How the application is served: uvicorn with the bounds of `api.edge.connections`.

The command and the tests serve it alike.
"""

from collections.abc import Callable
from typing import Final

import uvicorn
from fastapi import FastAPI

from api.edge.connections import protocol
from config.settings import Settings

GRACE_S: Final = 5
"""Requests under way have so long to be answered when the process ends."""


def server_config(app: Callable[[], FastAPI], settings: Settings) -> uvicorn.Config:
    """Uvicorn's configuration for one process.

    Args:
        app: builds the application; called in the process that serves.
        settings: the configuration; `edge.connections` bounds what a connection may take.
    """
    return uvicorn.Config(
        app,
        factory=True,
        host="127.0.0.1",
        port=0,
        loop="uvloop",
        http=protocol(settings.edge.connections),
        ws="none",
        access_log=False,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
    )
