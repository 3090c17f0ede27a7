"""Sessions as a set of disjoint activity intervals.

The same set whatever order events and leaves come in.

Two events not further apart than the gap share a session; intervals closer than the gap become one.
State: a flat, ascending list ``[start, end, start, end, …]`` in ms; at most one interval per gap of
lifetime, whatever the traffic.
"""

from bisect import bisect_left, bisect_right


def add_interval(sessions: list[int], start_ms: int, end_ms: int, gap_ms: int) -> None:
    """Add one interval, in place.

    Args:
        sessions: flat intervals, ascending and further apart than the gap; changed in place.
        start_ms: first instant of the new activity.
        end_ms: last instant, not before `start_ms`.
        gap_ms: greatest silence inside a session.

    >>> day = [0, 10]
    >>> add_interval(day, 15, 15, 5)
    >>> add_interval(day, 40, 40, 5)
    >>> day
    [0, 15, 40, 40]
    """
    if not sessions or start_ms > sessions[-1] + gap_ms:
        sessions += (start_ms, end_ms)
        return
    first = bisect_left(sessions, start_ms - gap_ms) & ~1
    last = bisect_right(sessions, end_ms + gap_ms)
    last += last & 1
    if first >= last:
        sessions[first:first] = (start_ms, end_ms)
    else:
        sessions[first:last] = (min(start_ms, sessions[first]), max(end_ms, sessions[last - 1]))


def join_sessions(left: list[int], right: list[int], gap_ms: int) -> list[int]:
    """Unite two interval sets; both stay untouched."""
    if not left or not right:
        return list(left or right)
    small, large = (left, list(right)) if len(left) <= len(right) else (right, list(left))
    if len(small) * 8 < len(large):
        for index in range(0, len(small), 2):
            add_interval(large, small[index], small[index + 1], gap_ms)
        return large
    joined: list[int] = []
    for start, end in sorted(
        [*zip(left[::2], left[1::2], strict=True), *zip(right[::2], right[1::2], strict=True)]
    ):
        if joined and start <= joined[-1] + gap_ms:
            joined[-1] = max(joined[-1], end)
        else:
            joined += (start, end)
    return joined
