"""Decodes records of the log into events; reads event files."""
