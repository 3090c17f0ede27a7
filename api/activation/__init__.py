"""Audiences and platforms over HTTP."""
