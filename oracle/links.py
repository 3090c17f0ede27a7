"""How stored links differ from the facts in events and from the bans of operators."""

from collections.abc import Iterable, Iterator

from domain.link import BANNED, LIFTED, Link
from oracle.compare import Difference
from oracle.identity import Facts, Pair, Verdict


def link_differences(
    facts: Facts, verdicts: dict[Pair, Verdict], stored: Iterable[Link]
) -> Iterator[Difference]:
    """Compare every link.

    A pair that was banned before commands had an instant keeps the fact that stood then, which
    depends on arrival; only its status is compared.

    Args:
        facts: what the events state.
        verdicts: the status of each fact that is not banned.
        stored: the rows, each pair once.
    """
    banned = facts.banned
    missing = set(verdicts) | facts.rulings.keys()
    for link in stored:
        where = f"link {link.a.hex()} – {link.b.hex()}"
        if link.pair not in missing:
            yield Difference("link", where, "row", "no event and no command states it", link.status)
            continue
        missing.discard(link.pair)
        expected = _expected(facts, verdicts, link.pair, is_banned=link.pair in banned)
        is_old = expected["status"] == link.status == BANNED and not link.ruled_ms
        kept = {
            "status": link.status,
            "reason": link.reason,
            "ruled_ms": str(link.ruled_ms),
            "first_ms, tie, rank": str((*link.key, link.rank)),
            "cause": link.cause.hex(),
        }
        for what, recomputed in expected.items():
            if recomputed != kept[what] and not is_old:
                yield Difference("link", where, what, recomputed, kept[what])
    for pair in sorted(missing):
        status = _expected(facts, verdicts, pair, is_banned=pair in banned)["status"]
        where = f"link {pair[0].hex()} – {pair[1].hex()}"
        yield Difference("link", where, "row", status, "absent")


def _expected(
    facts: Facts, verdicts: dict[Pair, Verdict], pair: Pair, *, is_banned: bool
) -> dict[str, str]:
    """What a row must say, by what it is called in differences.

    Which command a pair that no event states is named after is not looked at.
    """
    ruling, place = facts.rulings.get(pair), facts.places.get(pair)
    if ruling is not None and is_banned:
        # No column holds the character with number 0.
        verdict = Verdict(BANNED, ruling.reason.replace("\0", ""))
    else:
        verdict = verdicts.get(pair, Verdict(LIFTED))
    expected = {
        "status": verdict.status,
        "reason": verdict.reason,
        "ruled_ms": str(ruling.at_ms if ruling is not None else 0),
    }
    if place is not None:
        expected["first_ms, tie, rank"] = str((place.at_ms, place.tie, place.rank))
        expected["cause"] = place.message.hex()
    return expected
