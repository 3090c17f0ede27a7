"""What is saved of a definition, and who saves it."""

from dataclasses import dataclass, field
from typing import Literal

from domain.segments.part import Part
from domain.values import Json
from operators.rules.references import DefinitionParams

Kind = Literal["segment", "trait"]


@dataclass(frozen=True)
class Author:
    """Who changes definitions, where, and within which bounds.

    Attributes:
        workspace: tenant.
        actor: as the audit log calls them.
        kinds: identifier kinds that the configuration knows.
        params: bounds.
        reason: why, for the audit log; empty where nobody said.
    """

    workspace: int
    actor: str
    kinds: frozenset[str] = frozenset()
    params: DefinitionParams = field(default_factory=DefinitionParams)
    reason: str = ""


@dataclass(frozen=True)
class Draft:
    """What an author saves.

    Attributes:
        definition: the rule, checked by the caller.
        purpose: of a segment; empty for a trait.
        name: None: as it is.
        description: None: as it is.
    """

    definition: Part | Json
    purpose: str = ""
    name: str | None = None
    description: str | None = None
