"""Channels to on-call.

One pure file per kind, which spells a notice and reads the answer; `sender` sends what the outbox
holds.
"""
