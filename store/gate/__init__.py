"""Decisions of the trust gate, and the commands that people give it."""
