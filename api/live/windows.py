"""Which rows of a topic were told already, where rows may become visible out of order.

A row gets its number when it is written and becomes visible when its transaction commits, perhaps
after rows with higher numbers. So each look goes back a little, and rows that were told are
remembered as long as they may be met again.
"""

from collections.abc import Collection, Sequence

from store.live import Fact, Mark


class Window:
    """The rows of one topic that were told lately.

    Args:
        known: newest rows that count as told.
        overlap_s: how long a row may take to become visible.
        now_s: monotonic clock.
        whole: there are no others; else all before the first of them count as told, too.
    """

    def __init__(
        self, known: Collection[Mark], overlap_s: float, now_s: float, *, whole: bool
    ) -> None:
        self.begin = (0, 0) if whole else min(known)
        self.end = max(known, default=self.begin)
        self._overlap_s = overlap_s
        self._told = {mark: now_s for mark in known if mark > self.begin}

    def fresh(self, found: Sequence[Fact], now_s: float, *, full: bool) -> list[Fact]:
        """Those that were not told yet; they count as told from now on.

        Args:
            found: rows after `begin`, in order.
            now_s: monotonic clock.
            full: there may be more than were found: the next look begins after them.
        """
        new = [fact for fact in found if fact.mark not in self._told]
        self._told.update((fact.mark, now_s) for fact in new)
        self.end = max([self.end, *(fact.mark for fact in new)])
        if full and found:
            self._forget([mark for mark in self._told if mark <= found[-1].mark])
        else:
            border = now_s - self._overlap_s
            self._forget([mark for mark, at_s in self._told.items() if at_s <= border])
        return new

    def _forget(self, old: list[Mark]) -> None:
        self.begin = max([self.begin, *old])
        for mark in [mark for mark in self._told if mark <= self.begin]:
            del self._told[mark]
