"""Who is one person: normal forms of identifiers, components of links, cuts.

| file | what leaves when what enters | state | oracle |
|---|---|---|---|
| `normalise` | a client's spelling → the one normal form, or nothing | none | tables of cases |
| `partition` | link facts → people, and a verdict on every fact | none | `oracle.identity` |
| `groups` | people and new identifiers that belong together so far | none between batches | as `resolve` |
| `replay` | a component of facts → the people it falls into, and their history | none | `identity.partition` over all facts |
| `resolve` | a batch's link facts → the people they make | none between batches | `identity.partition` over all facts |
| `cut` | people and a cut through their identifiers → the links to ban | none | tables of cases |
"""  # noqa: E501 - a table
