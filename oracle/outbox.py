"""Whether the emitted changes of every person and segment add up to the memberships."""

from collections.abc import Iterable, Iterator

from domain.ids import ProfileId, SegmentId
from domain.stored import StoredMembership
from oracle.compare import Difference


def outbox_differences(
    balances: Iterable[tuple[SegmentId, ProfileId, int]], memberships: Iterable[StoredMembership]
) -> Iterator[Difference]:
    """Compare the sums of changes with the memberships.

    Args:
        balances: segment, person and the sum of their changes, where it is not 0.
        memberships: every row.
    """
    missing = {(row.segment, row.profile) for row in memberships}
    for segment, profile, total in balances:
        member = (segment, profile) in missing
        missing.discard((segment, profile))
        if total != member:
            where = f"person {profile.hex()} segment {segment}"
            yield Difference("outbox", where, "sum of changes", str(int(member)), str(total))
    for segment, profile in sorted(missing):
        yield Difference(
            "outbox", f"person {profile.hex()} segment {segment}", "sum of changes", "1", "0"
        )
