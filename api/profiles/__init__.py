"""Profiles, their events and changes over HTTP."""
