-- What breaks the engine stops nothing but itself: where workers died, who cannot be evaluated, and commands that were not carried out.

ALTER TABLE dead_letters ADD COLUMN command text NOT NULL DEFAULT ''; -- kind of the operator's command that it is; empty for events
UPDATE dead_letters SET command = 'unknown' WHERE reason = 'bad_command';
CREATE INDEX dead_letters_commands ON dead_letters (workspace_id) WHERE command <> '' AND status <> 'resolved';

-- Where a partition was taken in hand anew, and how often at this position: whoever dies there leaves its trace.
CREATE TABLE attempts (
    log       text NOT NULL,
    partition integer NOT NULL,
    position  bigint NOT NULL,                 -- offsets.next_position by then; once that has moved on, the row says nothing any more
    record    integer NOT NULL,                -- place of the record of the entry that was in hand by itself; -1: the whole batch was
    tries     integer NOT NULL,
    broken    integer[] NOT NULL DEFAULT '{}', -- records of the entry that workers died of
    taken_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (log, partition)
);

-- People whose evaluation raised. The clock leaves them alone for a while.
CREATE TABLE resting_people (
    profile_id   uuid PRIMARY KEY,
    workspace_id integer NOT NULL,
    failure      text NOT NULL,                -- exception and place; nothing personal
    failed_at    timestamptz NOT NULL,
    until_at     timestamptz NOT NULL
);
CREATE INDEX resting_people_until ON resting_people (workspace_id, until_at);
