"""A person: leaves, view, consent, and what one batch changes."""
