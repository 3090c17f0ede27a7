"""What workspaces mean by a person and a segment, as a batch is decided with it."""

import msgspec

from domain.ids import WorkspaceId
from domain.policies import IdentityRules, ProfileRules
from domain.segments.definition import WorkspaceDefinitions
from operators.segments.program import Program


class Definitions(msgspec.Struct, frozen=True):
    """What a workspace means by a person and a segment.

    Attributes:
        identity: identifier rules.
        profile: folding rules.
        programs: workspace → its compiled definitions.
        revision: of all of them together.
    """

    identity: IdentityRules
    profile: ProfileRules
    programs: dict[WorkspaceId, Program]
    revision: int = 0

    def program(self, workspace: WorkspaceId) -> Program:
        """The compiled definitions of a workspace; empty where it has none."""
        return self.programs.get(workspace) or Program(
            WorkspaceDefinitions(workspace, self.revision), ()
        )
