"""Groups of people and identifiers that turn out to be one person, as a batch is read."""

from collections.abc import Iterable

from domain.changes import Merge
from domain.event import Identifier
from domain.ids import IdentifierKey, MessageKey, ProfileId, WorkspaceId
from domain.profiles.profile import NEVER, Person


class Group:
    """People and new identifiers that belong together, as far as the batch has been read.

    Attributes:
        people: stored people in it.
        fresh: identifiers that are not stored yet.
        kinds: identifiers per kind.
        refused: refused facts that touch it.
        last_link: greatest key of any fact that touches it.
        merges: history so far.
        replay: the component must be partitioned afresh.
        cause: why it is replayed, or what somebody was taken out by: (event or command, its event
            time, kind of history entry).
        exact: identifiers, once partitioned; None where the people are whole.
        id: the person's id, once settled.
    """

    __slots__ = (
        "cause", "exact", "fresh", "id", "into", "kinds", "last_link", "merges", "people",
        "refused", "replay", "touched", "workspace",
    )  # fmt: skip

    def __init__(
        self,
        workspace: WorkspaceId,
        person: Person | None = None,
        identifier: Identifier | None = None,
    ) -> None:
        self.workspace = workspace
        self.merges: list[Merge] = []
        self.replay = False
        self.cause: tuple[MessageKey, int, str] | None = None
        self.exact: list[IdentifierKey] | None = None
        self.into: Group | None = None
        self.people: list[Person] = []
        self.fresh: list[Identifier] = []
        self.touched = person is None
        if person is not None:
            self.people.append(person)
            self.kinds = person.kinds
            self.refused = person.refused
            self.last_link = person.last_link
            self.id = person.id
            return
        self.kinds = {}
        self.refused = 0
        self.last_link = NEVER
        self.id = ProfileId(b"")
        if identifier is not None:
            self.fresh.append(identifier)
            self.kinds[identifier.kind] = 1
            self.id = ProfileId(identifier.key)


def survivor_of(people: Iterable[Person]) -> Person:
    """Who absorbs the others: most identifiers, then seen first, then smallest id."""
    return min(
        people, key=lambda person: (-sum(person.kinds.values()), person.view.first_ms, person.id)
    )


def absorb(one: Group, other: Group) -> Group:
    """Put two groups together, in place; answers the one that is left."""
    if one is other:
        return one
    if len(one.people) + len(one.fresh) < len(other.people) + len(other.fresh):
        if not one.people and not other.people:
            other.id = one.id
        one, other = other, one
    other.into = one
    one.people += other.people
    one.fresh += other.fresh
    one.merges += other.merges
    one.kinds = dict(one.kinds)  # a person's own counts stay as they are stored
    for kind, count in other.kinds.items():
        one.kinds[kind] = one.kinds.get(kind, 0) + count
    one.refused += other.refused
    one.last_link = max(one.last_link, other.last_link)
    one.replay |= other.replay
    one.touched |= other.touched
    one.cause = one.cause or other.cause
    if one.people:
        one.id = survivor_of(one.people).id
    return one


def root_of(group: Group) -> Group:
    """The group that a group was put into, at last."""
    while group.into is not None:
        if group.into.into is not None:
            group.into = group.into.into
        group = group.into
    return group
