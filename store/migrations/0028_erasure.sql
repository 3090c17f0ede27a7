-- Erasure: what must not come back, what was removed, and who still has to forget it.
-- Identifiers, people and messages appear here as the workspace's keyed digests only.

-- Identifiers that were erased. An event that happened until then, and names one, is not kept; a command about one that
-- arrived until then is void.
CREATE TABLE erased_identifiers (
    key          uuid PRIMARY KEY,
    workspace_id integer NOT NULL,
    until_ms     bigint NOT NULL,              -- 9223372036854775807: whatever comes is refused
    version      integer NOT NULL              -- of the person who had it: whoever gets the id again begins beyond it
);

-- Messages whose events were erased: another copy changes nothing.
CREATE TABLE erased_messages (
    message_key  uuid PRIMARY KEY,
    workspace_id integer NOT NULL
);

-- What one command removed, written by the transaction that did; then what is still to do.
CREATE TABLE erasures (
    command      uuid PRIMARY KEY,             -- message_key of the command
    workspace_id integer NOT NULL,
    keys         uuid[] NOT NULL,              -- identifiers that it names
    people       uuid[] NOT NULL,              -- whose they were; an id may come again, for somebody new
    joined       uuid[] NOT NULL,              -- other identifiers that these people had by then, and keep
    neighbours   uuid[] NOT NULL,              -- other people's identifiers whose events may name an erased one
    until_ms     bigint NOT NULL,
    identifiers  integer NOT NULL,             -- removed, as are:
    events       integer NOT NULL,
    links        integer NOT NULL,
    merges       integer NOT NULL,
    memberships  integer NOT NULL,
    processed_at timestamptz NOT NULL,
    steps        jsonb NOT NULL DEFAULT '{}',  -- domain.privacy.Step → {"at": when it was done, and what it removed}
    completed_at timestamptz,                  -- every step is done, every platform has confirmed
    ids          uuid[] NOT NULL GENERATED ALWAYS AS (people || keys) STORED, -- that they may be known by: also those merged away
    tx           xid8 NOT NULL DEFAULT pg_current_xact_id() -- of the removal: what later ones tell of an id is about somebody new
);
CREATE INDEX erasures_open ON erasures (processed_at) WHERE completed_at IS NULL;
CREATE INDEX erasures_workspace ON erasures (workspace_id);
CREATE INDEX erasures_ids ON erasures USING gin (ids) WHERE completed_at IS NULL;
CREATE INDEX erasures_keys ON erasures USING gin (keys) WHERE completed_at IS NULL;

-- One row per erasure that is not finished; counts are moved by the transactions that they count.
CREATE TABLE erasure_progress (
    command    uuid PRIMARY KEY REFERENCES erasures,
    seen_at    timestamptz NOT NULL,             -- the person was removed by then
    tx         xid8 NOT NULL DEFAULT pg_current_xact_id(), -- as old as that: transactions before it may still know the person
    discovered boolean NOT NULL DEFAULT false,   -- no more recipients can turn up
    events     integer NOT NULL DEFAULT 0,       -- of others, that no longer name an erased identifier
    people     integer NOT NULL DEFAULT 0,       -- whose events these are
    letters    integer NOT NULL DEFAULT 0,       -- dead letters deleted
    pairs      integer NOT NULL DEFAULT 0,       -- rows taken out of what was sent
    changes    integer NOT NULL DEFAULT 0        -- changes of segments deleted
);

-- Up to which dead letter every one was compared with everything that is erased.
CREATE TABLE erasure_marks (
    workspace_id   integer PRIMARY KEY REFERENCES workspaces,
    dead_letter_id bigint NOT NULL
);

-- Audiences that had any of the people when they were erased, or ever received them.
CREATE TABLE erasure_recipients (
    command      uuid NOT NULL REFERENCES erasures,
    audience_id  integer NOT NULL REFERENCES audiences,
    platform     text NOT NULL,
    listed       boolean NOT NULL,             -- on the platform's list when they were erased
    confirmed_at timestamptz,                  -- off the list, by the platform's word
    outcome      text NOT NULL DEFAULT '',     -- removed | list_deleted | left_before
    PRIMARY KEY (command, audience_id)
);
CREATE INDEX erasure_recipients_open ON erasure_recipients (audience_id) WHERE confirmed_at IS NULL;

-- The register: what people asked for, when it is due, and what became of it.
CREATE TABLE privacy_requests (
    id           bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    workspace_id integer NOT NULL REFERENCES workspaces,
    kind         text NOT NULL,                -- erasure
    command      uuid NOT NULL UNIQUE,         -- message_key of its command in the event log
    command_id   text NOT NULL,                -- the command's id
    profile      uuid NOT NULL,                -- whom it was asked for
    keys         uuid[] NOT NULL,              -- identifiers that it names
    afterwards   text NOT NULL,                -- new: later activity makes a new person | refuse: it is not kept
    reason       text NOT NULL,
    requested_by text NOT NULL,
    audit_id     bigint NOT NULL,              -- the entry of the request in the audit log
    requested_at timestamptz NOT NULL,
    sent_at      timestamptz,                  -- the log confirmed the command; null: it has not, and is asked again
    due_at       timestamptz NOT NULL,
    completed_at timestamptz
);
CREATE INDEX privacy_requests_page ON privacy_requests (workspace_id, id DESC);
CREATE INDEX privacy_requests_due ON privacy_requests (workspace_id, due_at) WHERE completed_at IS NULL;

-- People whose rows a request carried, to find what was sent of one person.
CREATE FUNCTION people_of(rows jsonb) RETURNS uuid[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(array_agg((pair->>0)::uuid), '{}') FROM jsonb_array_elements(rows) AS pair
$$;

-- An identifier that is claimed and given back in one transaction, so that nobody inserts it meanwhile, was nobody's.
CREATE OR REPLACE FUNCTION identifiers_were_erased() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM revoke_exports(ARRAY(SELECT DISTINCT workspace_id FROM erased WHERE kind <> ''));
    RETURN NULL;
END $$;
