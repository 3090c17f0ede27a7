"""Texts that people write for others to read, as bodies have them (`domain.texts`).

And the body of acts that need nothing but a reason.
"""

from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import Depends
from pydantic import ConfigDict, Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from api.web.values import Request
from domain import texts
from domain.texts import TextForm

_ONE_LINE: Final = rf"^[^\x00-\x1f{texts.OBEYED}]*$"
_LINES: Final = rf"^[^\x00-\x08\x0b\x0c\x0e-\x1f{texts.OBEYED}]*$"


@dataclass(frozen=True)
class Written:
    """Makes a field a text of a form, without the blanks around it.

    Attributes:
        form: what the text has to be like.
        optional: whether it may be empty all the same.
    """

    form: TextForm
    optional: bool = False

    def __get_pydantic_core_schema__(
        self, source: type[Any], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Strip, measure, look at what is left."""
        least = 0 if self.optional else self.form.least
        text = core_schema.str_schema(
            strict=True, strip_whitespace=True, min_length=least, max_length=self.form.most
        )
        return core_schema.no_info_after_validator_function(self._check, text)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Also name what no such text has."""
        return handler(schema) | {"pattern": _LINES if self.form.lines else _ONE_LINE}

    def _check(self, text: str) -> str:
        problem = None if self.optional and not text else self.form.problem(text)
        if problem is not None:
            raise PydanticCustomError("text", "{problem}", {"problem": problem})
        return text


ReasonText = Annotated[str, Written(texts.REASON)]
"""A reason that somebody gives in a body."""
LongReasonText = Annotated[str, Written(texts.LONG_REASON)]
"""A reason of more words."""
OptionalReason = Annotated[
    ReasonText | None, Field(description="Why, for the audit log. No personal data.")
]
"""Why something is done, where it may be left open."""
EmptyOrReason = Annotated[str, Written(texts.REASON, optional=True)]
"""Why something is done, empty where it needs no reason."""
KeyName = Annotated[str, Written(texts.KEY_NAME)]
"""What people call an API key or a source."""
NameText = Annotated[str, Written(texts.NAME)]
"""What people call an audience, a segment or a trait."""
DescriptionText = Annotated[str, Written(texts.DESCRIPTION)]
"""What people say of a segment or a trait, in several lines if they like."""


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
