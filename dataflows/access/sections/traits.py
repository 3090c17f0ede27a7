"""Sections: traits with the event that stated each, and computed traits."""

from collections.abc import Iterator
from typing import Final, NamedTuple
from uuid import UUID

from dataflows.access.gathering import Gathering
from dataflows.access.section import Column, Row, Section
from domain.instants import clamped_utc, to_ms
from domain.profiles.leaf import tie_of
from operators.rfm.scores import segment_of
from operators.segments.compile_rules import Compiler
from operators.segments.nodes import Subject
from operators.segments.traits import computed
from operators.unify.backfill import backfilled_to
from store.privacy.held import people


class _Statement(NamedTuple):
    event: UUID
    type: str
    source: str | None


def _traits(gathering: Gathering) -> Iterator[Row]:
    traits = gathering.person.view.traits
    stated = _statements(gathering, sorted({one.at_ms for one in traits.values()}))
    for name, register in sorted(traits.items()):
        said = stated.get((register.at_ms, register.tie))
        yield (
            name,
            register.value,
            clamped_utc(register.at_ms),
            said and said.source,
            said and said.type,
            said and said.event,
        )


def _statements(gathering: Gathering, instants: list[int]) -> dict[tuple[int, int], _Statement]:
    """Events of some instants by what orders statements: instant and tie-breaker."""
    rows = gathering.rows(people.EVENTS_AT, instants=[clamped_utc(each) for each in instants])
    return {
        (to_ms(at), tie_of(message.bytes)): _Statement(message, kind, gathering.source(source))
        for message, kind, at, source in rows
    }


TRAITS: Final = Section(
    "traits",
    "Traits",
    "What was said of you: the newest value of each trait, and the event that stated it.",
    (
        Column("name", "Of the trait."),
        Column("value", "The newest value.", "profiles.doc"),
        Column("stated_at", "When it was stated, by the time of the event.", "profiles.doc"),
        Column("source", "Where the event came from.", "events.source_id"),
        Column("event_type", "What kind of event stated it.", "events.type"),
        Column("event", "Which one; see `events`.", "events.message_key"),
    ),
    _traits,
)


def _computed(gathering: Gathering) -> Iterator[Row]:
    person, program = gathering.person, gathering.program
    compiler, subject = Compiler(program.definitions), Subject(person, gathering.now_ms)
    built = backfilled_to(person, program)
    for found in computed(compiler, program.definitions.traits, subject, built):
        yield found.trait.name, found.value, found.trait.version, found.building
    scores = compiler.rfm_scores(subject, built)
    rfm = program.definitions.rfm
    if scores is not None and rfm is not None:
        for name, score in zip(("recency", "frequency", "monetary"), scores, strict=True):
            yield f"RFM {name}, 1 to 5", score, rfm.version, False
        yield "RFM segment", segment_of(*scores), rfm.version, False


COMPUTED: Final = Section(
    "computed_traits",
    "Computed traits",
    "What was computed of your events, as of the instant of this archive, by the rules of that"
    " instant.",
    (
        Column("name", "Of the trait."),
        Column("value", "Its value; nothing where it has none."),
        Column("version", "Of the rule that computed it."),
        Column("incomplete", "Whether your earlier events are not counted in yet."),
    ),
    _computed,
)
