"""Databases of one server: made, copied, dropped."""

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


def copy_database(server_dsn: str, template: str, name: str) -> None:
    """Make a database with everything that the template holds.

    Nobody may be connected to the template.
    """
    with psycopg.connect(server_dsn, autocommit=True) as conn:
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
        conn.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))


def drop_database(server_dsn: str, name: str) -> None:
    """Remove a database and end its connections."""
    with psycopg.connect(server_dsn, autocommit=True) as conn:
        conn.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        )
