"""Makes PostgreSQL refuse every change of a state that its table of transitions does not name."""

import json
from collections.abc import Mapping
from typing import Any, Final

import psycopg

from domain.activation import states
from domain.export import EXPORT_TRANSITIONS
from domain.intake.dead_letter import DEAD_LETTER_TRANSITIONS
from domain.segments import definition
from domain.values import Transitions

ACTIVATION: Final[dict[tuple[str, str], Transitions]] = {
    ("audiences", "status"): states.AUDIENCE_TRANSITIONS,
    ("pushes", "status"): states.PUSH_TRANSITIONS,
    ("push_requests", "status"): states.REQUEST_TRANSITIONS,
    ("audience_members", "state"): states.ROW_TRANSITIONS,
}
DEFINITIONS: Final[dict[tuple[str, str], Transitions]] = {
    ("segments", "status"): definition.DEFINITION_TRANSITIONS,
    ("traits", "status"): definition.DEFINITION_TRANSITIONS,
    ("sweeps", "status"): definition.SWEEP_TRANSITIONS,
}
EXPORTS: Final[dict[tuple[str, str], Transitions]] = {("exports", "status"): EXPORT_TRANSITIONS}
DEAD_LETTERS: Final[dict[tuple[str, str], Transitions]] = {
    ("dead_letters", "status"): DEAD_LETTER_TRANSITIONS
}
_CHECK: Final = """
    CREATE FUNCTION refuse_unknown_transition() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        before text := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD)->>TG_ARGV[0] END;
        after text := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW)->>TG_ARGV[0] END;
    BEGIN
        IF before IS DISTINCT FROM after
           AND NOT TG_ARGV[1]::jsonb @> jsonb_build_array(jsonb_build_array(before, after)) THEN
            RAISE EXCEPTION 'unknown transition in %: % to %', TG_TABLE_NAME, before, after;
        END IF;
        RETURN NULL;
    END $$
"""


def refuse_others(
    conn: psycopg.Connection[Any], tables: Mapping[tuple[str, str], Transitions]
) -> None:
    """From now on this database knows no transitions but those given, by table and column."""
    conn.execute(_CHECK)
    for (name, column), table in tables.items():
        known = json.dumps([[before, after] for before, after in table])
        conn.execute(
            f"CREATE TRIGGER transitions AFTER INSERT OR UPDATE OR DELETE ON {name} FOR EACH ROW"
            f" EXECUTE FUNCTION refuse_unknown_transition('{column}', '{known}')"
        )
