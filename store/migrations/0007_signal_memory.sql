-- What the signals flow has learned of each signal (operators.memory.Memory, packed), to go on from after a restart. Losing a row means
-- warming up again, and that readings are unknown or without the components that rest on what is usual until then.
CREATE TABLE signal_memory (
    workspace_id integer NOT NULL,
    signal       text NOT NULL,
    memory       bytea NOT NULL,
    saved_at     timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, signal)
);

-- Readings by the hour, kept when the readings themselves are gone.
CREATE TABLE reading_hours (
    workspace_id integer NOT NULL,
    signal       text NOT NULL,
    hour_at      timestamptz NOT NULL,
    readings     integer NOT NULL,
    unknown      integer NOT NULL,           -- of them without a score
    lowest       double precision,
    mean         double precision,
    highest      double precision,
    last_status  text NOT NULL,
    PRIMARY KEY (workspace_id, signal, hour_at)
);
