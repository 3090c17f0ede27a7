"""The definitions in force, as a process has read them: rules, compiled segments, sources."""

import time
from dataclasses import dataclass
from typing import Final

import structlog

from domain.event import Command, DeadLetter, Event
from domain.ids import WorkspaceId
from domain.policies import IdentityRules, ProfileRules
from domain.segments.definition import WorkspaceDefinitions
from operators.segments.compile_definitions import compile_sound
from operators.segments.program import Program
from operators.unify.definitions import Definitions
from sources.intake.decode import Decoder
from sources.intake.stored import StoredEventReader
from store.definitions.load import Registry, refresh
from store.unify.unit_of_work import PostgresUnitOfWork

REFRESH_S: Final = 1.0
"""How soon a new source, segment or rule is noticed."""

log = structlog.get_logger("profiles")


@dataclass(frozen=True)
class Rules:
    """The rules of identity and profiles, as configured."""

    identity: IdentityRules
    profile: ProfileRules


class LiveDefinitions:
    """Reads definitions and compiles them when they have changed.

    Args:
        store: where they are published.
        rules: those that are configured.

    Attributes:
        current: what UNIFY decides by.
        decode: decodes batches with the sources that there are.
        stored: reads stored events with them.
    """

    def __init__(self, store: PostgresUnitOfWork, rules: Rules) -> None:
        self._store = store
        self._rules = rules
        self._registry = Registry({}, {}, {}, 0)
        self._due_at = 0.0
        self.current = Definitions(rules.identity, rules.profile, {})
        self.decode = Decoder({}, {}, rules.identity, rules.profile)
        self.stored = StoredEventReader({}, {}, rules.identity, rules.profile)

    @property
    def revision(self) -> int:
        """Of all definitions together, as they were read last."""
        return self._registry.revision

    def keep_fresh(self) -> None:
        """Read them again if that was not done lately."""
        if time.monotonic() >= self._due_at:
            self.refresh()

    def refresh(self) -> None:
        """Read them again now."""
        before = self._registry
        registry = self._store.read(lambda connection: refresh(connection, before))
        self._due_at = time.monotonic() + REFRESH_S
        if registry is before:
            return
        if registry.unreadable:
            log.error(
                "definitions_unreadable",
                resting=registry.unreadable,
                hint="run the version that stored them, or publish another",
            )
        identity, profile = self._rules.identity, self._rules.profile
        programs = self._compiled(before, registry)
        self._registry = registry
        self.current = Definitions(identity, profile, programs, registry.revision)
        self.decode = Decoder(
            registry.sources, registry.salts, identity, profile, deleted=registry.deleted
        )
        self.stored = StoredEventReader(registry.sources, registry.salts, identity, profile)

    def living(
        self, items: list[Event | Command | DeadLetter]
    ) -> list[Event | Command | DeadLetter]:
        """Leave out what is of a workspace that was deleted since the items were decoded."""
        gone = self._registry.deleted.workspaces
        return [item for item in items if item.workspace not in gone] if gone else items

    def names(self) -> set[tuple[str, str | None]]:
        """Events that any aggregate looks at which not everybody has yet."""
        programs = self.current.programs.values()
        return {name for program in programs for name in program.names(0)}

    def _compiled(self, before: Registry, registry: Registry) -> dict[WorkspaceId, Program]:
        """Programs of all workspaces; those whose definitions are as before are kept."""
        programs = self.current.programs
        return {
            workspace: (
                programs[workspace]
                if workspace in programs and before.definitions.get(workspace) == definitions
                else _program(definitions)
            )
            for workspace, definitions in registry.definitions.items()
        }


def _program(definitions: WorkspaceDefinitions) -> Program:
    """A workspace's program.

    One definition that is none stops neither the others nor the engine.
    """
    program, resting = compile_sound(definitions)
    if resting:
        log.error(
            "segments_rest",
            workspace=definitions.workspace,
            segments=resting,
            hint="publish another version, pause or delete",
        )
    return program
