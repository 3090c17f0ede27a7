"""The imperative shell around UNIFY: what is decided there is loaded for, committed and retried."""
