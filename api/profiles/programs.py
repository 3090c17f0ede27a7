"""Compiled definitions beside one API process, as fresh as a second."""

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated

from api.profiles.parts_schemas import ComputedValue, RfmScores
from api.profiles.schemas import ProfileEvaluation
from api.web.deps import state
from api.web.shared import SharedReading
from api.web.transaction import Transactions
from domain.ids import WorkspaceId
from domain.profiles.profile import Person
from operators.rfm.scores import segment_of
from operators.segments.compile_definitions import compile_sound
from operators.segments.compile_rules import Compiler
from operators.segments.nodes import Subject
from operators.segments.program import Program
from operators.segments.traits import computed
from operators.unify.backfill import backfilled_to, lacks_history
from store.definitions.load import Registry, refresh


class ProfileEvaluator:
    """A workspace's compiled definitions.

    Args:
        program: segments.
        compiler: computed traits.
    """

    def __init__(self, program: Program, compiler: Compiler) -> None:
        self.program = program
        self.compiler = compiler

    def evaluate(self, person: Person, now_ms: int) -> ProfileEvaluation:
        """Computed traits and RFM of a person at an instant.

        Args:
            person: as stored; what needs aggregates that they do not have yet is marked as
                building.
            now_ms: the instant.
        """
        definitions, subject = self.program.definitions, Subject(person, now_ms)
        built = (
            self.program.newest
            if not lacks_history(person, self.program)
            else backfilled_to(person, self.program)
        )
        values = {
            found.trait.name: ComputedValue(
                value=found.value, version=found.trait.version, building=found.building
            )
            for found in computed(self.compiler, definitions.traits, subject, built)
        }
        scores = self.compiler.rfm_scores(subject, built)
        return ProfileEvaluation(values, None if scores is None else _rfm(*scores))


def _rfm(recency: int, frequency: int, monetary: int) -> RfmScores:
    return RfmScores(
        recency=recency,
        frequency=frequency,
        monetary=monetary,
        segment=segment_of(recency, frequency, monetary),
    )


class Programs:
    """Compiles a workspace's definitions when first asked for, and again when they have changed.

    Args:
        transactions: read definitions.
        age_limit: the greatest age of the definitions used.
        clock: seconds of a clock that never goes back.
    """

    def __init__(
        self, transactions: Transactions, age_limit: timedelta, clock: Callable[[], float]
    ) -> None:
        self._transactions = transactions
        self._age_limit_s = age_limit.total_seconds()
        self._clock = clock
        self._registry = Registry({}, {}, {})
        self._read_s = float("-inf")
        self._readings: SharedReading[None, None] = SharedReading()
        self._evaluators: dict[WorkspaceId, ProfileEvaluator] = {}

    async def for_workspace(self, workspace: WorkspaceId) -> ProfileEvaluator:
        """The evaluator of a workspace's people.

        Raises:
            psycopg.OperationalError: Postgres cannot be reached.
        """
        if (
            self._clock() - self._read_s > self._age_limit_s
            or workspace not in self._registry.definitions
        ):
            await self._readings.read(None, self._refresh)
        evaluator = self._evaluators.get(workspace)
        if evaluator is None:
            definitions = self._registry.definitions[workspace]
            evaluator = self._evaluators[workspace] = ProfileEvaluator(
                compile_sound(definitions)[0], Compiler(definitions)
            )
        return evaluator

    async def _refresh(self) -> None:
        known = self._registry
        found = await self._transactions.run(lambda conn: refresh(conn, known))
        self._read_s = self._clock()
        if found is not known:
            self._registry = found
            self._evaluators = {}


ProgramsDep = Annotated[Programs, state("programs")]
"""Parameter of a route that evaluates definitions."""
