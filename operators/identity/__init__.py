"""Who is one person: normal forms of identifiers, components of links, cuts.

| file | what leaves when what enters | state | oracle |
|---|---|---|---|
| `normalise` | a client's spelling → the one normal form, or nothing | none | tables of cases |
| `partition` | link facts → people, and a verdict on every fact | none | `oracle.identity` |
| `groups` | people and new identifiers that belong together | none between batches | as `resolve` |
| `replay` | a component of facts → its people, their history | none | `partition` over all |
| `resolve` | a batch's facts → people | none between batches | `partition` over all |
| `cut` | people and a cut through their identifiers → the links to ban | none | tables of cases |
"""
