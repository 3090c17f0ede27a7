"""Why a definition cannot be changed."""

from operators.rules.references import RuleProblem


class DefinitionError(Exception):
    """A definition cannot be changed so.

    The message is for the person who asked and holds no personal data.
    """


class MissingDefinitionError(DefinitionError):
    """The workspace has no such definition, or it is deleted.

    Args:
        noun: what was looked for.
    """

    def __init__(self, noun: str) -> None:
        super().__init__(f"There is no such {noun}.")
        self.noun = noun


class DefinitionConflictError(DefinitionError):
    """A conflict: in use, an unexpected version, a name that is taken, or too many."""


class InvalidDefinitionError(DefinitionError):
    """A rule that cannot be used.

    Args:
        problems: where and why, at least one.
    """

    def __init__(self, problems: tuple[RuleProblem, ...]) -> None:
        super().__init__("; ".join(f"{problem.path}: {problem.message}" for problem in problems))
        self.problems = problems
