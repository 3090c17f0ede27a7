"""Channels to on-call: one pure file per kind, which spells a notice and reads the answer; `sender` sends what the outbox holds."""
