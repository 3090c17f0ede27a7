-- What is noted while an erasure is finished: since when it is seen, what was removed so far, which dead letters were looked at.

-- The transaction that removed the person. Whatever is told of them by later ones is about somebody new.
ALTER TABLE erasures ADD COLUMN tx xid8 NOT NULL DEFAULT pg_current_xact_id();

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
