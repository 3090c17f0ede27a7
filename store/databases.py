"""The databases of one server."""

import psycopg
from psycopg import sql


def ensure_database(server_dsn: str, name: str) -> None:
    """Make a database unless it is there.

    Args:
        server_dsn: any other database of the server, for example ``postgres``.
        name: its name.
    """
    with psycopg.connect(server_dsn, autocommit=True) as conn:
        if conn.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone() is None:
            conn.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
