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
SHOWN: Final = 50
"""Problems that a verification tells one by one."""
_SEQ_DIGITS: Final = 18


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


class Verdict(NamedTuple):
    """What a verification found.

    Attributes:
        entries: links that were read.
        problems: how much does not fit.
        shown: the first of them.
        newest: the last link; None where there is none.
    """

    entries: int
    problems: int
    shown: tuple[Problem, ...]
    newest: Anchor | None


def verify(
    rows: Iterable[Linked], workspace: int, anchor: Anchor | None = None, shown: int = SHOWN
) -> Verdict:
    """Go through a workspace's chain once, in bounded memory.

    Args:
        rows: as `problems` takes them.
        workspace: whose.
        anchor: checked too.
        shown: problems that are told one by one, at most.
    """
    entries, newest = 0, None

    def counted() -> Iterator[Linked]:
        nonlocal entries, newest
        for row in rows:
            if row.link is not None:
                entries, newest = entries + 1, row.link
            yield row

    first, count = list[Problem](), 0
    for problem in problems(counted(), workspace, anchor):
        count += 1
        if count <= shown:
            first.append(problem)
    return Verdict(entries, count, tuple(first), newest)


def parse_anchor(text: str) -> Anchor:
    """Read a link as it is written down, number and hash.

    >>> parse_anchor("12:9f86d081").seq
    12

    Raises:
        ValueError: it is none.
    """
    seq, _, told = text.partition(":")
    if not (seq.isascii() and seq.isdigit() and len(seq) <= _SEQ_DIGITS and told):
        raise ValueError("an anchor is a link's number and hash")
    return Anchor(int(seq), bytes.fromhex(told))


def exported(row: Linked, workspace: str) -> dict[str, object]:
    """An entry with its link as a line of an export: whoever has them all can recompute the chain.

    Args:
        row: either may be missing.
        workspace: its name.
    """
    said: dict[str, object] = {"workspace": workspace, "seq": None, "hash": None}
    if row.link is not None:
        said |= {"seq": row.link.seq, "hash": row.link.hash.hex()}
    if row.entry is not None:
        said |= row.entry._asdict() | {
            "workspace": workspace,
            "workspace_id": row.entry.workspace,
        }
    return said
