"""Audiences and the journal of pushes."""
