"""The audit log's chain: recomputes every link and names what does not fit.

Each link is SHA-256 over the hash before it and the entry's fields, each field with its length
before it. An entry that was changed no longer fits its link; one that was removed leaves its link
alone; one that was inserted has none. Whoever rewrites the whole chain is found out by an anchor: a
link that was written down elsewhere. State: none. Clock: none.
"""

from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Final, NamedTuple

EDITED: Final = "edited"
REMOVED: Final = "removed"
INSERTED: Final = "inserted"
REWRITTEN: Final = "rewritten"


class Anchor(NamedTuple):
    """A link that somebody wrote down: what the chain must still hold at this place."""

    seq: int
    hash: bytes


class Entry(NamedTuple):
    """An audit row as the chain covers it.

    Attributes:
        at_us: when it was recorded, microseconds since 1970 UTC.
        detail: its particulars, as PostgreSQL writes that JSON.
    """

    id: int
    workspace: int
    at_us: int
    actor: str
    action: str
    subject: str
    detail: str


class Linked(NamedTuple):
    """A link with its entry; one of the two may be missing."""

    link: Anchor | None
    entry: Entry | None


class Problem(NamedTuple):
    """What does not fit.

    Attributes:
        kind: edited, removed, inserted or rewritten.
        seq: place in the chain; None for an entry that has none.
        entry: id of the audit row; None where it is gone.
    """

    kind: str
    seq: int | None
    entry: int | None

    def __str__(self) -> str:
        """One sentence for a privacy officer."""
        match self.kind:
            case "edited":
                return (
                    f"entry {self.entry} (link {self.seq}) is not what was recorded, or the link"
                    " before it was changed"
                )
            case "removed":
                return f"the entry or the link {self.seq} was removed"
            case "inserted":
                return f"entry {self.entry} was inserted past the log: no link covers it"
        return f"the chain up to link {self.seq} is not the one that the anchor was taken from"


def link_hash(previous: bytes, seq: int, entry: Entry) -> bytes:
    """The hash of a link.

    Args:
        previous: the hash before it; empty for the first link.
        seq: its place, from 1.
        entry: what it covers.
    """
    covered = (
        seq,
        entry.id,
        entry.workspace,
        entry.at_us,
        entry.actor,
        entry.action,
        entry.subject,
        entry.detail,
    )
    digest = sha256(previous)
    for field in covered:
        text = str(field).encode()
        digest.update(b"%d:" % len(text) + text)
    return digest.digest()


def problems(
    rows: Iterable[Linked], workspace: int, anchor: Anchor | None = None
) -> Iterator[Problem]:
    """What does not fit in a workspace's chain.

    Args:
        rows: links in order of their places, each with its entry; then entries that no link covers.
        workspace: whose.
        anchor: checked too.
    """
    previous, place, anchored = b"", 0, anchor is None
    for link, entry in rows:
        if link is None:
            if entry is not None:
                yield Problem(INSERTED, None, entry.id)
            continue
        for gap in range(place + 1, link.seq):
            yield Problem(REMOVED, gap, None)
        if entry is None:
            yield Problem(REMOVED, link.seq, None)
        elif link.hash != link_hash(previous, link.seq, entry) or entry.workspace != workspace:
            yield Problem(EDITED, link.seq, entry.id)
        if anchor is not None and link.seq == anchor.seq:
            anchored = link.hash == anchor.hash
        previous, place = link.hash, link.seq
    if not anchored and anchor is not None:
        yield Problem(REWRITTEN, anchor.seq, None)
