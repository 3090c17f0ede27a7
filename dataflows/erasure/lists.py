"""Watches platforms confirm that they have forgotten somebody, then forgets what was sent."""

from typing import Any

import psycopg

from dataflows.erasure.stopping import Check
from domain.privacy.erasure import Step
from store.erasure import progress, recipients, sent
from store.erasure.params import ErasureParams


def confirm_platforms(conn: psycopg.Connection[Any], params: ErasureParams) -> int:
    """Find the recipients of erasures, and note which have confirmed.

    Args:
        conn: in autocommit mode.
        params: how many erasures at a time.

    Returns:
        How many erasures and recipients moved.
    """
    found = last = recipients.discover(conn, params.page)
    while last >= params.page:
        last = recipients.discover(conn, params.page)
        found += last
    return found + recipients.confirm(conn)


def forget_sent(conn: psycopg.Connection[Any], params: ErasureParams, check: Check) -> int:
    """Take out of requests and changes whom every platform has forgotten, and note the step.

    Args:
        conn: in autocommit mode.
        params: how many at a time.
        check: asked between two pages.

    Returns:
        For how many erasures the step was noted.

    Raises:
        BrokenOffError: the process ends.
    """
    noted = 0
    for waiting in progress.pages(conn, Step.SENT, params.page, after=(Step.PLATFORMS,)):
        check()
        sent.forget_requests(conn, waiting, params.request_page)
        sent.forget_changes(conn, waiting)
        done = progress.counted(conn, sent.forgotten(conn, waiting))
        told = {
            command: {"rows": counts.pairs, "changes": counts.changes}
            for command, counts in done.items()
        }
        noted += progress.note(conn, Step.SENT, told)
    return noted
