"""How stored links differ from the facts in events and from the bans of operators."""

from collections.abc import Iterable, Iterator

from domain.link import Link
from oracle.compare import Difference
from oracle.identity import Facts, Pair, Verdict


def link_differences(
    facts: Facts, verdicts: dict[Pair, Verdict], stored: Iterable[Link]
) -> Iterator[Difference]:
    """Compare every link.

    A banned pair keeps the fact that stood when it was banned, which depends on arrival; only its
    status is compared.

    Args:
        facts: what the events state.
        verdicts: the status of each fact that is not banned.
        stored: the rows, each pair once.
    """
    missing = set(verdicts) | facts.banned
    for link in stored:
        where = f"link {link.a.hex()} – {link.b.hex()}"
        if link.pair in facts.banned:
            missing.discard(link.pair)
            if link.status != "banned":
                yield Difference("link", where, "status", "banned", link.status)
            continue
        if link.pair not in missing:
            yield Difference("link", where, "row", "no event and no command states it", link.status)
            continue
        missing.discard(link.pair)
        verdict, place = verdicts[link.pair], facts.places[link.pair]
        for what, recomputed, kept in (
            ("status", verdict.status, link.status),
            ("reason", verdict.reason, link.reason),
            ("first_ms, tie, rank", (place.at_ms, place.tie, place.rank), (*link.key, link.rank)),
            ("cause", place.message.hex(), link.cause.hex()),
        ):
            if recomputed != kept:
                yield Difference("link", where, what, str(recomputed), str(kept))
    for a, b in sorted(missing):
        status = "banned" if (a, b) in facts.banned else verdicts[a, b].status
        yield Difference("link", f"link {a.hex()} – {b.hex()}", "row", status, "absent")
