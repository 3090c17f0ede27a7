"""The transaction: a batch and what is known → everything that it does.

| file | what leaves when what enters | state | oracle |
|---|---|---|---|
| `backfill` | events → aggregates lacking | `Person.built` | `oracle.verification`, simulated |
| `definitions` | – | – | – |
| `read_set` | a batch → what must be loaded for it | none | `oracle`, by simulation |
| `batch` | a batch and what is known → everything that it does | none | `oracle`, by simulation |
| `assembly` | settled identities and events → rows to write | none | `oracle`, by simulation |
| `leaves` | a leaf → where it is while a batch is put together | none | `oracle`, by simulation |
| `suppress` | a batch, what was erased → the batch without it | none | `oracle`, by simulation |
| `erase` | commands, what is known → the same without the erased | none | a world without them |
| `later` | what happened after an erasure → taken in again | none | `oracle`, by simulation |
| `unmerged` | what an unmerge changes → the people whom it leaves | none | the engine itself |
| `wake` | people and an instant → what changes without an event | none | `oracle`, by simulation |
| `rebuild` | a person's stored events → the person | none | `oracle.verification` |
"""
