"""What a command is called."""

from typing import Literal

Kind = Literal["unmerge", "allow", "erase"]
"""Kinds of commands, of `domain.event.COMMANDS`; the audit log calls their requests so, too."""
