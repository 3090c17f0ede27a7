"""Why somebody does something: the body of acts that need no other."""

from typing import Annotated

from fastapi import Depends
from pydantic import ConfigDict

from api.web.texts import OptionalReason
from api.web.values import Request


class ReasonRequest(Request):
    """Why something is done."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"reason": "Agreed on with marketing."}]}
    )

    reason: OptionalReason = None


async def _reason(body: ReasonRequest | None = None) -> str:
    return (body.reason if body else None) or ""


ReasonDep = Annotated[str, Depends(_reason)]
"""Parameter of a route whose body is a reason, or nothing; empty where none is given."""
