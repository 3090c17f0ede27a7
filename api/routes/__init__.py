"""Routes by noun; they ask the store and never the database driver."""
