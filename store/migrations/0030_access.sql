-- Access: the archives that people get of what is held of them. Files lie outside the database; a row says which of them may be there.

-- An access request erases nothing: there is no afterwards.
ALTER TABLE privacy_requests ALTER COLUMN afterwards DROP NOT NULL;

CREATE TABLE access_archives (
    request      bigint PRIMARY KEY REFERENCES privacy_requests,
    workspace_id integer NOT NULL REFERENCES workspaces,
    keys         uuid[] NOT NULL,               -- identifiers whose person it holds, or would hold
    status       text NOT NULL,                 -- requested | processing | ready | expired | failed
    reason       text NOT NULL DEFAULT '',      -- failed, expired: code of why
    attempt      integer NOT NULL DEFAULT 0,    -- names the writer and the file: an earlier writer cannot touch a later one's
    deaths       integer NOT NULL DEFAULT 0,    -- writers that ended without a word
    sections     jsonb NOT NULL DEFAULT '{}',   -- section → rows written
    size_bytes   bigint,
    sha256       bytea,
    started_at   timestamptz,
    finished_at  timestamptz,
    expires_at   timestamptz
);
CREATE INDEX access_archives_open ON access_archives (workspace_id, request) WHERE status IN ('requested', 'processing', 'ready');

-- Links under which an archive is downloaded without an API key; only digests of their tokens are kept.
CREATE TABLE access_links (
    id           bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    request      bigint NOT NULL REFERENCES access_archives,
    token_hash   bytea NOT NULL UNIQUE,         -- sha256 of the token, which has 256 random bits
    created_by   text NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz NOT NULL
);

-- Archives that hold any of some identifiers may not be downloaded any more, and those being written end. Whoever calls this holds the lock
-- of the workspace's files (revoke_exports), as does a writer that begins: it began before and is found here, or it does not see them.
CREATE FUNCTION revoke_access(workspaces integer[], gone uuid[]) RETURNS void LANGUAGE sql AS $$
    WITH revoked AS (
        UPDATE access_archives SET status = CASE status WHEN 'ready' THEN 'expired' ELSE 'failed' END, reason = 'erased',
            finished_at = coalesce(finished_at, now())
        WHERE workspace_id = ANY(workspaces) AND status IN ('requested', 'processing', 'ready') AND keys && gone RETURNING request
    )
    UPDATE privacy_requests SET completed_at = coalesce(completed_at, now()) FROM revoked WHERE id = request
$$;

CREATE OR REPLACE FUNCTION identifiers_were_erased() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM revoke_exports(ARRAY(SELECT DISTINCT workspace_id FROM erased WHERE kind <> ''));
    PERFORM revoke_access(ARRAY(SELECT DISTINCT workspace_id FROM erased WHERE kind <> ''), ARRAY(SELECT key FROM erased WHERE kind <> ''));
    RETURN NULL;
END $$;

-- A file that is being written begins again when somebody in it withdraws their consent: so often, and then it has failed.
ALTER TABLE exports ADD COLUMN restarts integer NOT NULL DEFAULT 0;
