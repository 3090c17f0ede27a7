-- Why the event log took nothing, as the processes that write it saw it; alerts look here. A row per reason, renewed while it lasts.

CREATE TABLE log_refusals (
    log     text NOT NULL,
    reason  text NOT NULL,                -- domain.log_refusal
    since   timestamptz NOT NULL,         -- of the newest time that it lasted
    seen_at timestamptz NOT NULL,
    detail  text NOT NULL,                -- for whoever mends it; nothing personal
    PRIMARY KEY (log, reason)
);

-- Files in a platform's form held traits and raw identifiers beside the hashes. Those that may still be downloaded may not any more; upkeep
-- removes them at its next look.
UPDATE exports SET status = 'revoked', reason = 'form'
WHERE kind = 'file' AND status = 'done' AND spec->>'identifiers' IN ('meta', 'google', 'tiktok', 'snapchat');
