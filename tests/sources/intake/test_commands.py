"""Whose command a record is, where it cannot be carried out."""

import pytest

from domain.intake.envelope import decode
from sources.intake.commands import UNREADABLE, addressed


@pytest.mark.parametrize(
    ("workspace", "known"), [("1", 1), ("true", None), ("1.0", None), ('"1"', None), ("2", 2)]
)
def test_a_command_belongs_to_a_workspace_that_is_named_by_its_number(
    workspace: str, known: int | None
) -> None:
    text = f'{{"stratum":1,"received":1,"command":{{"kind":"x","workspace":{workspace},"id":"a"}}}}'
    assert addressed(decode(text.encode())) == (known, UNREADABLE)
