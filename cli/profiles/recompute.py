"""Recomputes people from their stored events, as `verify` names them, and writes them."""

import re
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec
import psycopg
import redis
from psycopg import errors

from cli.output import echo, progress
from config.settings import Settings
from dataflows.recomputing import Recomputation
from domain.ids import ProfileId, WorkspaceId
from domain.profiles.leaf import Leaf
from operators.unify.rebuild import Rebuilt
from oracle.compare import Difference
from oracle.report import Report
from sinks.profiles.cache import profile_name
from sources.intake.stored import UnreadableEventError
from store.audit import trail
from store.definitions.load import load_registry
from store.profiles.repair import (
    StalePersonError,
    Stored,
    read_events,
    read_person,
    write_person,
)
from store.unify.unit_of_work import PostgresUnitOfWork
from store.workspaces.keys import workspace_named

ACTION: Final = "repair"
ACTOR: Final = "operator"
_PERSON: Final = re.compile(r"person ([0-9a-f]{32})\b")
_MENDED: Final = frozenset(
    {"leaf", "view", "person", "stage", "wake", "consent", "membership", "outbox"}
)
"""Kinds of differences that follow from a person's events, identifiers and links.

Others are about these and are not mended here.
"""
_RETRIES: Final = 20
_UNLINKED_AT_A_TIME: Final = 500


@dataclass
class Outcome:
    """What was, or would be, mended in one workspace.

    Attributes:
        people: ids of the people, in order.
        counts: of leaves, views, rows of memberships, and entries and exits told.
        left: ids of people who were left as they are, with the reason.
        other: differences that are not about what follows from a person's events.
    """

    workspace: str
    people: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    left: dict[str, str] = field(default_factory=dict)
    other: list[Difference] = field(default_factory=list)

    def lines(self, *, applied: bool) -> Iterator[str]:
        """The outcome as text, without anything that a person said."""
        if not (self.people or self.left or self.other):
            yield f"workspace {self.workspace}: the tables are what the events say"
            return
        done = "mended" if applied else "would be mended"
        counted = ", ".join(
            f"{self.counts[name]:,} {name}"
            for name in ("leaves", "views", "memberships", "entries", "exits")
        )
        yield f"workspace {self.workspace}: {len(self.people):,} people {done}: {counted}"
        yield from (f"  person {person}" for person in self.people)
        yield from (
            f"  person {person} is left as is: {reason}"
            for person, reason in sorted(self.left.items())
        )
        yield from (f"  not mended: {difference}" for difference in self.other)


