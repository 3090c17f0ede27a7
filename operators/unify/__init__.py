"""The transaction: a batch and what is known → everything that it does.

| file | what leaves when what enters | state | oracle |
|---|---|---|---|
| `backfill` | stored events → the aggregates that a person lacks | `Person.built` | `oracle.verification`, by simulation |
| `batch` | a batch and what is known → everything that it does | none | `oracle`, by simulation |
| `rebuild` | a person's stored events → the person | none | `oracle.verification` |
"""  # noqa: E501 - a table
