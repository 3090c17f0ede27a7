"""Keys of 16 bytes in columns: pairs of unsigned integers, as numpy holds them."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from store.connection import Keys

Halves = NDArray[np.uint64]
"""Keys of 16 bytes as pairs of unsigned integers, shape (n, 2)."""
Places = NDArray[np.intp]
_ELEMENT: Final = np.dtype([("length", ">i4"), ("key", ">u8", 2)])


def native(keys: NDArray[Any]) -> Halves:
    """Keys in the byte order of the processor, which computes faster on them."""
    return keys.astype(np.uint64)


def distinct(keys: Halves) -> tuple[Halves, Places]:
    """The different keys, and for each key the place of its like among them.

    Sorts by the first half alone, which is nearly always enough for digests, and by both where it
    is not.
    """
    _, first, places = np.unique(keys[:, 0], return_index=True, return_inverse=True)
    different = keys[first]
    if np.array_equal(different[places, 1], keys[:, 1]):
        return different, places
    different, places = np.unique(keys, axis=0, return_inverse=True)
    return different, places.reshape(-1)


def keys_of(halves: Halves) -> Keys:
    """Keys as a parameter of type ``uuid[]``."""
    elements = np.empty(len(halves), _ELEMENT)
    elements["length"] = 16
    elements["key"] = halves
    return Keys.of_column(len(halves), elements.tobytes())
