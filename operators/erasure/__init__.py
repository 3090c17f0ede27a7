"""Erasure: what must no longer be read in what stays.

| file | what leaves when what enters | state | oracle |
|---|---|---|---|
| `tokens` | JSON or what was meant to be → its texts and numbers as they are read | none | `json` |
| `mentions` | a record that nobody could read → whatever it may name somebody by | none | tables |
| `redact` | an event's JSON, identifiers → the JSON without them | none | reading the outcome |
"""
