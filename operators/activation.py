"""What to send so that a platform's list becomes what it should be.

State: none (the confirmed rows are the store's).

Oracle: replay the removes and then the adds on the platform's list, where a remove takes away
*every* row that shares one of its identifiers, as platforms match people and not rows; the result
is the desired set.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Final, Literal, NamedTuple, TypeAlias

from domain.activation.states import RowState
from domain.ids import ProfileId

Row = tuple[str, ...]
"""One person as the platform takes them: hashes and ids, in columns or as a list.

The empty string is an absent identifier.
"""

NO_IDENTIFIER: Final = "no_identifier"
NO_CONSENT: Final = "no_consent"
ListingReason: TypeAlias = Literal[
    "member",
    "not_a_member",
    "held_out",
    "too_long",
    "no_consent",
    "no_identifier",
    "next_push",
    "audience_inactive",
    "refused_by_platform",
]
"""Why somebody is on a list, or should be, or is not."""


class ListingInputs(NamedTuple):
    """What decides whether one person belongs on one audience's list.

    Attributes:
        member: in its segment.
        held_out: belongs to the part that is never sent.
        too_long: a member for longer than the audience keeps anybody.
        active: the audience is, and its platform is configured.
        consents: to the platform's purpose.
        matchable: has something that the platform matches by.
        state: of the person's row on the list; None where there is none.
    """

    member: bool
    held_out: bool
    too_long: bool
    active: bool
    consents: bool
    matchable: bool
    state: str | None


def reason_of(inputs: ListingInputs) -> ListingReason:
    """Why somebody is on a list, or should be, or is not: what decides, the weightiest first.

    >>> reason_of(ListingInputs(True, False, False, True, True, True, None))
    'next_push'
    """
    if not inputs.member:
        return "not_a_member"
    if inputs.held_out:
        return "held_out"
    if not inputs.active:
        return "audience_inactive"
    if inputs.too_long:
        return "too_long"
    if not inputs.consents:
        return "no_consent"
    if not inputs.matchable:
        return "no_identifier"
    if inputs.state == RowState.REFUSED:
        return "refused_by_platform"
    return "next_push" if inputs.state is None else "member"


class Confirmed(NamedTuple):
    """What the platform holds for one person as far as we know.

    Attributes:
        row: the last row sent.
        certain: False where a write was planned and never confirmed: the row may be there or not.
        old: earlier rows whose removal was not done: they may be there as well.
    """

    row: Row
    certain: bool = True
    old: tuple[Row, ...] = ()


class NetChange(NamedTuple):
    """What to send: all removes in this order, then all adds.

    Attributes:
        removes: (person, row) pairs; withdrawn people first.
        adds: (person, row) pairs.
        skipped: reason → people who are members but cannot be sent.
    """

    removes: list[tuple[ProfileId, Row]]
    adds: list[tuple[ProfileId, Row]]
    skipped: dict[str, int]


def net_change(
    desired: Mapping[ProfileId, Row | None],
    confirmed: Mapping[ProfileId, Confirmed],
    withdrawn: AbstractSet[ProfileId] = frozenset(),
) -> NetChange:
    """Compare what should be with what is.

    A confirmed row that equals the desired one is not sent; one that nobody confirmed is sent
    again, which is harmless. A changed row is removed and added. Removing a row also takes away
    whoever shares an identifier with it, so a row that stays and shares one is added again after
    the removes.

    Args:
        desired: members → their row, or None where nothing is left to match on.
        confirmed: everybody concerned whom the platform may hold.
        withdrawn: people without consent; never added, and removed first.

    Returns:
        The removes and adds in the order of person ids, and the reasons for members who are left
        out.
    """
    wanted = {
        person: row
        for person, row in desired.items()
        if row is not None and person not in withdrawn
    }
    skipped = Counter(
        NO_CONSENT if person in withdrawn else NO_IDENTIFIER
        for person in desired
        if person not in wanted
    )
    leaving = [
        (person, held.row) for person, held in confirmed.items() if wanted.get(person) != held.row
    ]
    leaving += [(person, row) for person, held in confirmed.items() for row in held.old]
    removes = sorted(leaving, key=lambda pair: (pair[0] not in withdrawn, pair))
    touched = identifiers(row for _, row in removes)
    adds = [
        (person, row)
        for person, row in sorted(wanted.items())
        if confirmed.get(person) != Confirmed(row, certain=True)
        or not touched.isdisjoint(identifiers([row]))
    ]
    return NetChange(removes, adds, dict(skipped))


def identifiers(rows: Iterable[Row]) -> set[str]:
    """List everything that a platform matches by, the own id included.

    Values alone, without their places: a platform whose rows are lists has no columns, and one that
    puts a value into several columns matches by it in each.
    """
    return {value for row in rows for value in row if value}
