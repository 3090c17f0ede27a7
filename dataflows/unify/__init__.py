"""The imperative shell around UNIFY: load, decide, commit; again, in parts, or later."""
