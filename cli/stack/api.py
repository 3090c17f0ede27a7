"""``stratum api``: collector and query API under uvicorn, in processes that share a socket."""

import os
import socket
from functools import partial
from typing import Annotated, Final

import typer
import uvicorn

from api.app import create_app
from api.edge.serving import GRACE_S, server_config
from cli.output import echo
from cli.stack.stopping import Stopping
from config.embedded import RestartParams
from config.load import load_settings
from config.settings import Server as Listen
from local.servers.process import StartError
from local.stack.component import Component, ComponentProcess
from local.stack.supervisor import Supervisor

_BACKLOG: Final = 2048


def api(
    fd: Annotated[
        int | None, typer.Option(hidden=True, help="Serve the socket that a parent listens on.")
    ] = None,
) -> None:
    """Run the collector and the query API.

    `server.host`, `server.port` and `server.processes` say where and how many.
    """
    if fd is not None:
        serve(socket.socket(fileno=fd))
        return
    settings = load_settings()
    with listen(settings.server) as listening:
        if settings.server.processes == 1:
            serve(listening)
        else:
            serve_in_processes(listening, settings.server.processes, settings.embedded.restarts)


def listen(server: Listen) -> socket.socket:
    """Open the listening socket.

    Raises:
        StartError: the address is taken or does not exist.
    """
    family = socket.AF_INET6 if ":" in server.host else socket.AF_INET
    listening = socket.socket(family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((server.host, server.port))
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        raise StartError(
            f"cannot listen on {server.host}:{server.port}: {os.strerror(error.errno or 0)}"
        ) from error
    return listening


def serve(listening: socket.socket) -> None:
    """Serve until SIGTERM or SIGINT; requests under way are answered first, within a bound."""
    settings = load_settings()
    config = server_config(partial(create_app, settings), settings)
    uvicorn.Server(config).run([listening])


def serve_in_processes(listening: socket.socket, processes: int, restarts: RestartParams) -> None:
    """Serve by child processes; one that dies is started again, and all die with this one."""
    stopping = Stopping().at_signals()
    arguments = ("-m", "cli.main", "api", "--fd", str(listening.fileno()))
    components = [
        Component(f"api-{n}", arguments, pass_fds=(listening.fileno(),))
        for n in range(1, processes + 1)
    ]
    servers = [ComponentProcess(component, {}, None, GRACE_S * 2) for component in components]
    supervisor = Supervisor([servers], restarts, lambda text: echo(text, err=True))
    supervisor.start()
    stopping.wait()
    supervisor.stop()
