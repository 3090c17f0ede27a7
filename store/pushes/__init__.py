"""Pushes as people look at them: lists and figures."""