class Repair:
    """Recomputes the people of a report.

    Args:
        settings: where Postgres is, and the rules.
        apply: write; otherwise everything is computed and nothing changed.
    """

    def __init__(self, settings: Settings, *, apply: bool) -> None:
        self._settings = settings
        self._apply = apply
        self._store = PostgresUnitOfWork(settings.postgres.dsn.get_secret_value(), 0)
        registry = self._store.read(load_registry)
        self._recomputation = Recomputation(settings.identity, settings.profile, registry)

    def close(self) -> None:
        """Close the connection."""
        self._store.close()

    def __call__(self, report: Report) -> Outcome:
        """Recompute everybody in whom the report has differences.

        Raises:
            psycopg.OperationalError: Postgres does not answer; people who were written stay
                written, the others can be repaired again.
        """
        outcome = Outcome(report.workspace)
        found = self._store.read(lambda connection: workspace_named(connection, report.workspace))
        if found is None or not report.differences:
            return outcome
        workspace = WorkspaceId(found)
        people = _people(report.differences, outcome)
        if self._apply and people:
            self._audit(workspace, report, people)
        told = f"{report.workspace}: recomputing people"
        with progress(shown=sys.stderr.isatty()) as drawn:
            for profile in drawn.track(people, description=told):
                self._mend(workspace, profile, outcome)
        self._forget(outcome.people)
        return outcome

    def _audit(self, workspace: WorkspaceId, report: Report, people: Sequence[ProfileId]) -> None:
        """Note what is about to be done, durably, before it takes effect."""
        detail = {"people": len(people), "differences": report.counts()}
        with psycopg.connect(self._settings.postgres.dsn.get_secret_value()) as connection:
            trail.append(connection, workspace, ACTOR, ACTION, f"workspace:{workspace}", detail)

    def _mend(self, workspace: WorkspaceId, profile: ProfileId, outcome: Outcome) -> None:
        for attempt in range(_RETRIES):
            try:
                stored, rebuilt = self._one(workspace, profile)
            except UnreadableEventError as error:
                outcome.left[profile.hex()] = str(error)
                return
            except (errors.SerializationFailure, errors.DeadlockDetected, StalePersonError):
                time.sleep(0.05 * (attempt + 1))
                continue
            if stored is None or rebuilt is None:
                outcome.left[profile.hex()] = "there is no such person"
                return
            outcome.people.append(profile.hex())
            outcome.counts.update(_counts(stored, rebuilt))
            return
        outcome.left[profile.hex()] = "others kept being in the way; repair again"

    def _one(
        self, workspace: WorkspaceId, profile: ProfileId
    ) -> tuple[Stored | None, Rebuilt | None]:
        """Recompute one person in a transaction, and write them where requested."""
        connection = self._store.connection
        with connection.transaction():
            if not self._apply:
                connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            else:
                self._recomputation.refresh(connection)
            stored = read_person(connection, workspace, profile, lock=self._apply)
            if stored is None:
                return None, None
            events = read_events(connection, profile)
            rebuilt = self._recomputation.person(workspace, stored, events)
            if self._apply:
                write_person(connection, rebuilt)
        return stored, rebuilt

    def _forget(self, people: Sequence[str]) -> None:
        """Remove the people that were written from the profile cache.

        If Redis is unavailable, its entries expire.
        """
        url = self._settings.redis.url.get_secret_value()
        if self._apply and url and people:
            try:
                with redis.Redis.from_url(
                    url, socket_timeout=1.0, socket_connect_timeout=1.0
                ) as client:
                    for start in range(0, len(people), _UNLINKED_AT_A_TIME):
                        client.unlink(
                            *(
                                profile_name(bytes.fromhex(person))
                                for person in people[start : start + _UNLINKED_AT_A_TIME]
                            )
                        )
            except redis.RedisError as error:
                echo(
                    f"the hot projection was not told ({type(error).__name__}); its"
                    " answers are old for a minute",
                    err=True,
                )


def _people(differences: Sequence[Difference], outcome: Outcome) -> list[ProfileId]:
    """Whom to recompute; what else differs goes into the outcome."""
    people: set[ProfileId] = set()
    for difference in differences:
        named = _PERSON.match(difference.where)
        if named is None or difference.kind not in _MENDED:
            outcome.other.append(difference)
        else:
            people.add(ProfileId(bytes.fromhex(named[1])))
    return sorted(people)


def _counts(stored: Stored, rebuilt: Rebuilt) -> Counter[str]:
    person = rebuilt.person
    apart = {
        key: None if key == person.sole or leaf.is_empty else leaf
        for key, leaf in rebuilt.leaves.items()
    }
    moves = [change.delta for change in rebuilt.changes.memberships]
    return Counter(
        leaves=sum(_plain(stored.leaves.get(key)) != _plain(leaf) for key, leaf in apart.items()),
        views=stored.person is None or _plain(stored.person.view) != _plain(person.view),
        memberships=sum(
            stored.remains.versions.get(number) != version
            for number, version in person.segments.items()
        )
        + len(stored.remains.versions.keys() - person.segments.keys()),
        entries=moves.count(1),
        exits=moves.count(-1),
    )


def _plain(leaf: Leaf | None) -> Leaf | None:
    """A leaf without the states of aggregates, which have several spellings."""
    return None if leaf is None else msgspec.structs.replace(leaf, aggregates={})
