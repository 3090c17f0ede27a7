"""A whole life, told: the archive has every marker of the person, and none of a neighbour's.

Where a table of the store has a marker, the section that the data map names for it has rows.
"""

from datetime import UTC, datetime
from typing import Any, Final

import httpx
import pytest

from domain.privacy.data_map import PLACES, Personal, Store
from tests.integration.privacy.shop import (
    BROWSER,
    MARKERS,
    PLATFORMS,
    USER,
    Shop,
    audiences,
    in_tables,
    life,
    listed,
    needles,
    parted_and_joined,
    wait,
)
from tests.support.archives import Archive

NEIGHBOUR: Final = "qzneighbour"
"""Part of everything that is somebody else's."""
_UNTOLD: Final = {"erased_identifiers", "erased_messages", "erasures", "erasure_recipients"}


def neighbour() -> list[dict[str, Any]]:
    """Somebody else, on the person's browser; one record of theirs names both."""
    at = datetime.now(UTC).isoformat()
    theirs: dict[str, Any] = {"userId": f"{NEIGHBOUR}-user", "timestamp": at}
    said = {"note": NEIGHBOUR}
    consent = {"consent": {"categoryPreferences": {"advertising": True}}}
    return [
        {
            **theirs, "type": "identify", "anonymousId": BROWSER, "messageId": f"{NEIGHBOUR}-1",
            "traits": {"email": f"{NEIGHBOUR}@mail.example", "phone": "+16505550199", **said},
            "context": consent,
        },
        {
            **theirs, "type": "track", "event": "Order Completed", "messageId": f"{NEIGHBOUR}-2",
            "properties": {"revenue": 7.0, "currency": "EUR", **said},
        },
        # Unreadable, and it names both: its content is withheld.
        {
            **theirs, "type": "track", "messageId": f"{NEIGHBOUR}-3",
            "properties": {"friend": USER, **said},
        },
    ]  # fmt: skip


@pytest.mark.long
def test_everything_of_a_whole_life_is_told_and_nothing_of_a_neighbour(shop: Shop) -> None:
    audiences(shop)
    shop.send(*life())
    wait(shop.processed, "the life is processed")
    shop.send(*neighbour())
    wait(shop.processed, "the neighbour is processed")
    person = shop.call("GET", f"/cdp/profiles/lookup?kind=user_id&value={USER}")["id"]
    wait(lambda: len(listed(shop)) == len(PLATFORMS), "every platform lists them")
    parted_and_joined(shop, person)
    export = shop.call(
        "POST", "/cdp/audiences/export?wait=false",
        json={
            "rule": {"type": "identifier", "kind": "user_id"}, "format": "json",
            "purpose": "analytics", "traits": ["plan"],
        },
    )  # fmt: skip
    path = f"/cdp/exports/{export['id']}"
    wait(lambda: shop.call("GET", path)["status"] == "done", "the export is written")

    number = shop.gathered(person)
    link = shop.call("POST", f"/cdp/privacy/requests/{number}/link")["path"]
    answer = httpx.get(f"{shop.url}{link}", timeout=60)
    assert answer.status_code == 200
    archive = Archive(answer.content)

    told = archive.everything.lower()
    missing = [mark for mark in (*MARKERS, f"{BROWSER}-old") if mark.lower().encode() not in told]
    assert missing == []
    assert NEIGHBOUR.encode() not in told
    assert b"16505550199" not in told
    _told_by_table(shop, archive)
    assert {row["platform"] for row in archive.rows("pushes")} == set(PLATFORMS)
    assert {row["platform"] for row in archive.rows("audiences")} == set(PLATFORMS)
    hashed = [needle for needle in needles() if len(needle) == 64 and needle in told]
    assert hashed, "what platforms were sent, in the form in which they were"
    letters = archive.rows("dead_letters")
    assert [bool(row["content"]) for row in letters] == [True, False]
    assert {row["kind"] for row in archive.rows("merges")} >= {"merge", "unmerge"}
    assert {row["action"] for row in archive.rows("audit")} >= {"unmerge", "allow", "access"}
    assert [row["export"] for row in archive.rows("exports")] == [export["id"]]
    assert len(archive.rows("consent_history")) == 2
    assert "<script" not in archive.files["index.html"].decode()


def _told_by_table(shop: Shop, archive: Archive) -> None:
    """Every table with a marker, or a key of theirs, is told by the section of the map."""
    sections = {
        place.name: place.access
        for place in PLACES
        if place.store is Store.POSTGRES and place.personal is not Personal.NONE and place.access
    }
    with_markers = {line.split(":")[0] for line in in_tables(shop)} - _UNTOLD
    assert with_markers >= {"events", "identifiers", "profiles", "dead_letters", "push_requests"}
    assert with_markers <= sections.keys()
    assert [table for table in with_markers if not archive.rows(sections[table])] == []
