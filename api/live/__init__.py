"""The live feed: what changes is told as it does, over server-sent events (ADR 36)."""
