-- Outside a transaction.
-- Retention: how long a workspace keeps what, how far the newest run is that enforces it, and what finds the oldest rows.

CREATE TABLE IF NOT EXISTS retention_policies (
    workspace_id integer NOT NULL REFERENCES workspaces,
    class        text NOT NULL,                -- domain.privacy.retention.RetentionClass; without a row: for ever
    keep_s       bigint NOT NULL CHECK (keep_s > 0),
    reason       text NOT NULL,
    set_by       text NOT NULL,
    set_at       timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, class)
);

-- The newest run of each class; what earlier ones removed is in the audit log.
CREATE TABLE IF NOT EXISTS retention_runs (
    workspace_id integer NOT NULL REFERENCES workspaces,
    class        text NOT NULL,
    started_at   timestamptz NOT NULL,
    horizon_at   timestamptz NOT NULL,         -- what is older goes; a policy that keeps more meanwhile moves it back
    removed      jsonb NOT NULL DEFAULT '{}',  -- what → how much, moved by the transactions that remove it
    moved_at     timestamptz NOT NULL,         -- when a batch was committed last
    finished_at  timestamptz,
    PRIMARY KEY (workspace_id, class)
);

-- Erasures that retention asks for: until when activity is erased. Null: until the request.
ALTER TABLE privacy_requests ADD COLUMN IF NOT EXISTS until_ms bigint;

CREATE INDEX CONCURRENTLY IF NOT EXISTS dead_letters_age ON dead_letters (workspace_id, recorded_at);
CREATE INDEX CONCURRENTLY IF NOT EXISTS exports_age ON exports (workspace_id, (coalesce(finished_at, created_at)));
CREATE INDEX CONCURRENTLY IF NOT EXISTS pushes_ended ON pushes (workspace_id, ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX CONCURRENTLY IF NOT EXISTS privacy_requests_age ON privacy_requests (workspace_id, completed_at) WHERE completed_at IS NOT NULL;
