"""Types of values that clients send."""

from typing import Any, TypeAlias

Json: TypeAlias = Any
"""A JSON value: None, a bool, a number, a text, a list or a mapping.

Its shape is checked where it is read.
"""
