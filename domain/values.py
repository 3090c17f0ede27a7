"""Types that several concepts share: JSON values, and tables of transitions between states."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeAlias

Json: TypeAlias = Any
"""A JSON value: None, a bool, a number, a text, a list or a mapping of them.

Its shape is checked where it is read.
"""

Transitions = Mapping[tuple[StrEnum | None, StrEnum | None], str]
"""(state before, state after) → cause; None: there is nothing that has a state."""
