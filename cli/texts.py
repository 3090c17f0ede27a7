"""Reasons and names as arguments of commands: they obey the rules of the API (`domain.texts`)."""

from collections.abc import Callable
from typing import Annotated

import typer

from domain import texts
from domain.texts import TextForm


def written(form: TextForm, *, optional: bool = False) -> Callable[[str], str]:
    """Make the callback of a text's argument or option.

    It takes the blanks around the text away, and raises `typer.BadParameter`, which says what to
    do.

    Args:
        form: what the text has to be like.
        optional: whether it may be empty all the same.
    """

    def check(text: str) -> str:
        text = text.strip()
        problem = None if optional and not text else form.problem(text)
        if problem is not None:
            raise typer.BadParameter(problem)
        return text

    return check


_WHY = "Why; it is kept in the audit log. No personal data."
Reason = Annotated[str, typer.Option("--reason", "-r", help=_WHY, callback=written(texts.REASON))]
OptionalReason = Annotated[
    str, typer.Option("--reason", "-r", help=_WHY, callback=written(texts.REASON, optional=True))
]
