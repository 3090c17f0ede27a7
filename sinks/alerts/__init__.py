"""Channels to on-call.

One pure file per kind, which formats a notice and reads the response; `sender` sends the outbox.
"""
