"""Turns an export into bytes.

People are read page by page, those without consent left out, the others formatted as requested.

Memory holds one page, and for Parquet one row group, whatever the number of people.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple
from uuid import UUID

from psycopg import Connection

from domain.export import ExportCounts, ExportSpec, IdentifierForm, beside_identifiers, for_platform
from domain.ids import ProfileId, canonical
from domain.policies import ProfileRules
from domain.profiles.profile import Person
from domain.segments.definition import WorkspaceDefinitions
from operators.export import Exported, Record, columns, record
from operators.segments.compile_definitions import compile_sound
from operators.segments.compile_rules import Compiler
from operators.segments.nodes import Subject
from operators.segments.traits import computed
from operators.unify.backfill import backfilled_to
from sinks.ads.platform import Matchable, Platform
from sinks.export.formats import encoder
from store.definitions.drafts import Author
from store.export.pages import FIRST, ExportPage, ExportReader

_NOTHING_KNOWN: Final[Mapping[str, Sequence[str]]] = {}


@dataclass(frozen=True)
class ExportParams:
    """How exports are written and kept.

    Attributes:
        directory: where files are; every API and upkeep process must see the same. None:
            ``exports`` below ``data_dir``.
        keep: how long a file may be downloaded.
        max_rows: people per export; one that has more fails.
        at_once: files that one upkeep process writes at a time.
        open_limit: files that a workspace may have waiting or being written.
        direct_people: an export that would go through more people is not answered directly.
        direct_at_once: direct answers that one API process gives at a time.
        page: people read at once.
        group_rows: people per row group of a Parquet file.
        poll_interval: pause between two looks for exports that wait, and for files that must go.
        beat_interval: how often a writer says that it lives, and how far it is.
        lease: a writer without a heartbeat for so long is dead; another process restarts its
            export.
        deaths: after so many dead writers an export has failed.
    """

    directory: Path | None = None
    keep: timedelta = timedelta(hours=24)
    max_rows: int = 5_000_000
    at_once: int = 1
    open_limit: int = 20
    direct_people: int = 100_000
    direct_at_once: int = 4
    page: int = 1_000
    group_rows: int = 20_000
    poll_interval: timedelta = timedelta(seconds=1)
    beat_interval: timedelta = timedelta(seconds=1)
    lease: timedelta = timedelta(seconds=30)
    deaths: int = 3

    def __post_init__(self) -> None:
        least = min(
            self.max_rows,
            self.at_once,
            self.open_limit,
            self.direct_at_once,
            self.page,
            self.group_rows,
            self.deaths,
        )
        if least < 1 or self.direct_people < 0 or not timedelta() < self.beat_interval < self.lease:
            raise ValueError(
                "an export has at least one of everything, and a writer says that it lives within"
                " its lease"
            )


class TooManyRowsError(Exception):
    """The export has more people than one may have."""


class UnknownTraitError(Exception):
    """A computed trait is asked for that is not live.

    Args:
        name: of the trait.
    """

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no live computed trait {name}.")
        self.name = name


class FormError(Exception):
    """A platform's form is asked for together with what may not go to that platform.

    The message says what, and nothing personal.
    """


class Exporter:
    """Begins exports.

    Args:
        params: see `ExportParams`.
        rules: lifecycle.
        forms: platform → what encodes its rows.
        now_ms: the clock that rules, computed traits and stages are evaluated by.
    """

    def __init__(
        self,
        params: ExportParams,
        rules: ProfileRules,
        forms: Mapping[IdentifierForm, Platform],
        now_ms: Callable[[], int],
    ) -> None:
        self._params = params
        self._rules = rules
        self._forms = forms
        self._now_ms = now_ms

    def begin(
        self, conn: Connection[Any], author: Author, spec: ExportSpec, counts: ExportCounts
    ) -> "Export":
        """Check what is asked for, and make ready to read.

        Args:
            conn: in autocommit mode; used for this export alone.
            author: workspace, known identifier kinds.
            spec: what is asked for.
            counts: counted up while the export is read.

        Raises:
            InvalidDefinitionError: the rule refers to what is not there, or in a circle.
            UnknownTraitError: a computed trait is asked for that is not live.
            FormError: a platform's form is to hold more than identifiers, or people who do not
                consent to the platform's purpose.
        """
        form = self._form(spec)
        now_ms = self._now_ms()
        reader = ExportReader(conn, author, spec, self._rules, now_ms, self._params.page)
        values = _Values(reader.definitions, spec.computed, now_ms)
        bounds = _Bounds(self._params.max_rows, self._params.group_rows)
        return Export(spec, reader, values, form, bounds, counts)

    def _form(self, spec: ExportSpec) -> Platform | None:
        """What encodes identifiers; None where they stay as they are.

        A platform's form has those of several e-mails, phones or devices that its audiences get.
        """
        if not for_platform(spec):
            return None
        form = self._forms[spec.identifiers]
        if beside := beside_identifiers(spec):
            raise FormError(
                f"{', '.join(beside)}: the form of {spec.identifiers} holds nothing but"
                " identifiers. Order the rest by itself."
            )
        if spec.purpose != form.purpose:
            raise FormError(
                f"purpose: the form of {spec.identifiers} serves the purpose {form.purpose}, and no"
                " other."
            )
        return form


class _Bounds(NamedTuple):
    max_rows: int
    group_rows: int


class Export:
    """One export, ready to be read once.

    Args:
        spec: what is asked for.
        reader: of its people.
        values: computed traits.
        form: encodes identifiers as its platform takes them; None where they stay as stored.
        bounds: see `ExportParams`.
        counts: counted up.

    Attributes:
        columns: names, as CSV and Parquet have them.
    """

    def __init__(
        self,
        spec: ExportSpec,
        reader: ExportReader,
        values: "_Values",
        form: Platform | None,
        bounds: "_Bounds",
        counts: ExportCounts,
    ) -> None:
        self._spec = spec
        self._reader = reader
        self._values = values
        self._form = form
        self._max_rows = bounds.max_rows
        self._counts = counts
        found = columns(spec, values.traits)
        self._encoder = encoder(spec, found, bounds.group_rows)
        self.columns = [column.name for column in found]

    def chunks(self) -> Iterator[bytes]:
        """The whole export in pieces, one per page at least; some are empty.

        Raises:
            TooManyRowsError: there are more people than one export may have.
            psycopg.OperationalError: the server does not answer.
        """
        yield self._encoder.head()
        after: UUID | None = FIRST
        while after is not None:
            page = self._reader.page(after)
            after = page.after
            records = list(self._records(page))
            self._counts.evaluated += page.evaluated
            self._counts.without_consent += page.refused
            self._counts.rows += len(records)
            if self._counts.rows > self._max_rows:
                raise TooManyRowsError
            yield self._encoder.page(records)
        yield self._encoder.tail()

    def _records(self, page: ExportPage) -> Iterator[Record]:
        for person in page.people:
            identifiers = self._identifiers(person, page)
            if identifiers is None and self._form is not None:
                self._counts.without_identifier += 1
            else:
                yield record(
                    self._spec,
                    Exported(
                        person,
                        identifiers,
                        self._values.for_person(person),
                        page.last_ms.get(person.id, {}),
                    ),
                )

    def _identifiers(self, person: Person, page: ExportPage) -> Mapping[str, Sequence[str]] | None:
        if self._spec.identifiers == "none":
            return None
        known, kinds = page.identifiers.get(person.id, _NOTHING_KNOWN), self._spec.kinds
        if kinds is not None:
            known = {kind: known[kind] for kind in kinds if kind in known}
        if self._form is None:
            return known
        row = self._form.row(_matchable(person.id, known))
        if row is None:
            return None
        found = self._form.identifiers(row)
        return {kind: found[kind] for kind in kinds or found if kind in found}


class _Values:
    """Computed traits of people, by definitions as they were when the export began."""

    def __init__(
        self, definitions: WorkspaceDefinitions, names: Iterable[str] | None, now_ms: int
    ) -> None:
        self._now_ms = now_ms
        self._program = compile_sound(definitions)[0]
        self._compiler = Compiler(self._program.definitions)
        live = {trait.name: trait for trait in self._program.definitions.traits}
        chosen = list(live) if names is None else list(names)
        missing = [name for name in chosen if name not in live]
        if missing:
            raise UnknownTraitError(missing[0])
        self.traits = [live[name] for name in chosen]

    def for_person(self, person: Person) -> dict[str, Any]:
        if not self.traits:
            return {}
        subject = Subject(person, self._now_ms)
        found = computed(self._compiler, self.traits, subject, backfilled_to(person, self._program))
        return {each.trait.name: each.value for each in found}


def _matchable(person: ProfileId, identifiers: Mapping[str, Sequence[str]]) -> Matchable:
    return Matchable(
        canonical(person), {kind: tuple(values) for kind, values in identifiers.items()}
    )
