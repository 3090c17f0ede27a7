"""Privacy: what was approved is what is erased, and what a receipt claims is what was recorded.

| file | what leaves when what enters | state | oracle |
|---|---|---|---|
| `identifiers` | identifiers → one digest of exactly these; a value → its mask | none | – |
| `receipt` | a receipt, the audit log, the register → what holds | none | tampering |
"""
