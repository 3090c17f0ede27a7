"""Databases of a test server: copied and dropped."""

import psycopg
from psycopg import sql


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
