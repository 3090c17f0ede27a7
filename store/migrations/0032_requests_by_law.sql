-- Requests under one law or another: each leaves its own time for an answer, which may be extended once. And requests that other systems
-- send as OpenDSR has them: which requests of the register each became, and what its sender is told as it goes on.

ALTER TABLE privacy_requests
    ADD COLUMN regulation       text NOT NULL DEFAULT 'gdpr', -- of the settings' privacy.regulations, when it was entered
    ADD COLUMN first_due_at     timestamptz,                  -- when it was due before the time was extended; null: it was not
    ADD COLUMN extended_at      timestamptz,
    ADD COLUMN extended_by      text,
    ADD COLUMN extension_reason text;

CREATE TABLE opendsr_requests (
    workspace_id integer NOT NULL REFERENCES workspaces,
    id           uuid NOT NULL,                 -- subject_request_id: the sender's
    digest       bytea NOT NULL,                -- keyed digest of the request: the same one is answered again, another is refused
    kind         text NOT NULL,                 -- access | portability | erasure
    regulation   text NOT NULL,
    group_id     text,
    requested_by text NOT NULL,
    submitted_at timestamptz NOT NULL,          -- when the person asked, by the sender's word
    received_at  timestamptz NOT NULL,
    due_at       timestamptz NOT NULL,          -- as it was told then
    cancelled_at timestamptz,
    callbacks    text[] NOT NULL,               -- addresses that are told of every change of its status
    told         text,                          -- the status that callbacks were last entered for; null: none
    PRIMARY KEY (workspace_id, id)
);
CREATE INDEX opendsr_requests_open ON opendsr_requests (received_at)
    WHERE cardinality(callbacks) > 0 AND (told IS NULL OR told NOT IN ('completed', 'cancelled'));

-- The requests of the register that one became: one for each person, and one for identifiers that nobody has.
CREATE TABLE opendsr_parts (
    request      bigint PRIMARY KEY REFERENCES privacy_requests,
    workspace_id integer NOT NULL,
    id           uuid NOT NULL,
    FOREIGN KEY (workspace_id, id) REFERENCES opendsr_requests
);
CREATE INDEX opendsr_parts_whole ON opendsr_parts (workspace_id, id);

-- What is told to whom: a row for each status and address, sent in this order.
CREATE TABLE opendsr_callbacks (
    id           bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    workspace_id integer NOT NULL,
    request      uuid NOT NULL,
    url          text NOT NULL,
    status       text NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    next_at      timestamptz NOT NULL DEFAULT now(),
    attempts     integer NOT NULL DEFAULT 0,
    sent_at      timestamptz,
    dead_at      timestamptz,
    error        text NOT NULL DEFAULT '',
    UNIQUE (workspace_id, request, url, status),
    FOREIGN KEY (workspace_id, request) REFERENCES opendsr_requests
);
CREATE INDEX opendsr_callbacks_due ON opendsr_callbacks (next_at) WHERE sent_at IS NULL AND dead_at IS NULL;
