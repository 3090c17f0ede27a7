"""Requests of erasure: what was approved is erased, and what a receipt claims was recorded.

| file | what leaves when what enters | state | oracle |
|---|---|---|---|
| `identifiers` | identifiers → one digest of exactly these; a value → its mask | none | – |
| `receipt` | a receipt, the audit log, the register → what holds | none | tampering |
"""
