"""Commands of a privacy officer: erase a person, follow the request, prove it."""
