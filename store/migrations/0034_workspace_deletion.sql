-- Workspaces that are deleted, or on their way. A row stays for ever: records of such a workspace may come again from the log.
CREATE TABLE workspace_deletions (
    workspace_id       integer PRIMARY KEY,    -- of a row of workspaces that goes last
    name               text NOT NULL,          -- as it was
    sources            integer[] NOT NULL,     -- every source it ever had: what they sent and still send is dropped
    topics             text[] NOT NULL,        -- their Kafka topics: no other source may have one of them
    requested_by       text NOT NULL,
    reason             text NOT NULL,
    requested_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    given_up           text[] NOT NULL DEFAULT '{}', -- platforms that are not waited for
    platforms_at       timestamptz,            -- its audiences are gone from the platforms, or were given up
    unconfirmed        jsonb NOT NULL DEFAULT '{}', -- platform → audiences that were given up
    removed            jsonb NOT NULL DEFAULT '{}', -- table → rows removed so far
    completed_at       timestamptz             -- nothing of it was found any more
);
CREATE INDEX workspace_deletions_open ON workspace_deletions (requested_at) WHERE completed_at IS NULL;

-- A topic may hold what a deleted workspace was sent: it must not become somebody else's.
CREATE FUNCTION topic_is_free() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM workspace_deletions WHERE NEW.topic = ANY(topics) AND workspace_id <> NEW.workspace_id) THEN
        RAISE EXCEPTION 'the topic % was a deleted workspace''s, and may still hold its records: use another', NEW.topic;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER sources_topic BEFORE INSERT OR UPDATE OF topic ON sources FOR EACH ROW WHEN (NEW.topic IS NOT NULL)
    EXECUTE FUNCTION topic_is_free();
