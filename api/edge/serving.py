"""How the application is served: uvicorn with the bounds of `api.edge.connections`.

The command and the tests serve it alike.
"""

import resource
from collections.abc import Callable
from typing import Final

import uvicorn
from fastapi import FastAPI

from api.edge.connections import BoundedProtocol
from api.edge.crowd import Crowd
from config.collector import ConnectionParams
from config.settings import Settings

_RESERVED_FILES: Final = 256
"""File descriptors that are no connections of clients: servers, libraries, files."""
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


def protocol(params: ConnectionParams) -> type[BoundedProtocol]:
    """Uvicorn's HTTP protocol for one process, with these limits.

    Connections are also kept below the process's limit of open files, which is raised as far as it
    may be.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = (
        params.limit + _RESERVED_FILES
        if hard == resource.RLIM_INFINITY
        else min(hard, params.limit + _RESERVED_FILES)
    )
    if soft < files:
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))
    room = max(1, min(params.limit, max(soft, files) - _RESERVED_FILES))
    return type(
        "Protocol",
        (BoundedProtocol,),
        {"limits": params, "crowd": Crowd(room, params.address_limit)},
    )
