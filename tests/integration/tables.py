"""What a workspace's tables say, without what may differ between two right runs: generated ids,
versions, times of writing."""

from typing import Any

import psycopg

from domain.profiles.leaf import Leaf
from domain.profiles.profile import decode_person


def canonical(dsn: str) -> dict[str, Any]:
    """Tables as plain values: people are named by their set of identifiers."""
    with psycopg.connect(dsn) as connection:
        owned: dict[Any, set[str]] = {}
        for key, profile in connection.execute("SELECT key, profile_id FROM identifiers"):
            owned.setdefault(profile, set()).add(str(key))
        people = {}
        for profile, stage, doc in connection.execute("SELECT id, stage, doc FROM profiles"):
            person = decode_person(doc)
            people[frozenset(owned[profile])] = (
                stage,
                _plain(person.view),
                person.kinds,
                person.refused,
            )
        return {
            "events": sorted(
                connection.execute(
                    "SELECT message_key, type, name, leaf, occurred_at, payload FROM events"
                )
            ),
            "people": people,
            "links": sorted(
                connection.execute(
                    "SELECT a, b, first_ms, tie, cause, rank, status, reason FROM links"
                )
            ),
            "members": {
                frozenset(owned[row[0]])
                for row in connection.execute("SELECT profile_id FROM memberships")
            },
            "dead letters": sorted(
                connection.execute("SELECT reason, detail, payload FROM dead_letters")
            ),
            "accepted": _observed(connection, "accepted"),
            "revenue": _observed(connection, "revenue_minor:USD"),
        }


def _plain(view: Leaf) -> dict[str, Any]:
    return {name: getattr(view, name) for name in view.__struct_fields__}


def _observed(connection: psycopg.Connection, metric: str) -> int:
    row = connection.execute(
        "SELECT coalesce(sum(value), 0)::bigint FROM observations WHERE metric = %s", (metric,)
    ).fetchone()
    return int(row[0]) if row else 0
