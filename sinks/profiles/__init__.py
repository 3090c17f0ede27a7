"""The profile cache in Valkey, and its invalidation."""
