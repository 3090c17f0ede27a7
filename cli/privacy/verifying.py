"""Checks a receipt against one snapshot of the database."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec
import typer
from psycopg import Connection

from cli.output import progress
from config.load import load_settings
from domain.privacy.receipt import ErasureReceipt
from operators.audit import Linked
from operators.privacy.receipt import Finding, check
from store.audit.chain import Chain, chains, is_named, linked
from store.privacy.evidence import receipt_of
from store.profiles.verify import snapshot


def verified(content: bytes) -> list[Finding]:
    """Check the receipt of a workspace that this database has.

    Args:
        content: of the file.

    Raises:
        typer.BadParameter: it is no receipt.
        psycopg.OperationalError: Postgres does not answer.
    """
    try:
        receipt = msgspec.json.decode(content, type=ErasureReceipt)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise typer.BadParameter(
            f"it is no receipt of an erasure: {error}", param_hint="RECEIPT"
        ) from None
    with snapshot(load_settings().postgres.dsn.get_secret_value()) as conn:
        named = [one for one in chains(conn) if is_named(one.name, receipt.workspace)]
        if not named:
            return [Finding(False, "the database has no such workspace")]
        # The name of a workspace that was deleted may be another's now.
        checks = [_checked(conn, receipt, one) for one in named]
        return min(checks, key=lambda found: sum(not each.holds for each in found))


def _checked(conn: Connection[Any], receipt: ErasureReceipt, workspace: Chain) -> list[Finding]:
    stored = receipt_of(conn, workspace.workspace, receipt.request, datetime.now(UTC))
    return check(receipt, _watched(conn, workspace), workspace.workspace, stored)


def _watched(conn: Connection[Any], workspace: Chain) -> Iterator[Linked]:
    with progress(shown=sys.stderr.isatty()) as drawn:
        task = drawn.add_task("reading the audit log", total=workspace.length)
        for row in linked(conn, workspace.workspace):
            drawn.advance(task)
            yield row
