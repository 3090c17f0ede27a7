"""Alert conditions and the outbox of notices."""
