"""The sections of an access archive: everything that is held of one person, in order.

One table: files, page, dictionary and the data map's check (`domain.privacy.data_map`) follow from
it. Each module has sections of one concept, and what fills them.
"""

from typing import Final

from dataflows.access.section import Section
from dataflows.access.sections import (
    activation,
    consent,
    events,
    exports,
    identifiers,
    identity,
    letters,
    profile,
    records,
    segments,
    traits,
)

SECTIONS: Final[tuple[Section, ...]] = (
    identifiers.SECTION,
    profile.SECTION,
    traits.TRAITS,
    traits.COMPUTED,
    consent.STATE,
    consent.HISTORY,
    events.SECTION,
    segments.PRESENT,
    segments.PAST,
    activation.AUDIENCES,
    activation.PUSHES,
    identity.LINKS,
    identity.CONFLICTS,
    identity.MERGES,
    letters.SECTION,
    exports.SECTION,
    records.REQUESTS,
    records.SUPPRESSED,
    records.PAUSES,
    records.AUDIT,
)
"""All of them."""
