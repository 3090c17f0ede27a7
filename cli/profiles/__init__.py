"""Commands that recompute people: replay, verify, repair."""
