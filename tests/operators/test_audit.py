import random
from typing import Any

import pytest

from operators.audit import Anchor, Entry, Linked, link_hash, problems

ENTRIES = [
    Entry(
        number,
        1,
        1_790_000_000_000_000 + number,
        "key:1",
        "request",
        f"audience:{number}",
        '{"n": 1}',
    )
    for number in range(1, 9)
]


def chained(entries: list[Entry]) -> list[Linked]:
    rows: list[Linked] = []
    previous = b""
    for seq, entry in enumerate(entries, 1):
        previous = link_hash(previous, seq, entry)
        rows.append(Linked(Anchor(seq, previous), entry))
    return rows


def found(
    rows: list[Linked], anchor: Anchor | None = None
) -> list[tuple[str, int | None, int | None]]:
    return [(kind, seq, entry) for kind, seq, entry in problems(rows, 1, anchor)]


def test_a_chain_that_nobody_touched_has_no_problems() -> None:
    rows = chained(ENTRIES)
    assert found(rows) == []
    assert found(rows, rows[4].link) == []
    assert found([]) == []


@pytest.mark.parametrize("field", [name for name in Entry._fields if name != "workspace"])
def test_every_field_is_covered(field: str) -> None:
    rows = chained(ENTRIES)
    entry = rows[3].entry
    assert entry is not None
    old = getattr(entry, field)
    changed: Any = {field: old + 1 if isinstance(old, int) else old + " "}
    rows[3] = rows[3]._replace(entry=entry._replace(**changed))
    assert [problem[:2] for problem in found(rows)] == [("edited", 4)]


def test_text_cannot_wander_from_one_field_to_the_next() -> None:
    rows = chained(ENTRIES)
    entry = rows[3].entry
    assert entry is not None
    rows[3] = rows[3]._replace(
        entry=entry._replace(actor=entry.actor + entry.action[0], action=entry.action[1:])
    )
    assert [problem[:2] for problem in found(rows)] == [("edited", 4)]


def test_an_entry_of_another_workspace_is_found() -> None:
    rows = chained([entry._replace(workspace=2) if entry.id == 4 else entry for entry in ENTRIES])
    assert found(rows) == [("edited", 4, 4)]


def test_what_was_removed_is_named() -> None:
    rows = chained(ENTRIES)
    assert found([*rows[:3], rows[3]._replace(entry=None), *rows[4:]]) == [("removed", 4, None)]
    assert found([*rows[:3], *rows[5:]]) == [
        ("removed", 4, None),
        ("removed", 5, None),
        ("edited", 6, 6),
    ]


def test_what_was_inserted_is_named() -> None:
    assert found([*chained(ENTRIES), Linked(None, ENTRIES[0]._replace(id=99))]) == [
        ("inserted", None, 99)
    ]


def test_two_entries_that_changed_places_are_found() -> None:
    rows = chained(ENTRIES)
    rows[2], rows[5] = rows[2]._replace(entry=rows[5].entry), rows[5]._replace(entry=rows[2].entry)
    assert [problem[:2] for problem in found(rows)] == [("edited", 3), ("edited", 6)]


def test_a_chain_that_was_rewritten_or_cut_off_does_not_hold_the_anchor() -> None:
    anchor = chained(ENTRIES)[5].link
    assert anchor is not None
    rewritten = chained([entry for entry in ENTRIES if entry.id != 2])
    assert found(rewritten) == [], "by itself it is sound"
    assert found(rewritten, anchor) == [("rewritten", 6, None)]
    assert found(chained(ENTRIES)[:5], anchor) == [("rewritten", 6, None)]


def test_no_random_change_goes_unseen() -> None:
    for seed in range(500):
        rng = random.Random(seed)
        rows = chained(ENTRIES)
        place = rng.randrange(len(rows))
        link, entry = rows[place]
        assert link is not None
        assert entry is not None
        match rng.randrange(4):
            case 0:
                rows[place] = Linked(link, entry._replace(detail=entry.detail.replace("1", "2")))
            case 1:
                rows[place] = Linked(
                    link._replace(hash=bytes([link.hash[0] ^ 1]) + link.hash[1:]), entry
                )
            case 2:
                rows[place] = Linked(link, None)
            case 3:
                rows.insert(place, Linked(None, entry._replace(id=1_000)))
        assert found(rows), f"seed {seed}"
