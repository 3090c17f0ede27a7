"""Words of OpenDSR: what other systems send for people, and how far it is.

OpenDSR (formerly OpenGDPR) is a framework by which a *controller* sends requests of people to those
who process data for it. Stratum is such a *processor*. Source: github.com/opengdpr/OpenDSR,
`specification.md`; version 3 as mParticle describes it for its Data Subject Request API.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from domain.privacy.erasure import RequestKind, RequestStatus

API_VERSION: Final = "3.0"
RAW: Final = "raw"
"""The one format of identities that can be looked up: the store has no unkeyed hashes of them."""
PREFIX: Final = "/opendsr/v3"
DOMAIN_HEADER: Final = "X-OpenDSR-Processor-Domain"
SIGNATURE_HEADER: Final = "X-OpenDSR-Signature"

IDENTITY_TYPES: Final[Mapping[str, str]] = {
    "controller_customer_id": "user_id",
    "email": "email",
    "phone": "phone",
    "mobile_number": "phone",
    "android_advertising_id": "device_id",
    "android_id": "device_id",
    "fire_advertising_id": "device_id",
    "ios_advertising_id": "device_id",
    "ios_vendor_id": "device_id",
    "microsoft_advertising_id": "device_id",
    "microsoft_publisher_id": "device_id",
    "roku_advertising_id": "device_id",
    "roku_publisher_id": "device_id",
}
"""Identity type → kind of identifier, by default."""


class SubjectRequestType(StrEnum):
    """What a person may ask for; portability is answered as access is, by the same archive."""

    ACCESS = "access"
    PORTABILITY = "portability"
    ERASURE = "erasure"

    @property
    def kind(self) -> RequestKind:
        """What it is in the register."""
        return RequestKind.ERASURE if self is self.ERASURE else RequestKind.ACCESS


class SubjectRequestStatus(StrEnum):
    """How far a request is; it never goes back.

    Attributes:
        PENDING: nothing was begun.
        IN_PROGRESS: the log has a command of it, which nobody takes back, or an archive was begun.
        COMPLETED: every step is done; what was asked for is there, or nothing is held.
        CANCELLED: it was taken back before anything was begun.
    """

    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class Part(NamedTuple):
    """A request of the register that an OpenDSR request became.

    Attributes:
        status: of `domain.privacy.erasure.RequestStatus`.
        is_completed: whether it was answered.
        was_begun: whether a writer has had its archive in hand.
    """

    status: str
    is_completed: bool
    was_begun: bool = False


def status_of(
    kind: SubjectRequestType, parts: Iterable[Part], *, is_cancelled: bool
) -> SubjectRequestStatus:
    """How far a request is, from how far its parts are.

    Args:
        kind: what was asked for.
        parts: at least one.
        is_cancelled: whether it was taken back.

    >>> waits = Part("requested", is_completed=False)
    >>> str(status_of(SubjectRequestType.ACCESS, [waits], is_cancelled=False))
    'pending'
    >>> str(status_of(SubjectRequestType.ERASURE, [waits], is_cancelled=False))
    'in_progress'
    """
    if is_cancelled:
        return SubjectRequestStatus.CANCELLED
    found = list(parts)
    if all(part.is_completed for part in found):
        return SubjectRequestStatus.COMPLETED
    waits = RequestStatus.NOT_SENT if kind.kind == RequestKind.ERASURE else RequestStatus.REQUESTED
    if all(part.status == waits and not part.was_begun for part in found):
        return SubjectRequestStatus.PENDING
    return SubjectRequestStatus.IN_PROGRESS
