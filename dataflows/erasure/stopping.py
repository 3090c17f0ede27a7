"""How a step that takes long notices that its process ends.

It is broken off between two transactions; whoever looks next begins it anew.
"""

from collections.abc import Callable


class BrokenOffError(Exception):
    """The process ends."""


Check = Callable[[], None]
"""Raises `BrokenOffError` once the process ends."""


def check(stopping: Callable[[], bool]) -> None:
    """Raise where the process ends.

    Args:
        stopping: whether it does.

    Raises:
        BrokenOffError: it does.
    """
    if stopping():
        raise BrokenOffError
