"""Snapchat: codec and errors."""
