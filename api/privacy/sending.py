"""Sends the command of a request to the event log, the first time and again.

The record is built from the register alone, so that each time it is the same one: the engine
processes it once.
"""

from http import HTTPStatus

from api.web.deps import Caller
from api.web.errors import ApiError, ConflictError
from domain.privacy.erasure import STATED
from sinks.intake.log import EventLog, LogUnavailableError, keyed
from sinks.intake.requests import record_of
from store.fetch import Pool, transaction
from store.privacy import register
from store.privacy.register import PrivacyRequest


class NotSentError(ApiError):
    """The event log has not confirmed the command of a request, which is kept.

    Args:
        request: its number in the register.
        cause: what the log said.
    """

    status, code = HTTPStatus.SERVICE_UNAVAILABLE, "log_unavailable"

    def __init__(self, request: int, cause: LogUnavailableError) -> None:
        super().__init__(
            f"The event log has not confirmed the command. Request {request} is kept as not_sent:"
            f" POST /cdp/privacy/requests/{request}/retry."
        )
        self.retry_after_s = cause.retry_after_s


async def send(pool: Pool, log: EventLog, caller: Caller, request: PrivacyRequest) -> None:
    """Append the command of a request and note it in the register.

    Raises:
        NotSentError: the log did not confirm it.
        ConflictError: nobody has the identifier of a statement any more.
        psycopg.OperationalError: it is in the log, and the register does not say so: sent again,
            it changes nothing.
    """
    of = None
    if request.kind in STATED:
        of = await register.identifier(pool, caller.workspace, request.keys[0])
        if of is None:
            raise ConflictError(f"Nobody has the identifier of request {request.id} any more.")
    try:
        await log.append(keyed([record_of(caller.workspace, caller.salt, request, of)]))
    except LogUnavailableError as error:
        raise NotSentError(request.id, error) from error
    async with transaction(pool) as conn:
        await register.sent(conn, request.id)
