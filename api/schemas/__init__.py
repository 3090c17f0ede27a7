"""Pydantic models of all input and output of the query API, by noun."""
