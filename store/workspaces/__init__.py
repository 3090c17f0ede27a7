"""Workspaces, sources and keys."""
