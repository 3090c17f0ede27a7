"""Erasure: what must no longer be read in what stays.

| file | what leaves when what enters | state | oracle |
|---|---|---|---|
| `redact` | an event's JSON, identifiers → the JSON without them | none | reading the outcome |
"""
