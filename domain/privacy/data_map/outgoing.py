"""Places of what leaves: audiences, pushes, exports."""

from typing import Final

from domain.privacy.data_map.place import (
    AS_LONG,
    COPY,
    FOR_EVER,
    Leaving,
    Personal,
    Place,
    Store,
    by_policy,
    columns,
    plain,
)
from domain.privacy.retention import RetentionClass

_ROW: Final = "hashes of identifiers, as the platform takes them; not keyed"
_DECISIONS: Final = by_policy(RetentionClass.DECISIONS)
_SENT: Final = by_policy(RetentionClass.DECISIONS, "until erased")

PLACES: Final = (
    plain(
        "audiences",
        "id workspace_id segment_id platform name account_id platform_id intent interval_s status"
        " cursor_tx cursor_id requested_at requested_by last_pushed_at created_at confirmed_at"
        " confirmed_by ttl_s holdout_percent revision",
        "a list on a platform and how it is kept",
    ),
    columns(
        "profile_id row",
        f"who is on the platform's list, by {_ROW}",
        "to take them off again, as they were put on",
        Personal.DIGEST,
        "until the platform has confirmed that they are off",
        Leaving.PLATFORMS,
        table="audience_members",
        access="audiences",
    ),
    plain("audience_members", "audience_id state pushed_at", "how far it is", AS_LONG),
    Place(
        Store.INDEX,
        "audience_members_row",
        (),
        _ROW,
        "whom a platform's answer is about",
        Personal.DIGEST,
        "until the platform has confirmed that they are off",
        Leaving.PLATFORMS,
        withheld=COPY,
    ),
    plain(
        "pushes",
        "id workspace_id audience_id kind decision_id status adds removes sent rejected skipped"
        " error readback started_at ended_at touched_at",
        "a push in counts",
        _DECISIONS,
    ),
    columns(
        "rows",
        f"whom a request carried, by {_ROW}",
        "to send it again where the platform did not answer, and to prove what was sent",
        Personal.DIGEST,
        _SENT,
        Leaving.SENT,
        table="push_requests",
        access="pushes",
    ),
    plain(
        "push_requests",
        "push_id seq operation status attempts outcome recorded_at ended_at",
        "a request in counts, and the platform's answer",
        _DECISIONS,
    ),
    Place(
        Store.INDEX,
        "push_requests_people",
        (),
        "digests of the people of each request",
        "finds what was sent of one person",
        Personal.DIGEST,
        _SENT,
        Leaving.SENT,
        withheld=COPY,
    ),
    plain(
        "exports",
        "id workspace_id kind spec requested_by status reason attempt deaths restarts people"
        " evaluated rows without_consent without_identifier size_bytes sha256 created_at"
        " started_at heartbeat_at finished_at expires_at",
        "what was exported, in counts; its rule names a value where somebody wrote one",
        by_policy(RetentionClass.EXPORTS),
    ),
    plain(
        "platform_connections",
        "workspace_id platform disconnected_at disconnected_by checked_at result advice",
        "whether a platform can be reached",
        FOR_EVER,
    ),
)
