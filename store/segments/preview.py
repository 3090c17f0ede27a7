"""Previews a rule before it is live: how many people, examples, overlaps with segments.

Few people are all evaluated. Of many a sample is: ids are keyed digests, hence spread evenly and
unrelated to anything about a person, so that whoever follows a random place in id order is a random
sample, and a page of an index. The same evaluator as for live segments is used; aggregates that
nobody has yet are built from stored events on the way and thrown away. Nothing is written.

An answer is computed from one snapshot of the store and in bounded time: when the time is over, it
is based on those evaluated so far.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from psycopg import Connection

from domain.ids import SegmentId
from domain.policies import ProfileRules
from domain.profiles.profile import decode_person
from domain.segments.definition import IN_USE, DefinitionStatus
from domain.segments.rule import Rule
from operators.rules.references import placed
from operators.segments.draft import PreviewCounts, draft_program
from operators.segments.sampling import estimate
from store.connection import adapt, one_of
from store.definitions import versions
from store.definitions.checks import as_rule, check_segment
from store.definitions.drafts import Author
from store.definitions.errors import MissingDefinitionError
from store.definitions.load import load_definitions
from store.segments.examples import examples_of
from store.segments.followers import Followers
from store.segments.population import count_people, ring
from store.segments.previewed import NodeHolds, Overlap, Preview, VersusLive
from store.unify.history import backfill_people

_SNAPSHOT: Final = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"
_NAMES: Final = f"""
    SELECT s.id, s.name, s.version FROM segments s WHERE s.workspace_id = %s
        AND s.status IN {one_of(IN_USE)} ORDER BY s.id
