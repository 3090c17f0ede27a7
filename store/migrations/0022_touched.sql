-- When a row last changed, by the server's clock: what the live feed goes by. And what may be changed of an audience has a revision.

CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.touched_at := clock_timestamp();
    RETURN NEW;
END $$;

-- First, as planners lock audiences before pushes.
ALTER TABLE audiences ADD COLUMN revision integer NOT NULL DEFAULT 1;  -- moved by whoever changes its settings

ALTER TABLE pushes ADD COLUMN touched_at timestamptz NOT NULL DEFAULT now();
CREATE TRIGGER pushes_touched BEFORE INSERT OR UPDATE ON pushes FOR EACH ROW EXECUTE FUNCTION touch();

ALTER TABLE alerts ADD COLUMN touched_at timestamptz NOT NULL DEFAULT now();
CREATE TRIGGER alerts_touched BEFORE INSERT OR UPDATE ON alerts FOR EACH ROW EXECUTE FUNCTION touch();

ALTER TABLE sweeps ADD COLUMN touched_at timestamptz NOT NULL DEFAULT now();
CREATE TRIGGER sweeps_touched BEFORE INSERT OR UPDATE ON sweeps FOR EACH ROW EXECUTE FUNCTION touch();
