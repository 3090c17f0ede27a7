-- Whoever is removed from a platform's list takes along whoever shares an identifier there; they are found by it.

CREATE INDEX audience_members_row ON audience_members USING gin (row);
