"""Identity graph, merges, and identity commands over HTTP."""
