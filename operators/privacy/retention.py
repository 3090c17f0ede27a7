"""The fingerprint of a previewed policy: what was looked at, and when.

State: none. Clock: the caller's day.
"""

from datetime import date, timedelta
from hashlib import blake2b
from typing import Final

from domain.privacy.retention import Keep

_DIGEST_BYTES: Final = 32


def policy_fingerprint(salt: bytes, before: Keep, after: Keep, day: date) -> str:
    """A keyed digest of a change of policy as it was previewed on a day.

    Args:
        salt: of the workspace.
        before: the policy that holds.
        after: the policy that was previewed.
        day: of the preview, UTC.

    Returns:
        64 hex digits.

    >>> day = date(2026, 3, 1)
    >>> policy_fingerprint(b"s", {}, {}, day) == policy_fingerprint(b"s", {}, {}, day)
    True
    """
    told = [f"{name}={keep[name]}" for keep in (before, after) for name in (*sorted(keep),)]
    text = "\n".join([day.isoformat(), str(len(before)), *told])
    return blake2b(
        text.encode(), digest_size=_DIGEST_BYTES, key=salt, person=b"retention"
    ).hexdigest()


def is_approved(salt: bytes, before: Keep, after: Keep, fingerprint: str, today: date) -> bool:
    """Whether a change was previewed today or yesterday, from the policy that holds.

    Args:
        salt: of the workspace.
        before: the policy that holds.
        after: the policy that is asked for.
        fingerprint: what the caller quotes.
        today: UTC.
    """
    days = (today, today - timedelta(days=1))
    return fingerprint in {policy_fingerprint(salt, before, after, day) for day in days}
