"""What a command is called."""

from typing import Literal

Kind = Literal["unmerge", "allow", "erase", "consent", "restriction"]
"""Kinds of commands, of `domain.event.ORDERS`; the audit log calls their requests so, too."""