"""


@dataclass(frozen=True)
class PreviewParams:
    """How long and how exact a preview is.

    Attributes:
        exact_people: up to so many people, everybody is evaluated.
        sample_people: of more, so many.
        deadline: when the answer is given, whatever has been evaluated.
        count_limit: longest that people are counted; beyond, the planner's estimate stands for
            their number.
        page: people read at once.
        history_page: people read at once whose past must be read too.
        shown: people named as examples.
        identifiers_shown: identifiers of each.
        at_once: previews that one process computes at a time; some wait (`api.web.concurrency`).
    """

    exact_people: int = 20_000
    sample_people: int = 10_000
    deadline: timedelta = timedelta(seconds=1.5)
    count_limit: timedelta = timedelta(milliseconds=400)
    page: int = 500
    history_page: int = 100
    shown: int = 10
    identifiers_shown: int = 3
    at_once: int = 1

    def __post_init__(self) -> None:
        if (
            min(self.exact_people, self.sample_people, self.page, self.history_page, self.at_once)
            < 1
            or self.deadline <= timedelta()
        ):
            raise ValueError("a preview asks at least one person and has some time")


class PreviewQuery(NamedTuple):
    """What is to be previewed.

    Attributes:
        segment: whose newest version, or whose place `rule` would take; None: a rule alone.
        rule: None: the segment's newest version.
        now_ms: the instant of evaluation.
        start: 16 random bytes: where in id order the sample begins.
    """

    segment: int | None
    rule: Rule | None
    now_ms: int
    start: bytes


class Previews:
    """Computes previews.

    Args:
        rules: lifecycle.
        kinds: identifier kinds, those that say most first.
        params: see `PreviewParams`.
        clock: seconds of a clock that never goes back.
    """

    def __init__(
        self,
        rules: ProfileRules,
        kinds: Sequence[str],
        params: PreviewParams,
        clock: Callable[[], float],
    ) -> None:
        self._rules = rules
        self._kinds = list(kinds)
        self._params = params
        self._clock = clock

    def preview(self, conn: Connection[Any], author: Author, request: PreviewQuery) -> Preview:
        """Compute one preview.

        Args:
            conn: at the beginning of a transaction, which becomes a read-only snapshot.
            author: workspace, known identifier kinds, bounds.
            request: what.

        Raises:
            MissingDefinitionError: there is no such segment.
            InvalidDefinitionError: the rule refers to what is not there, or in a circle.
            psycopg.OperationalError: the server does not answer, or cancels a statement.
        """
        ends = self._clock() + self._params.deadline.total_seconds()
        conn.execute(_SNAPSHOT)
        adapt(conn)
        rule = _rule(conn, author, request)
        definitions = load_definitions(conn, author.workspace)
        program = draft_program(definitions, rule)
        people, counted = count_people(conn, author.workspace, self._params.count_limit)
        wanted = people if people <= self._params.exact_people else self._params.sample_people
        found = PreviewCounts(program, self._rules, request.now_ms, self._params.shown)
        followers = Followers(conn, author.workspace, request.segment)
        reads_history = program.newest > definitions.newest_aggregate
        for page in self._pages(
            conn,
            author.workspace,
            request.start,
            wanted,
            ends,
            self._params.history_page if reads_history else 0,
        ):
            _add(conn, found, followers, page)
        exact = counted and found.evaluated >= people
        unscored = program.definitions.rfm is not None and program.definitions.rfm.breaks is None
        return Preview(
            members=estimate(found.members, found.evaluated, people),
            people=people,
            people_exact=counted,
            evaluated=found.evaluated,
            exact=exact,
            in_time=found.evaluated >= min(wanted, people),
            reads_history=reads_history,
            unscored=unscored,
            examples=examples_of(conn, found.examples, self._kinds, self._params.identifiers_shown),
            overlaps=tuple(
                _overlap(found, people, *row) for row in conn.execute(_NAMES, (author.workspace,))
            ),
            versus_live=_versus_live(found, people, request.segment),
            nodes=tuple(
                NodeHolds(placed_node.path, estimate(holds, found.evaluated, people))
                for placed_node, holds in zip(placed(rule), found.nodes.holds, strict=True)
            ),
            audiences=tuple(followers.turns(found.evaluated, people)),
        )

    def _pages(
        self,
        conn: Connection[Any],
        workspace: int,
        start: bytes,
        people: int,
        ends: float,
        history_page: int,
    ) -> Iterator[list[tuple[bytes, bytes]]]:
        """Read people in id order from `start`, wrapping around.

        Ends when enough are read, or when the next page would end too late.
        """
        size, asked, longest = history_page or self._params.page, 0, 0.0
        began = self._clock()
        for page in ring(conn, workspace, UUID(bytes=start), size):
            if page:
                yield page[: people - asked]
            asked += len(page)
            now = self._clock()
            longest, began = max(longest, now - began), now
            if asked >= people or now + longest > ends:
                return


def _rule(conn: Connection[Any], author: Author, request: PreviewQuery) -> Rule:
    rule = request.rule
    if request.segment is not None:
        sql = (
            "SELECT 1 FROM segments WHERE workspace_id = %s AND id = %s "
            f"AND status <> '{DefinitionStatus.DELETED}'"
        )
        if conn.execute(sql, (author.workspace, request.segment)).fetchone() is None:
            raise MissingDefinitionError("segment")
        rule = rule or as_rule(versions.newest(conn, "segment", request.segment).definition)
    if rule is None:
        raise ValueError("a preview has a rule or a segment")
    check_segment(conn, author, request.segment, rule)
    return rule


def _add(
    conn: Connection[Any],
    tally: PreviewCounts,
    followers: Followers,
    page: Sequence[tuple[bytes, bytes]],
) -> None:
    """Evaluate a page of people, with their past where they lack it."""
    people = [decode_person(document) for _, document in page]
    backfill_people(conn, people, tally.program)
    followers.add(conn, [(person, tally.evaluate(person)) for person in people])


def _versus_live(tally: PreviewCounts, people: int, segment: int | None) -> VersusLive | None:
    """Who would enter and leave a segment."""
    if segment is None:
        return None
    members, both = tally.in_segment[SegmentId(segment)], tally.in_both[SegmentId(segment)]
    return VersusLive(
        estimate(tally.members - both, tally.evaluated, people),
        estimate(members - both, tally.evaluated, people),
    )


def _overlap(
    tally: PreviewCounts, people: int, segment: SegmentId, name: str, version: int
) -> Overlap:
    members, both = tally.in_segment[segment], tally.in_both[segment]
    return Overlap(
        segment,
        name,
        version,
        estimate(members, tally.evaluated, people),
        estimate(both, tally.evaluated, people),
        both / tally.members if tally.members else None,
        both / members if members else None,
    )
