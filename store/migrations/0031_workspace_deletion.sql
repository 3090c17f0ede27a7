-- Workspaces that are deleted, or on their way. A row stays for ever: records of such a workspace may come again from the log.
CREATE TABLE workspace_deletions (
    workspace_id       integer PRIMARY KEY,    -- of a row of workspaces that goes last
    name               text NOT NULL,          -- as it was
    sources            integer[] NOT NULL,     -- its sources: what they sent and still send is dropped
    requested_by       text NOT NULL,
    reason             text NOT NULL,
    requested_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    without_platforms  boolean NOT NULL,       -- do not wait for ad platforms that do not confirm
    platforms_at       timestamptz,            -- its audiences are gone from the platforms, or were given up
    unconfirmed        jsonb NOT NULL DEFAULT '{}', -- platform → audiences that were given up
    removed            jsonb NOT NULL DEFAULT '{}', -- table → rows removed so far
    completed_at       timestamptz             -- nothing of it was found any more
);
CREATE INDEX workspace_deletions_open ON workspace_deletions (requested_at) WHERE completed_at IS NULL;
