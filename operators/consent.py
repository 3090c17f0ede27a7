"""What a person consented to: the newest statement per purpose. State: none."""

from collections.abc import Iterable, Mapping

from domain.leaf import Leaf, Register


def consents(view: Leaf, purpose: str) -> bool:
    """Whether the newest statement grants the purpose; no statement is a refusal."""
    return grants(view.consent, purpose)


def grants(statements: Mapping[str, Register], purpose: str) -> bool:
    """Like `consents`, of the statements alone."""
    statement = statements.get(purpose)
    return statement is not None and statement.value is True


def granted(view: Leaf, purposes: Iterable[str]) -> list[str]:
    """Those of some purposes that are granted, in order of their names."""
    return sorted(purpose for purpose in purposes if consents(view, purpose))
