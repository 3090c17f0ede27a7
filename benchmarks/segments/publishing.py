"""Publishes the benchmark's definitions in a stack, through the code that the API uses."""

from typing import Any

import msgspec
import psycopg

from benchmarks.segments.definitions import segment_rules, trait_rules
from benchmarks.support.stack import Bench, wait_for
from domain.instants import DAY_MS
from domain.segments.definition import RfmBreaks, RfmRule
from domain.segments.rule import Rule, encode_rule
from store.definitions import publish
from store.definitions.drafts import Author, Draft
from store.definitions.publish_rfm import publish_rfm, set_rfm_breaks
from store.definitions.versions import create

AUTHOR = Author(
    1, "benchmark", frozenset({"user_id", "email", "phone", "device_id", "anonymous_id"})
)
_BREAKS = RfmBreaks(
    (3 * DAY_MS, 10 * DAY_MS, 30 * DAY_MS, 90 * DAY_MS),
    (1, 1, 2, 4),
    (20_000_000, 40_000_000, 80_000_000, 200_000_000),
    1_000,
    0,
)


def publish_segment(connection: psycopg.Connection[Any], name: str, rule: Rule) -> int:
    """Publish one segment; returns its id."""
    with connection.transaction():
        number = create(
            connection,
            AUTHOR,
            "segment",
            Draft(msgspec.json.decode(encode_rule(rule)), "advertising", name, ""),
        )
        publish.publish_segment(connection, AUTHOR, number)
    return number


def publish_all(bench: Bench, segments: int = 200, traits: int = 50) -> None:
    """Publish traits, RFM and segments of mixed kinds, and wait for their sweeps."""
    with bench.connect() as connection:
        for number, computed in enumerate(trait_rules(traits)):
            with connection.transaction():
                made = create(
                    connection,
                    AUTHOR,
                    "trait",
                    Draft(msgspec.to_builtins(computed), "", f"trait {number}", ""),
                )
                publish.publish_trait(connection, AUTHOR, made)
        with connection.transaction():
            publish_rfm(connection, AUTHOR, RfmRule())
            set_rfm_breaks(connection, AUTHOR, 1, _BREAKS, {})
        for number, rule in enumerate(segment_rules(segments, traits)):
            publish_segment(connection, f"segment {number}", rule)


def sweeps_done(connection: psycopg.Connection[Any]) -> bool:
    """Whether nobody is still to be brought up to date."""
    row = connection.execute("SELECT count(*) FROM sweeps WHERE status = 'running'").fetchone()
    return row == (0,)


def settled(bench: Bench, seconds: float = 120) -> None:
    """Wait until every sweep is done."""
    with bench.connect() as connection:
        wait_for(lambda: sweeps_done(connection), seconds, "sweeps done")
