"""What commands on a workspace share: its connection, and who acts."""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import typer
from psycopg import Connection

from config.settings import Settings
from domain.ids import WorkspaceId
from store.workspaces.keys import workspace_named


def actor() -> str:
    """The operator as the audit log names them."""
    return f"console:{getpass.getuser()}"


@contextmanager
def connected(
    settings: Settings, name: str, *, autocommit: bool = False
) -> Iterator[tuple[Connection[Any], WorkspaceId]]:
    """Open a connection and find a workspace; commit at the end, roll back on any error.

    Raises:
        typer.BadParameter: there is no such workspace.
        psycopg.OperationalError: Postgres does not answer.
    """
    dsn = settings.postgres.dsn.get_secret_value()
    with psycopg.connect(dsn, autocommit=autocommit) as conn:
        workspace_id = workspace_named(conn, name)
        if workspace_id is None:
            told = "there is no workspace {}, or it is being deleted: see stratum workspaces list"
            raise typer.BadParameter(told.format(name), param_hint="workspace")
        yield conn, workspace_id
