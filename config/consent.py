"""Purposes of consent that an installation asks people about."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Final

from pydantic import AfterValidator, Field

from domain.profiles.consent import EVERY_PURPOSE, is_plain_purpose, purpose_of

_FORBIDS: Final = re.compile(r"(do[ _-]?not|dont|no|opt[ _-]?out)[ _-]")


def _normal(name: str) -> str:
    if purpose_of(name) != name or name in {"", EVERY_PURPOSE} or not is_plain_purpose(name):
        raise ValueError("a purpose is named in lower case, without surrounding blanks, and not *")
    if _FORBIDS.match(name):
        # Granted, it would permit what it forbids.
        raise ValueError("name what is allowed, for example sell_or_share: a refusal forbids it")
    return name


PurposeName = Annotated[str, AfterValidator(_normal), Field(max_length=1000)]


@dataclass(frozen=True)
class Purpose:
    """One purpose.

    Attributes:
        title: what it is called.
        words: what people are told that they allow; empty where they are not asked here.
    """

    title: Annotated[str, Field(min_length=1, max_length=200)]
    words: Annotated[str, Field(max_length=2_000)] = ""


@dataclass(frozen=True)
class ConsentParams:
    """What people are asked for.

    Attributes:
        purposes: by name, in the form in which events state them. Nothing is granted or refused by
            being listed.
    """

    purposes: Mapping[PurposeName, Purpose] = field(default_factory=dict)
