"""Places of requests themselves, and of the audit log: digests that must stay."""

from typing import Final

from domain.privacy.data_map.place import (
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

_KEPT: Final = (Personal.DIGEST, FOR_EVER, Leaving.KEPT)
_REQUESTS: Final = by_policy(RetentionClass.REQUESTS)
_REQUESTED: Final = (Personal.DIGEST, _REQUESTS, Leaving.KEPT)
_PROOF: Final = "to prove what was asked for and done"
_GONE: Final = "the request is told; what it was about is gone"

PLACES: Final = (
    columns(
        "key",
        "an identifier that was erased",
        "late and replayed events do not bring it back",
        *_KEPT,
        table="erased_identifiers",
        access="suppressed",
    ),
    plain("erased_identifiers", "workspace_id until_ms version", "until when it holds"),
    columns(
        "message_key",
        "a message whose event was erased",
        "another copy of it does not bring it back",
        *_KEPT,
        table="erased_messages",
        withheld="digests of messages that are gone: they name nobody any more",
    ),
    plain("erased_messages", "workspace_id", "whose it is"),
    columns(
        "command keys people ids joined neighbours",
        "what a command was about",
        _PROOF,
        *_KEPT,
        table="erasures",
        withheld=_GONE,
    ),
    plain(
        "erasures",
        "workspace_id until_ms identifiers events links merges memberships processed_at steps"
        " completed_at tx",
        "what it removed, in counts, and when",
    ),
    Place(
        Store.INDEX,
        "erasures_ids",
        (),
        "digests that stand for people who are being erased",
        "whether somebody is",
        *_KEPT,
        withheld=COPY,
    ),
    columns(
        "command",
        "which erasure is not finished",
        "to go on after a crash",
        Personal.DIGEST,
        "until it is completed",
        Leaving.RETENTION,
        table="erasure_progress",
        withheld=_GONE,
    ),
    plain(
        "erasure_progress",
        "seen_at tx discovered events people letters pairs changes",
        "how far it is, in counts",
        "until it is completed",
    ),
    plain("erasure_marks", "workspace_id dead_letter_id", "which dead letters were looked at"),
    columns(
        "command",
        "which erasure",
        _PROOF,
        *_REQUESTED,
        table="erasure_recipients",
        withheld=_GONE,
    ),
    plain(
        "erasure_recipients",
        "audience_id platform listed confirmed_at outcome",
        "which platform has confirmed",
        _REQUESTS,
    ),
    columns(
        "command command_id profile keys",
        "whom somebody asked about",
        _PROOF,
        *_REQUESTED,
        table="privacy_requests",
        access="requests",
    ),
    columns(
        "keys",
        "whose data an archive of access holds",
        "an erasure ends the archives that hold somebody",
        *_REQUESTED,
        table="access_archives",
        access="requests",
    ),
    plain(
        "access_archives",
        "request workspace_id status reason attempt deaths sections size_bytes sha256 started_at"
        " finished_at expires_at",
        "an archive of access in counts",
        _REQUESTS,
    ),
    plain(
        "access_links",
        "id request token_hash created_by created_at expires_at",
        "digests of links to archives",
        "`privacy.link_lifetime`",
    ),
    columns(
        "told",
        "what a statement is about, and its evidence",
        "a command can be sent again",
        Personal.VALUE,
        "evidence until the engine has taken it in",
        Leaving.ENGINE,
        table="privacy_requests",
        withheld="a part of the statement, which is told",
    ),
    plain(
        "privacy_requests",
        "id workspace_id kind afterwards reason requested_by audit_id requested_at due_at"
        " completed_at sent_at regulation first_due_at extended_at extended_by extension_reason"
        " until_ms",
        "who asked, why, under which law, when it is due; reasons are in the words of staff",
        _REQUESTS,
    ),
    columns(
        "digest",
        "what another system asked for",
        "the same request is known again",
        *_KEPT,
        table="opendsr_requests",
        withheld="a digest of a whole request; the requests that it became are told",
    ),
    plain(
        "opendsr_requests",
        "workspace_id id kind regulation group_id requested_by submitted_at received_at due_at"
        " cancelled_at callbacks told",
        "which request of another system it was, under the number that it has there",
    ),
    plain("opendsr_parts", "request workspace_id id", "which requests of the register it became"),
    plain(
        "opendsr_callbacks",
        "id workspace_id request url status created_at next_at attempts sent_at dead_at error",
        "what other systems are told of their requests",
    ),
    plain(
        "retention_policies",
        "workspace_id class keep_s reason set_by set_at",
        "how long a workspace keeps what, and why",
    ),
    plain(
        "retention_runs",
        "workspace_id class started_at horizon_at removed moved_at finished_at",
        "what was too old and went, in counts",
    ),
    columns(
        "subject detail",
        "digests of people and identifiers, and reasons in the words of whoever acted",
        "every decision and action can be proved; no personal data belongs into a reason",
        *_KEPT,
        table="audit",
        access="audit",
    ),
    plain("audit", "id workspace_id at actor action", "who did what, when; staff by their keys"),
    plain("audit_chain", "workspace_id seq audit_id hash", "links that prove the log whole"),
    Place(
        Store.INDEX,
        "audit_subject",
        (),
        "digests of people",
        "what was done about one",
        *_KEPT,
        withheld=COPY,
    ),
)
