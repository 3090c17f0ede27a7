"""Deletes dead letters that name somebody who was erased, those that come later as well.

A record that could not be read may name people anywhere. It is compared with everything that its
workspace erased: every text and number of it, as an identifier of every kind; and its message id.
A letter from after the erasure stays where its time can be read and later activity is allowed.
"""

from collections.abc import Sequence
from typing import Any

import psycopg

from dataflows.erasure.stopping import Check
from dataflows.letters import keys_in, message_in, time_of
from domain.ids import IdentifierKey
from domain.policies import IdentityRules
from domain.privacy.erasure import Step
from store.erasure import letters, progress, suppressed
from store.erasure.letters import Letter, Limits, Newest, Watched
from store.erasure.params import ErasureParams
from store.erasure.progress import OpenErasure


class Letters:
    """Looks through dead letters.

    Args:
        conn: in autocommit mode.
        params: how many at a time.
        identity: identifier rules.
        check: asked between two pages.
    """

    def __init__(
        self,
        conn: psycopg.Connection[Any],
        params: ErasureParams,
        identity: IdentityRules,
        check: Check,
    ) -> None:
        self._conn = conn
        self._page = params.page
        self._limits = Limits(params.letter_page, params.letter_bytes)
        self._identity = identity
        self._check = check
        self._seen: dict[int, int] = {}
        self._unsettled: dict[int, Newest] = {}

    def finish(self) -> int:
        """Compare all letters with what open erasures erased, and note the step.

        One look through a workspace's letters serves all of its erasures.

        Returns:
            For how many erasures the step was noted.

        Raises:
            BrokenOffError: the process ends.
        """
        pages = list(progress.pages(self._conn, Step.DEAD_LETTERS, self._page))
        waiting = [each for page in pages for each in page]
        if not waiting:
            return 0
        workspaces = {each.workspace for each in waiting}
        for watched in letters.watched(self._conn):
            if watched.workspace in workspaces:
                self._look(watched, 0, letters.newest(self._conn, watched.workspace).id)
        return sum(self._note(page) for page in pages)

    def _note(self, erasures: Sequence[OpenErasure]) -> int:
        counted = progress.counted(self._conn, [each.command for each in erasures])
        told = {command: {"letters": counts.letters} for command, counts in counted.items()}
        return progress.note(self._conn, Step.DEAD_LETTERS, told)

    def keep_looking(self) -> int:
        """Compare letters that came since the last look with everything that was erased.

        Returns:
            How many were deleted.

        Raises:
            BrokenOffError: the process ends.
        """
        deleted = 0
        for watched in letters.watched(self._conn):
            newest = letters.newest(self._conn, watched.workspace)
            deleted += self._look(
                watched, self._seen.get(watched.workspace, watched.mark), newest.id
            )
            self._seen[watched.workspace] = max(newest.id, watched.mark)
            settled = self._unsettled.setdefault(watched.workspace, newest)
            if newest.ended >= settled.begun:
                deleted += self._look(watched, watched.mark, settled.id)
                if settled.id > watched.mark:
                    letters.mark(self._conn, watched.workspace, settled.id)
                del self._unsettled[watched.workspace]
        return deleted

    def _look(self, watched: Watched, after: int, upto: int) -> int:
        deleted = 0
        while after < upto:
            self._check()
            found = letters.page(self._conn, watched.workspace, after, upto, self._limits)
            if not found:
                break
            deleted += self._delete(watched, found)
            after = found[-1].id
        return deleted

    def _delete(self, watched: Watched, found: Sequence[Letter]) -> int:
        """Delete those of some letters that name what was erased."""
        keys = {each.id: self._keys(watched, each.payload) for each in found}
        messages = {each.id: message_in(watched.salt, each.payload) for each in found}
        erased = suppressed.identifiers(self._conn, set().union(*keys.values()))
        gone = suppressed.messages(self._conn, {key for key in messages.values() if key})
        named: dict[int, list[IdentifierKey]] = {}
        for each in found:
            known = [key for key in keys[each.id] if key in erased]
            at_ms = time_of(each) if known else 0
            about = [key for key in known if erased[key] >= at_ms]
            if about or messages[each.id] in gone:
                named[each.id] = about
        return letters.delete(self._conn, named) if named else 0

    def _keys(self, watched: Watched, payload: bytes) -> set[IdentifierKey]:
        return keys_in(payload, self._identity, watched.regions or (), watched.salt)
